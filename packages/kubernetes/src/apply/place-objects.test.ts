import { describe, expect, it } from 'vitest';
import type { ApiCatalog } from '../client/api-catalog.ts';
import type { KubernetesObject } from '../objects/kubernetes-object.ts';
import { servedKind } from '../testing/served-kind.ts';
import { placeObjects } from './place-objects.ts';

const catalog: ApiCatalog = {
  resources: [
    servedKind('', 'v1', 'ConfigMap'),
    servedKind('', 'v1', 'Secret'),
    servedKind('rbac.authorization.k8s.io', 'v1', 'ClusterRole', 'Cluster'),
    servedKind('apiextensions.k8s.io', 'v1', 'CustomResourceDefinition', 'Cluster'),
  ],
  unreadable: ['metrics.example.org/v1'],
};
const place = (...objects: KubernetesObject[]) =>
  placeObjects([{ name: 'a', objects }], catalog, new Set(['default', 'shop']));
const secret = (rest: object): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 's', namespace: 'shop' },
  ...rest,
});
const crd = (versions: readonly object[]): KubernetesObject => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'ships.example.org' },
  spec: { group: 'example.org', scope: 'Namespaced', names: { kind: 'Ship', plural: 'ships' }, versions },
});
const ship = (version: string): KubernetesObject => ({
  apiVersion: `example.org/${version}`,
  kind: 'Ship',
  metadata: { name: 'x', namespace: 'shop' },
});

describe('placeObjects', () => {
  it('settles the namespace by the scope of the kind', () => {
    const role: KubernetesObject = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'r', namespace: 'shop' },
    };
    const config: KubernetesObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' } };
    expect(place(role, config).map(({ key }) => key)).toEqual([
      'ClusterRole.rbac.authorization.k8s.io//r',
      'ConfigMap/default/c',
    ]);
  });

  it('sends the text of a Secret as data, so that we own what is stored, and base64 as the server writes it', () => {
    const [placed] = place(secret({ data: { a: 'YWJj\nZGVm\n', b: 'b2xk' }, stringData: { b: 'new' } }));
    expect(placed?.object).toMatchObject({ data: { a: 'YWJjZGVm', b: Buffer.from('new').toString('base64') } });
    expect(placed?.object).not.toHaveProperty('stringData');
  });

  it('leaves broken base64 to the server to refuse, and a Secret without data as it is', () => {
    expect(place(secret({ data: { a: 'not base64!' } }))[0]?.object['data']).toEqual({ a: 'not base64!' });
    expect(place(secret({ type: 'Opaque' }))[0]?.object).not.toHaveProperty('data');
  });

  it('refuses a Secret value that is no text, by name and never by value', () => {
    const [placed] = place(secret({ stringData: { pin: 471_100 } }));
    expect(placed?.refusal).toMatch(/stringData\.pin is not text/);
    expect(placed?.refusal).not.toContain('471100');
  });

  it('waits for a kind that the release declares in this version, and refuses one that it declares in others', () => {
    const both = crd([
      { name: 'v1', served: true },
      { name: 'v1alpha1', served: false },
    ]);
    expect(place(both, ship('v1'))[1]).toMatchObject({ knownAfter: 'CustomResourceDefinition of Ship.example.org' });
    expect(place(both, ship('v2'))[1]?.refusal).toMatch(/serves Ship as example.org\/v1, not as example.org\/v2/);
    expect(place(both, ship('v1alpha1'))[1]?.refusal).toMatch(/not as example.org\/v1alpha1/);
  });

  it('says of a group that cannot be read that it cannot be read, not that it is not there', () => {
    const [placed] = place({ apiVersion: 'metrics.example.org/v1', kind: 'Gauge', metadata: { name: 'g' } });
    expect(placed?.refusal).toMatch(/metrics\.example\.org.* does not answer/);
  });
});
