import { FakeClock, RoadsteadError } from '@roadstead/foundation';
import { describe, expect, it } from 'vitest';
import type { ApiCatalog } from '../client/api-catalog.ts';
import type { KubernetesClient } from '../client/kubernetes-client.ts';
import { KubernetesStatusError, statusError } from '../client/status-error.ts';
import type { KubernetesObject } from '../objects/kubernetes-object.ts';
import { describeRef, keyOf, refOf } from '../objects/object-ref.ts';
import { servedKind } from '../testing/served-kind.ts';
import { applyComponent } from './apply-component.ts';
import { applySetIdOf, parentObjectOf, partOfLabel } from './applyset.ts';
import { packPaths } from './owned-fields.ts';
import { placeObjects } from './place-objects.ts';
import { probeObjects } from './probe-objects.ts';
import { pruneRelease } from './prune-release.ts';
import type { ObjectChange, ObservedParent, ObservedRelease, ReleasePlan } from './release-types.ts';

const catalog: ApiCatalog = {
  resources: [
    servedKind('', 'v1', 'ConfigMap'),
    servedKind('', 'v1', 'Namespace', 'Cluster'),
    servedKind('apiextensions.k8s.io', 'v1', 'CustomResourceDefinition', 'Cluster'),
  ],
  unreadable: [],
};
const configMap: KubernetesObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'x', namespace: 'shop' },
};
const parentOf = (component: string, more: Partial<ObservedParent> = {}): [string, ObservedParent] => [
  component,
  { component, groupKinds: ['ConfigMap'], namespaces: ['shop'], inventory: new Map(), inventoryText: '', ...more },
];
const observedWith = (more: Partial<ObservedRelease> = {}): ObservedRelease => ({
  catalog,
  parents: new Map(),
  members: new Map(),
  namespaces: new Set(['shop']),
  ...more,
});
const create = (object: KubernetesObject): ObjectChange => ({
  key: keyOf(refOf(object)),
  ref: refOf(object),
  component: 'a',
  class: 'safe',
  why: 'new',
  fields: [],
  kind: 'create',
});
const planWith = (observed: ObservedRelease, changes: readonly ObjectChange[], objects: KubernetesObject[]) =>
  ({
    changes,
    components: ['a'],
    placed: placeObjects([{ name: 'a', objects }], observed.catalog, observed.namespaces),
    observed,
  }) satisfies ReleasePlan;

/** A server that takes everything, and what it was told, one line each. */
function server(more: Partial<KubernetesClient> = {}) {
  const told: string[] = [];
  const client: Partial<KubernetesClient> = {
    apply: async (object, options) => {
      told.push(`apply ${describeRef(refOf(object))}${options.force === true ? ' by force' : ''}`);
      return { object, created: true };
    },
    delete: async (ref) => {
      told.push(`delete ${describeRef(ref)}`);
      return 'accepted';
    },
    get: async () => undefined,
    list: async () => ({ items: [], resourceVersion: '1' }),
    discover: async () => catalog,
    ...more,
  };
  return { client: client as KubernetesClient, told };
}

describe('applyComponent', () => {
  it('writes a parent that is ours by force, and takes none that it does not know from another tool', async () => {
    const known = server();
    await applyComponent(
      {
        client: known.client,
        plan: planWith(observedWith({ parents: new Map([parentOf('a')]) }), [create(configMap)], [configMap]),
      },
      'a',
    );
    expect(known.told.filter((line) => line.includes('roadstead-a'))).toContain(
      'apply ConfigMap kube-system/roadstead-a by force',
    );
    const unknown = server();
    await applyComponent(
      { client: unknown.client, plan: planWith(observedWith(), [create(configMap)], [configMap]) },
      'a',
    );
    expect(unknown.told[0]).toBe('apply ConfigMap kube-system/roadstead-a');
  });

  it('asks for a namespace again only where the pass that made it was another process’s', async () => {
    const namespace: KubernetesObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } };
    const asked: string[] = [];
    const { client } = server({
      get: async (ref) => {
        asked.push(describeRef(ref));
        return namespace;
      },
    });
    const plan = planWith(observedWith(), [create(namespace)], [namespace]);
    const made = new Map<string, KubernetesObject>();
    await applyComponent({ client, plan, made }, 'a', 'foundations');
    await applyComponent({ client, plan, made }, 'a', 'rest');
    expect(asked).not.toContain('Namespace shop');
    await applyComponent({ client, plan }, 'a', 'rest');
    expect(asked).toContain('Namespace shop');
  });

  it('waits until the kinds of a new definition are served, not only until it is established', async () => {
    const clock = new FakeClock();
    const definition: KubernetesObject = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'ships.example.org' },
      spec: {
        group: 'example.org',
        scope: 'Cluster',
        names: { kind: 'Ship', plural: 'ships' },
        versions: [{ name: 'v1', served: true }],
      },
    };
    const ship: KubernetesObject = { apiVersion: 'example.org/v1', kind: 'Ship', metadata: { name: 'one' } };
    let asked = 0;
    const { client, told } = server({
      get: async () => ({ ...definition, status: { conditions: [{ type: 'Established', status: 'True' }] } }),
      discover: async () => {
        asked += 1;
        const resources =
          asked < 3 ? catalog.resources : [...catalog.resources, servedKind('example.org', 'v1', 'Ship', 'Cluster')];
        return { ...catalog, resources };
      },
    });
    const applied = applyComponent(
      { client, clock, plan: planWith(observedWith(), [create(definition), create(ship)], [definition, ship]) },
      'a',
    );
    await clock.advance(50);
    expect(told).not.toContain('apply Ship one');
    await clock.advance(1_000);
    await applied;
    expect(told).toContain('apply Ship one');
  });

  it('does not delete what is being deleted: it waits, and makes it anew', async () => {
    const clock = new FakeClock();
    let gone = false;
    const { client, told } = server({
      get: async () => (gone ? undefined : { ...configMap, metadata: { ...configMap.metadata, uid: 'u' } }),
    });
    const replace: ObjectChange = {
      ...create(configMap),
      kind: 'replace',
      uid: 'u',
      dataBearing: false,
      isGoing: true,
    };
    const applied = applyComponent({ client, clock, plan: planWith(observedWith(), [replace], [configMap]) }, 'a');
    await clock.advance(500);
    expect(told).toEqual(['apply ConfigMap kube-system/roadstead-a']);
    gone = true;
    await clock.advance(500);
    await applied;
    expect(told.filter((line) => line.startsWith('delete'))).toEqual([]);
    expect(told).toContain('apply ConfigMap shop/x');
  });
});

describe('an update that could not be tried before', () => {
  const update: ObjectChange = {
    ...create(configMap),
    kind: 'update',
    drift: false,
    force: false,
    knownAfter: 'outputs.foundation.Role',
  };
  const taken = statusError('apply', {
    code: 409,
    reason: 'Conflict',
    message: 'conflict',
    causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "kubectl-edit" using v1', field: '.data.a' }],
  });
  const updating = (owned: readonly string[]) => {
    const forced: (boolean | undefined)[] = [];
    const record = { desired: 'before', live: 'l', owned: packPaths(owned) };
    const parents = new Map([parentOf('a', { inventory: new Map([['ConfigMap/shop/x', record]]) })]);
    const { client } = server({
      get: async () => configMap,
      apply: async (object, { force }) => {
        if (object.metadata.name !== 'x') return { object, created: false };
        forced.push(force);
        if (force !== true) throw taken;
        return { object, created: false };
      },
    });
    const plan = planWith(observedWith({ parents }), [update], [configMap]);
    return { forced, applied: applyComponent({ client, plan }, 'a') };
  };

  it('takes back a field that was ours', async () => {
    const { forced, applied } = updating(['.data.a']);
    await applied;
    expect(forced).toEqual([false, true]);
  });

  it('leaves one alone that never was', async () => {
    const { forced, applied } = updating(['.data.b']);
    await expect(applied).rejects.toBe(taken);
    expect(forced).toEqual([false]);
  });
});

describe('pruneRelease', () => {
  const prune: ObjectChange = { ...create(configMap), kind: 'prune', uid: 'u', dataBearing: false };

  it('takes an object that was made anew since for another one, which stays', async () => {
    const conflict = statusError('delete', {
      code: 409,
      reason: 'Conflict',
      message: 'Precondition failed: UID',
      causes: [],
    });
    const { client } = server({ delete: () => Promise.reject(conflict) });
    await expect(pruneRelease({ client, plan: planWith(observedWith(), [prune], []) })).resolves.toEqual({ pruned: 1 });
  });

  it('does not forget kinds that cannot be read at the moment: their objects may still be there', async () => {
    const away: ApiCatalog = { ...catalog, unreadable: ['metrics.example.org/v1'] };
    const set = {
      component: 'a',
      groupKinds: ['ConfigMap', 'Gauge.metrics.example.org'],
      namespaces: ['shop'],
      inventory: '["Gauge.metrics.example.org/shop/g","d","l","o"]',
    };
    const written: KubernetesObject[] = [];
    const { client, told } = server({
      discover: async () => away,
      list: async ({ kind }, options) => ({
        items: kind === 'ConfigMap' && options?.namespace === 'kube-system' ? [parentObjectOf(set)] : [],
        resourceVersion: '1',
      }),
      apply: async (object) => {
        written.push(object);
        return { object, created: false };
      },
    });
    const observed = observedWith({
      catalog: away,
      parents: new Map([parentOf('a', { groupKinds: set.groupKinds })]),
    });
    await pruneRelease({ client, plan: { ...planWith(observed, [prune], []), components: [] } });
    expect(told).toEqual(['delete ConfigMap shop/x']);
    expect(
      written.map(({ metadata }) => metadata.annotations?.['applyset.kubernetes.io/contains-group-kinds']),
    ).toEqual(['Gauge.metrics.example.org']);
    expect(written[0]?.['data']).toMatchObject({ inventory: set.inventory });
  });
});

describe('probeObjects', () => {
  const [placed] = placeObjects([{ name: 'a', objects: [configMap] }], catalog, new Set(['shop']));
  const live = { ...configMap, metadata: { ...configMap.metadata, labels: { [partOfLabel]: applySetIdOf('a') } } };
  const observed = observedWith({ members: new Map([[placed?.key ?? '', { component: 'a', object: live }]]) });
  const outcomeOf = async (error: unknown) => {
    const { client } = server({ dryRunApply: () => Promise.reject(error) });
    return (await probeObjects(client, placed === undefined ? [] : [placed], observed, () => false)).get(
      'ConfigMap/shop/x',
    )?.outcome;
  };

  it('takes a webhook that does not answer for one that may answer when its turn comes', async () => {
    const message =
      'Internal error occurred: failed calling webhook "v.example.org": failed to call webhook: no endpoints';
    const failed = statusError('try', { code: 500, reason: 'InternalError', message, causes: [] });
    expect(await outcomeOf(failed)).toMatchObject({ kind: 'notYet', why: expect.stringContaining('v.example.org') });
  });

  it('does not plan on when the server itself has failed, or nobody answers', async () => {
    const failed = statusError('try', { code: 500, reason: 'InternalError', message: 'etcd is gone', causes: [] });
    expect(failed).toBeInstanceOf(KubernetesStatusError);
    await expect(outcomeOf(failed)).rejects.toBe(failed);
    const unreachable = new RoadsteadError('nobody', { code: 'KUBE_UNREACHABLE' });
    await expect(outcomeOf(unreachable)).rejects.toBe(unreachable);
  });
});
