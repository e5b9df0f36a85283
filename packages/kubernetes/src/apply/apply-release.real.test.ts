import { setTimeout } from 'node:timers/promises';
import { systemClock } from '@roadstead/foundation';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../objects/kubernetes-object.ts';
import { keyOf, type ObjectRef } from '../objects/object-ref.ts';
import { writesOf } from '../testing/audit-writes.ts';
import { startTestControlPlane, type TestControlPlane } from '../testing/test-control-plane.ts';
import { applyComponent } from './apply-component.ts';
import { applyRelease } from './apply-release.ts';
import { applySetIdOf, groupKindsAnnotation, partOfLabel } from './applyset.ts';
import { type PlanOptions, planRelease } from './plan-release.ts';
import { pruneRelease } from './prune-release.ts';
import { isPlanEmpty, type ObjectChange, type ReleaseComponent, type ReleasePlan } from './release-types.ts';
import { waitGone } from './wait-for.ts';

let plane: TestControlPlane;
beforeAll(async () => {
  plane = await startTestControlPlane();
});
afterAll(() => plane?.stop());

const namespace = (name: string): KubernetesObject => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
const configMap = (ns: string, name: string, data: Record<string, string> = { a: '1' }): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: ns },
  data,
});
const deployment = (
  ns: string,
  name: string,
  image = 'nginx:1',
  more: Record<string, unknown> = {},
): KubernetesObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: ns },
  spec: {
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: {
        containers: [
          {
            name: 'main',
            image,
            resources: { requests: { cpu: '1000m', memory: '1024Mi' } },
            ports: [{ containerPort: 80 }],
          },
        ],
      },
    },
    ...more,
  },
});
const refTo = (object: KubernetesObject): ObjectRef => ({
  apiVersion: object.apiVersion,
  kind: object.kind,
  name: object.metadata.name,
  ...(object.metadata.namespace === undefined ? {} : { namespace: object.metadata.namespace }),
});

async function up(components: readonly ReleaseComponent[], options: PlanOptions = {}): Promise<ReleasePlan> {
  const plan = await planRelease(plane.client, components, options);
  await applyRelease({ client: plane.client, plan });
  return plan;
}
const plan = (components: readonly ReleaseComponent[], options: PlanOptions = {}) =>
  planRelease(plane.client, components, options);
const lines = (of: ReleasePlan): string[] =>
  of.changes.filter((change) => change.kind !== 'none').map((change) => `${change.kind} ${change.key}`);
const only = (of: ReleasePlan): ObjectChange | undefined => of.changes.find((change) => change.kind !== 'none');
/** Takes everything of a test away, so that the next one's plans show only its own. */
const clean = () => up([], { allowDataLoss: () => true });

afterEach(() => clean());

describe('a release on a real API server', () => {
  it('comes up, is then as planned to the last field, and a second up writes nothing', async () => {
    const release = [
      {
        name: 'first',
        objects: [
          deployment('one', 'web'),
          {
            apiVersion: 'v1',
            kind: 'Service',
            metadata: { name: 'web', namespace: 'one' },
            spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
          },
          {
            apiVersion: 'v1',
            kind: 'Secret',
            metadata: { name: 'key', namespace: 'one' },
            stringData: { password: 'geheim' },
          },
          {
            apiVersion: 'batch/v1',
            kind: 'CronJob',
            metadata: { name: 'tidy', namespace: 'one' },
            spec: {
              schedule: '@daily',
              jobTemplate: {
                spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'busybox' }] } } },
              },
            },
          },
          {
            apiVersion: 'policy/v1',
            kind: 'PodDisruptionBudget',
            metadata: { name: 'web', namespace: 'one' },
            spec: { maxUnavailable: 1, selector: { matchLabels: { app: 'web' } } },
          },
          {
            apiVersion: 'rbac.authorization.k8s.io/v1',
            kind: 'ClusterRole',
            metadata: { name: 'test:odd+name@x' },
            rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
          },
          {
            apiVersion: 'v1',
            kind: 'LimitRange',
            metadata: { name: 'limits', namespace: 'one' },
            spec: {
              limits: [
                {
                  type: 'Container',
                  default: { cpu: '3', memory: '1Gi' },
                  defaultRequest: { cpu: '100m', memory: '100Mi' },
                },
              ],
            },
          },
          namespace('one'),
          configMap('one', 'big', { text: 'x'.repeat(1_000_000) }),
        ],
      },
    ];
    const first = await up(release);
    expect(lines(first)).toHaveLength(9);
    const before = await writesOf(plane.auditLogPath, 'roadstead-test');
    const again = await up(release);
    expect(isPlanEmpty(again)).toBe(true);
    const after = await writesOf(plane.auditLogPath, 'roadstead-test');
    expect(before.length).toBeGreaterThan(9);
    expect(after.slice(before.length)).toEqual([]);
  });

  it('asks one list per kind for a no-op, whatever the number of objects', async () => {
    const release = [
      {
        name: 'many',
        objects: [namespace('many'), ...Array.from({ length: 60 }, (_, at) => configMap('many', `c-${at}`))],
      },
    ];
    await up(release);
    const readers = createCounter(plane);
    const planned = await planRelease(readers.client, release);
    expect(isPlanEmpty(planned)).toBe(true);
    // The inventory, the namespaces, the ConfigMaps.
    expect(readers.count()).toBe(3);
  });

  it('finds what somebody edited, scaled, deleted, or whose label was taken off, and mends just that', async () => {
    const release = [
      {
        name: 'drift',
        objects: [
          namespace('drift'),
          deployment('drift', 'web', 'nginx:1', { replicas: 2 }),
          deployment('drift', 'api'),
          configMap('drift', 'gone'),
          configMap('drift', 'bare'),
          configMap('drift', 'same'),
        ],
      },
    ];
    await up(release);
    await plane.kubectl('set', 'image', '-n', 'drift', 'deployment/api', 'main=nginx:2');
    await plane.kubectl('scale', '-n', 'drift', 'deployment/web', '--replicas=5');
    await plane.kubectl('delete', '-n', 'drift', 'configmap/gone');
    await plane.kubectl('label', '-n', 'drift', 'configmap/bare', `${partOfLabel}-`);
    const found = await plan(release);
    expect(lines(found).sort()).toEqual([
      'create ConfigMap/drift/gone',
      'update ConfigMap/drift/bare',
      'update Deployment.apps/drift/api',
      'update Deployment.apps/drift/web',
    ]);
    const web = found.changes.find((change) => change.key === 'Deployment.apps/drift/web');
    expect(web).toMatchObject({ drift: true, class: 'safe', fields: [{ path: 'spec.replicas', from: 5, to: 2 }] });
    const api = found.changes.find((change) => change.key === 'Deployment.apps/drift/api');
    expect(api).toMatchObject({
      drift: true,
      class: 'rolling',
      why: 'was changed by kubectl-set',
      fields: [{ path: 'spec.template.spec.containers[name=main].image', from: 'nginx:2', to: 'nginx:1' }],
    });
    expect(found.changes.find((change) => change.kind === 'create')?.why).toBe('was deleted by somebody');
    await up(release);
    expect(lines(await plan(release))).toEqual([]);
  });

  it('takes back an edited field even when the release changes it at the same time', async () => {
    const release = (image: string) => [
      { name: 'hotfix', objects: [namespace('hotfix'), deployment('hotfix', 'web', image)] },
    ];
    await up(release('nginx:1'));
    await plane.kubectl('set', 'image', '-n', 'hotfix', 'deployment/web', 'main=nginx:1-hotfix');
    expect(only(await plan(release('nginx:2')))).toMatchObject({
      kind: 'update',
      force: true,
      fields: [{ from: 'nginx:1-hotfix', to: 'nginx:2' }],
    });
    await up(release('nginx:2'));
    expect(lines(await plan(release('nginx:2')))).toEqual([]);
  });

  it('reports a field that was never ours by name and owner, applies nothing, and takes it only by force', async () => {
    await plane.client.create(namespace('foreign'));
    await plane.client.apply(configMap('foreign', 'shared', { theirs: 'x' }), { fieldManager: 'eks' });
    const release = [{ name: 'conflict', objects: [configMap('foreign', 'shared', { theirs: 'y', ours: 'z' })] }];
    const planned = await plan(release);
    expect(only(planned)).toMatchObject({ kind: 'conflict', conflicts: [{ field: '.data.theirs', manager: 'eks' }] });
    await expect(applyRelease({ client: plane.client, plan: planned })).rejects.toMatchObject({
      code: 'KUBE_CONFLICT',
    });
    expect((await plane.client.get(refTo(configMap('foreign', 'shared'))))?.data).toEqual({ theirs: 'x' });
    await up(release, { mayForce: () => true });
    expect((await plane.client.get(refTo(configMap('foreign', 'shared'))))?.data).toEqual({ theirs: 'y', ours: 'z' });
    expect(lines(await plan(release))).toEqual([]);
    // It was there before us, so it stays when the release lets it go.
    expect(lines(await plan([]))).toEqual(['retain ConfigMap/foreign/shared']);
    await plane.client.delete(refTo(namespace('foreign')));
    await plane.client.delete(refTo(configMap('foreign', 'shared')));
  });

  it('marks what turns out to have been there before, when new objects were not tried', async () => {
    await plane.client.create(namespace('untried'));
    await plane.client.create(configMap('untried', 'theirs', {}));
    // Timestamps of the API server have whole seconds.
    await setTimeout(1_100);
    const release = [{ name: 'untried', objects: [configMap('untried', 'theirs'), configMap('untried', 'ours')] }];
    const planned = await up(release, { tryNew: false });
    expect(planned.changes.map((change) => change.kind)).toEqual(['create', 'create']);
    expect(lines(await plan(release))).toEqual([]);
    expect(lines(await up([])).sort()).toEqual(['prune ConfigMap/untried/ours', 'retain ConfigMap/untried/theirs']);
    await plane.client.delete(refTo(configMap('untried', 'theirs')));
  });

  it('relabels what moved to another component, and never deletes it', async () => {
    const shared = configMap('move', 'shared');
    await up([
      { name: 'a', objects: [namespace('move'), shared, configMap('move', 'stays')] },
      { name: 'b', objects: [] },
    ]);
    const uid = (await plane.client.get(refTo(shared)))?.metadata.uid;
    const moved = [
      { name: 'a', objects: [namespace('move'), configMap('move', 'stays')] },
      { name: 'b', objects: [shared] },
    ];
    const planned = await up(moved);
    expect(lines(planned)).toEqual(['move ConfigMap/move/shared']);
    const live = await plane.client.get(refTo(shared));
    expect(live?.metadata.uid).toBe(uid);
    expect(live?.metadata.labels?.[partOfLabel]).toBe(applySetIdOf('b'));
    expect(lines(await plan(moved))).toEqual([]);
    // The whole component goes, and its object moves on: still no delete.
    expect(
      lines(await plan([{ name: 'c', objects: [shared, configMap('move', 'stays'), namespace('move')] }])),
    ).toEqual(['move Namespace//move', 'move ConfigMap/move/shared', 'move ConfigMap/move/stays']);
  });

  it('prunes what is no longer in the release, keeps what holds data, and shrinks the set after', async () => {
    const claim: KubernetesObject = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'data', namespace: 'prune' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    };
    const service: KubernetesObject = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace: 'prune' },
      spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
    };
    await up([
      {
        name: 'prune',
        objects: [namespace('prune'), claim, service, configMap('prune', 'keep'), configMap('prune', 'go')],
      },
    ]);
    // Carries our label and was not made by us: as a controller that copies labels would.
    await plane.client.create({
      ...configMap('prune', 'copied'),
      metadata: { name: 'copied', namespace: 'prune', labels: { [partOfLabel]: applySetIdOf('prune') } },
    });
    const smaller = [{ name: 'prune', objects: [namespace('prune'), configMap('prune', 'keep')] }];
    expect(lines(await up(smaller)).sort()).toEqual([
      'prune ConfigMap/prune/go',
      'prune Service/prune/web',
      'retain PersistentVolumeClaim/prune/data',
    ]);
    expect(await plane.client.get(refTo(service))).toBeUndefined();
    expect(await plane.client.get(refTo(configMap('prune', 'copied')))).toBeDefined();
    const parent = await plane.client.get({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      namespace: 'kube-system',
      name: 'roadstead-prune',
    });
    expect(parent?.metadata.annotations?.[groupKindsAnnotation]).toBe('ConfigMap,Namespace,PersistentVolumeClaim');
    expect(isPlanEmpty(await plan(smaller))).toBe(true);
    const all = await plan(smaller, { allowDataLoss: (ref) => ref.kind === 'PersistentVolumeClaim' });
    expect(only(all)).toMatchObject({ kind: 'prune', class: 'one-way', dataBearing: true });
    await clean();
    expect(
      await plane.client.get({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        namespace: 'kube-system',
        name: 'roadstead-prune',
      }),
    ).toBeUndefined();
  });

  it('brings a CRD, its namespace and its objects up in one release, in any order and component', async () => {
    const crd: KubernetesObject = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'ships.test.roadstead.dev' },
      spec: {
        group: 'test.roadstead.dev',
        scope: 'Namespaced',
        names: { plural: 'ships', singular: 'ship', kind: 'Ship', listKind: 'ShipList' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: {
              openAPIV3Schema: {
                type: 'object',
                properties: {
                  spec: {
                    type: 'object',
                    properties: { sails: { type: 'integer', default: 2 }, name: { type: 'string' } },
                  },
                },
              },
            },
          },
        ],
      },
    };
    const ship: KubernetesObject = {
      apiVersion: 'test.roadstead.dev/v1',
      kind: 'Ship',
      metadata: { name: 'gorch-fock', namespace: 'harbour' },
      spec: { name: 'Gorch Fock' },
    };
    const release = [
      { name: 'ships', objects: [ship] },
      { name: 'definitions', objects: [crd, namespace('harbour')] },
    ];
    const planned = await plan(release);
    expect(planned.changes.find((change) => change.ref.kind === 'Ship')).toMatchObject({
      kind: 'create',
      knownAfter: 'CustomResourceDefinition of Ship.test.roadstead.dev',
    });
    await applyRelease({ client: plane.client, plan: planned });
    expect((await plane.client.get(refTo(ship)))?.spec).toEqual({ name: 'Gorch Fock', sails: 2 });
    expect(lines(await plan(release))).toEqual([]);
    await clean();
    expect(await plane.client.get(refTo(ship))).toBeUndefined();
  });

  it('makes anew what cannot change in place, and says so first', async () => {
    const job = (image: string): KubernetesObject => ({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'once', namespace: 'anew' },
      spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image }] } } },
    });
    const binding = (role: string): KubernetesObject => ({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'test-anew' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
      subjects: [],
    });
    const selected = (label: string) =>
      deployment('anew', 'web', 'nginx:1', {
        selector: { matchLabels: { app: label } },
        template: { metadata: { labels: { app: label } }, spec: { containers: [{ name: 'main', image: 'nginx:1' }] } },
      });
    const release = (image: string, role: string, label: string) => [
      { name: 'anew', objects: [namespace('anew'), job(image), binding(role), selected(label)] },
    ];
    await up(release('busybox:1', 'view', 'x'));
    const planned = await up(release('busybox:2', 'edit', 'y'));
    expect(lines(planned).sort()).toEqual([
      'replace ClusterRoleBinding.rbac.authorization.k8s.io//test-anew',
      'replace Deployment.apps/anew/web',
      'replace Job.batch/anew/once',
    ]);
    expect(
      planned.changes.filter((change) => change.kind === 'replace').every((change) => change.class === 'replace'),
    ).toBe(true);
    expect(lines(await plan(release('busybox:2', 'edit', 'y')))).toEqual([]);
  });

  it('leaves replicas to an autoscaler, and mends them after a person', async () => {
    const web = deployment('scaled', 'web', 'nginx:1', { replicas: 2 });
    const release = [{ name: 'scaled', objects: [namespace('scaled'), web] }];
    await up(release);
    await plane.client.patch(refTo(web), 'merge', { spec: { replicas: 7 } }, { subresource: 'scale' });
    // The first pass lets go of the field, without changing its value.
    await up(release);
    expect((await plane.client.get(refTo(web)))?.spec).toMatchObject({ replicas: 7 });
    expect(lines(await plan(release))).toEqual([]);
  });

  it('refuses what the server would refuse, before anything is written', async () => {
    const wrong = { ...configMap('default', 'wrong'), spce: {} };
    const release = [
      { name: 'fine', objects: [namespace('never')] },
      {
        name: 'wrong',
        objects: [
          wrong,
          configMap('nowhere', 'x'),
          { apiVersion: 'apps/v1beta1', kind: 'Deployment', metadata: { name: 'old', namespace: 'default' } },
        ],
      },
    ];
    const planned = await plan(release);
    expect(planned.changes.map((change) => change.kind)).toEqual(['create', 'refused', 'refused', 'refused']);
    expect(planned.changes.map((change) => change.why).join('\n')).toMatch(
      /spce[\s\S]*nowhere[\s\S]*as apps\/v1, not as apps\/v1beta1/,
    );
    const before = (await writesOf(plane.auditLogPath, 'roadstead-test')).length;
    await expect(applyRelease({ client: plane.client, plan: planned })).rejects.toMatchObject({ code: 'KUBE_REFUSED' });
    expect((await writesOf(plane.auditLogPath, 'roadstead-test')).length).toBe(before);
  });

  it('finishes after a stop between any two of its steps', async () => {
    const release = (data: string) => [
      {
        name: 'left',
        objects: [namespace('killed'), configMap('killed', 'a', { v: data }), configMap('killed', `only-${data}`)],
      },
      { name: 'right', objects: [configMap('killed', 'b', { v: data })] },
    ];
    await up(release('1'));
    for (let cut = 1; cut < 8; cut++) {
      const controller = new AbortController();
      let requests = 0;
      const counting = new Proxy(plane.client, {
        get: (target, name, receiver) => {
          const member: unknown = Reflect.get(target, name, receiver);
          if (name !== 'apply' && name !== 'delete') return member;
          return (...args: unknown[]) => {
            requests += 1;
            if (requests === cut) controller.abort(new Error('killed'));
            return controller.signal.aborted
              ? Promise.reject(controller.signal.reason)
              : (member as (...all: unknown[]) => unknown)(...args);
          };
        },
      });
      const wanted = release(`${cut + 1}`);
      const planned = await plan(wanted);
      await applyRelease({ client: counting, plan: planned, concurrency: 1 }).catch(() => undefined);
      await up(wanted);
      expect(lines(await plan(wanted))).toEqual([]);
      const left = await plane.client.list(
        { apiVersion: 'v1', kind: 'ConfigMap' },
        { namespace: 'killed', labelSelector: partOfLabel },
      );
      expect(left.items.map((each) => each.metadata.name).sort()).toEqual(['a', 'b', `only-${cut + 1}`]);
    }
  });

  it('does the same plan a second time without harm, and still knows what it made', async () => {
    const release = [
      { name: 'repeat', objects: [namespace('repeat'), configMap('repeat', 'a'), deployment('repeat', 'web')] },
    ];
    const planned = await plan(release);
    await applyRelease({ client: plane.client, plan: planned });
    await applyRelease({ client: plane.client, plan: planned });
    expect(lines(await plan(release))).toEqual([]);
    expect(lines(await plan([])).sort()).toEqual([
      'prune ConfigMap/repeat/a',
      'prune Deployment.apps/repeat/web',
      'retain Namespace//repeat',
    ]);
  });

  it('lives through a definition that somebody deleted, with the objects in it', async () => {
    const crd: KubernetesObject = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'boats.test.roadstead.dev' },
      spec: {
        group: 'test.roadstead.dev',
        scope: 'Cluster',
        names: { plural: 'boats', kind: 'Boat' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          },
        ],
      },
    };
    const release = [
      {
        name: 'boats',
        objects: [crd, { apiVersion: 'test.roadstead.dev/v1', kind: 'Boat', metadata: { name: 'one' } }],
      },
    ];
    await up(release);
    await plane.client.delete(refTo(crd));
    await waitGone(plane.client, refTo(crd), undefined, systemClock);
    expect(lines(await plan(release))).toEqual([
      'create CustomResourceDefinition.apiextensions.k8s.io//boats.test.roadstead.dev',
      'create Boat.test.roadstead.dev//one',
    ]);
    await up(release);
    expect(lines(await plan(release))).toEqual([]);
  });

  it('is still right when the inventory was deleted: nothing to change, and it is written again', async () => {
    const release = [{ name: 'cache', objects: [namespace('cache'), configMap('cache', 'a')] }];
    await up(release);
    await plane.client.delete({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      namespace: 'kube-system',
      name: 'roadstead-cache',
    });
    expect(isPlanEmpty(await up(release))).toBe(true);
    expect(
      await plane.client.get({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        namespace: 'kube-system',
        name: 'roadstead-cache',
      }),
    ).toBeDefined();
  });

  it('applies component by component for a caller that has steps in between', async () => {
    const release = [
      { name: 'steps', objects: [namespace('steps'), configMap('steps', 'a'), configMap('steps', 'b')] },
    ];
    const planned = await plan(release);
    const seen: string[] = [];
    const context = {
      client: plane.client,
      plan: planned,
      onProgress: (each: { ref: ObjectRef; done: number; total: number }) =>
        seen.push(`${keyOf(each.ref)} ${each.done}/${each.total}`),
      concurrency: 1,
    };
    const result = await applyComponent(context, 'steps');
    await pruneRelease(context);
    expect(result).toMatchObject({ component: 'steps', written: 3 });
    expect(result.objects).toHaveLength(3);
    expect(seen).toEqual(['Namespace//steps 1/3', 'ConfigMap/steps/a 2/3', 'ConfigMap/steps/b 3/3']);
  });
});

function createCounter(of: TestControlPlane) {
  let lists = 0;
  const client = new Proxy(of.client, {
    get: (target, name, receiver) => {
      const member: unknown = Reflect.get(target, name, receiver);
      if (typeof member !== 'function' || !['list', 'get', 'dryRunApply'].includes(String(name))) return member;
      return (...args: unknown[]) => {
        lists += 1;
        return (member as (...all: unknown[]) => unknown)(...args);
      };
    },
  });
  return { client, count: () => lists };
}
