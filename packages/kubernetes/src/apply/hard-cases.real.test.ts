import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../objects/kubernetes-object.ts';
import { describeRef, refOf } from '../objects/object-ref.ts';
import { startTestControlPlane, type TestControlPlane } from '../testing/test-control-plane.ts';
import { applyRelease } from './apply-release.ts';
import { parentObjectOf } from './applyset.ts';
import { planRelease } from './plan-release.ts';
import type { ObjectChange, ReleaseComponent, ReleasePlan } from './release-types.ts';

let plane: TestControlPlane;
beforeAll(async () => {
  plane = await startTestControlPlane();
});
afterAll(() => plane?.stop());
afterEach(() => up([], true));

async function up(release: readonly ReleaseComponent[], allowDataLoss = false): Promise<ReleasePlan> {
  const plan = await planRelease(plane.client, release, { allowDataLoss: () => allowDataLoss });
  await applyRelease({ client: plane.client, plan });
  return plan;
}
async function changesOf(release: readonly ReleaseComponent[]): Promise<readonly ObjectChange[]> {
  const { changes } = await planRelease(plane.client, release);
  return changes.filter(({ kind }) => kind !== 'none');
}
const release = (...objects: KubernetesObject[]): ReleaseComponent[] => [{ name: 'hard', objects }];
const namespace = (name: string): KubernetesObject => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
const object = (apiVersion: string, kind: string, name: string, rest: object): KubernetesObject => ({
  apiVersion,
  kind,
  metadata: { name, namespace: 'hard' },
  ...rest,
});
const configMap = (name: string, more: object = {}): KubernetesObject => object('v1', 'ConfigMap', name, more);

describe('on a real API server', () => {
  it('a key that the release drops from the text of a Secret goes, and folded base64 is no drift', async () => {
    const secret = (rest: object) => object('v1', 'Secret', 's', rest);
    const [first, second] = [
      secret({ stringData: { keep: 'a', drop: 'b' }, data: { folded: 'YWJj\nZGVm\n' } }),
      secret({ stringData: { keep: 'a' } }),
    ];
    await up(release(namespace('hard'), first));
    expect(await changesOf(release(namespace('hard'), first))).toEqual([]);
    await up(release(namespace('hard'), second));
    expect((await plane.client.get(refOf(second)))?.['data']).toEqual({ keep: 'YQ==' });
    expect(await changesOf(release(namespace('hard'), second))).toEqual([]);
  });

  it('refuses a number in a Secret without showing it, as the server would have', async () => {
    const changes = await changesOf(release(object('v1', 'Secret', 's', { stringData: { pin: 471_100 } })));
    expect(changes).toMatchObject([{ kind: 'refused', why: expect.stringContaining('stringData.pin is not text') }]);
    expect(JSON.stringify(changes)).not.toContain('471100');
  });

  it('objects of one kind in two versions leave nothing to plan', async () => {
    const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
    const both = release(
      namespace('hard'),
      object('autoscaling/v1', 'HorizontalPodAutoscaler', 'old', {
        spec: { scaleTargetRef, maxReplicas: 3, targetCPUUtilizationPercentage: 70 },
      }),
      object('autoscaling/v2', 'HorizontalPodAutoscaler', 'new', {
        spec: {
          scaleTargetRef,
          maxReplicas: 3,
          metrics: [
            { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } },
          ],
        },
      }),
    );
    await up(both);
    expect(await changesOf(both)).toEqual([]);
  });

  it('a namespace that somebody deletes is waited for and made anew with all that was in it', async () => {
    const held = release(namespace('hard'), configMap('in-it', { data: { a: '1' } }));
    await up(held);
    const stuck = configMap('stuck', {});
    await plane.client.create({ ...stuck, metadata: { ...stuck.metadata, finalizers: ['test.roadstead.dev/hold'] } });
    await plane.client.delete(refOf(namespace('hard')));
    const planned = await changesOf(held);
    expect(planned.map(({ kind, ref }) => `${kind} ${describeRef(ref)}`)).toEqual([
      'replace Namespace hard',
      expect.stringMatching(/^(create|update|replace) ConfigMap hard\/in-it$/),
    ]);
    const again = up(held);
    await plane.client.patch(refOf(stuck), 'merge', { metadata: { finalizers: null } });
    await again;
    expect((await plane.client.get(refOf(configMap('in-it'))))?.['data']).toEqual({ a: '1' });
    expect(await changesOf(held)).toEqual([]);
  });

  it('what somebody else made is not deleted to be made anew', async () => {
    const job = (image: string) =>
      object('batch/v1', 'Job', 'theirs', {
        spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image }] } } },
      });
    await up(release(namespace('hard')));
    const theirs = await plane.client.create(job('busybox:1'));
    const { changes } = await planRelease(plane.client, release(namespace('hard'), job('busybox:2')), {
      mayForce: () => true,
    });
    expect(changes).toContainEqual(
      expect.objectContaining({ kind: 'refused', why: expect.stringContaining('was there before Roadstead') }),
    );
    expect((await plane.client.get(refOf(theirs)))?.metadata.uid).toBe(theirs.metadata.uid);
  });

  it('a parent of another tool is left alone', async () => {
    const parent = parentObjectOf({ component: 'hard', groupKinds: ['Secret'], namespaces: [], inventory: '' });
    const annotations = { ...parent.metadata.annotations, 'applyset.kubernetes.io/tooling': 'kubectl/v1.36' };
    await plane.client.apply({ ...parent, metadata: { ...parent.metadata, annotations } }, { fieldManager: 'kubectl' });
    await expect(up(release(namespace('hard')))).rejects.toMatchObject({ code: 'KUBE_CONFLICT' });
    expect((await plane.client.get(refOf(parent)))?.metadata.annotations).toMatchObject(annotations);
    await plane.client.delete(refOf(parent));
  });
});
