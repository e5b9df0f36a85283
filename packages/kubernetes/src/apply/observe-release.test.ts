import { describe, expect, it } from 'vitest';
import type { ApiCatalog } from '../client/api-catalog.ts';
import type { KubernetesReader } from '../client/kubernetes-client.ts';
import type { KubernetesObject } from '../objects/kubernetes-object.ts';
import { refOf } from '../objects/object-ref.ts';
import { servedKind } from '../testing/served-kind.ts';
import { applySetIdOf, partOfLabel } from './applyset.ts';
import { observeRelease } from './observe-release.ts';

const catalog: ApiCatalog = {
  resources: [
    servedKind('', 'v1', 'ConfigMap'),
    servedKind('', 'v1', 'Namespace', 'Cluster'),
    servedKind('autoscaling', 'v2', 'HorizontalPodAutoscaler'),
    servedKind('autoscaling', 'v1', 'HorizontalPodAutoscaler'),
  ],
  unreadable: [],
};

function readerOf(objects: readonly KubernetesObject[], asked: string[] = []): KubernetesReader {
  const reader: Partial<KubernetesReader> = {
    discover: async () => catalog,
    list: async ({ apiVersion, kind }, options) => {
      asked.push(`${apiVersion} ${kind}`);
      const all = objects.filter((object) => object.kind === kind).map((object) => ({ ...object, apiVersion }));
      const labelled = options?.labelSelector === partOfLabel;
      return { items: labelled ? all.filter((each) => each.metadata.labels !== undefined) : all, resourceVersion: '1' };
    },
  };
  return reader as KubernetesReader;
}
const autoscaler = (apiVersion: string, name: string): KubernetesObject => ({
  apiVersion,
  kind: 'HorizontalPodAutoscaler',
  metadata: { name, namespace: 'shop', labels: { [partOfLabel]: applySetIdOf('a') } },
});

describe('observeRelease', () => {
  it('reads each object in the version that the release writes it in, though two of a kind differ in theirs', async () => {
    const desired = [autoscaler('autoscaling/v2', 'new'), autoscaler('autoscaling/v1', 'old')];
    const asked: string[] = [];
    const { members } = await observeRelease(readerOf(desired, asked), ['a'], desired.map(refOf));
    const versionOf = (name: string) =>
      members.get(`HorizontalPodAutoscaler.autoscaling/shop/${name}`)?.object.apiVersion;
    expect([versionOf('new'), versionOf('old')]).toEqual(['autoscaling/v2', 'autoscaling/v1']);
    expect(asked.filter((kind) => kind.includes('Autoscaler'))).toHaveLength(2);
  });

  it('asks once for a kind that the release writes in one version', async () => {
    const desired = [autoscaler('autoscaling/v1', 'one'), autoscaler('autoscaling/v1', 'two')];
    const asked: string[] = [];
    await observeRelease(readerOf(desired, asked), ['a'], desired.map(refOf));
    expect(asked.filter((kind) => kind.includes('Autoscaler'))).toEqual(['autoscaling/v1 HorizontalPodAutoscaler']);
  });

  it('counts no namespace that is being deleted among those that are there', async () => {
    const namespace = (name: string, metadata: object = {}): KubernetesObject => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, ...metadata },
    });
    const { namespaces } = await observeRelease(
      readerOf([namespace('here'), namespace('going', { deletionTimestamp: '2026-01-01T00:00:00Z' })]),
      [],
      [],
    );
    expect([...namespaces]).toEqual(['here']);
  });
});
