import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ApiCatalog } from '../client/api-catalog.ts';
import type { KubernetesObject, ManagedFieldsEntry } from '../objects/kubernetes-object.ts';
import { keyOf, refOf } from '../objects/object-ref.ts';
import { servedKind } from '../testing/served-kind.ts';
import { applySetIdOf, fieldManager, partOfLabel } from './applyset.ts';
import { fingerprintOf } from './fingerprint.ts';
import { placeObjects } from './place-objects.ts';
import { isUnchanged, planObjects, suspectsOf } from './plan-objects.ts';
import type {
  ObjectChange,
  ObservedMember,
  ObservedParent,
  ObservedRelease,
  Probe,
  ProbeOutcome,
  ReleaseComponent,
} from './release-types.ts';

const catalog: ApiCatalog = {
  resources: [
    servedKind('', 'v1', 'ConfigMap'),
    servedKind('', 'v1', 'Secret'),
    servedKind('', 'v1', 'Namespace', 'Cluster'),
    servedKind('', 'v1', 'PersistentVolumeClaim'),
    servedKind('apps', 'v1', 'Deployment'),
    servedKind('apiextensions.k8s.io', 'v1', 'CustomResourceDefinition', 'Cluster'),
  ],
  unreadable: [],
};
const namespaces = new Set(['default', 'shop']);

const configMap = (name: string, data: Record<string, string> = { a: '1' }): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'shop' },
  data,
});
const deployment = (image: string): KubernetesObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { template: { spec: { containers: [{ name: 'c', image }] } } },
});

/** An object as the server would hold it after our apply: the label, and our entry over its data or spec. */
function live(object: KubernetesObject, component: string, manager: string = fieldManager): KubernetesObject {
  const own = Object.fromEntries(['data', 'spec'].filter((name) => name in object).map((name) => [`f:${name}`, {}]));
  const entry: ManagedFieldsEntry = {
    manager,
    operation: 'Apply',
    apiVersion: object.apiVersion,
    fieldsV1: { ...own, 'f:metadata': { 'f:labels': { [`f:${partOfLabel}`]: {} } } },
  };
  return {
    ...object,
    metadata: {
      ...object.metadata,
      uid: `uid-${object.metadata.name}`,
      resourceVersion: '7',
      labels: { ...object.metadata.labels, [partOfLabel]: applySetIdOf(component) },
      managedFields: [entry],
    },
  };
}

interface World {
  readonly release: readonly ReleaseComponent[];
  /** What is there, by component, with what was applied of it when the inventory knows it. */
  readonly members?: readonly {
    readonly component: string;
    readonly object: KubernetesObject;
    readonly applied?: KubernetesObject;
  }[];
  readonly probes?: Readonly<Record<string, Partial<Probe> & { readonly outcome: ProbeOutcome }>>;
  readonly allowDataLoss?: boolean;
}

function observe({ release, members = [] }: World): ObservedRelease {
  const all = members.map((member): [string, ObservedMember] => [
    keyOf(refOf(member.object)),
    { component: member.component, object: member.object },
  ]);
  const components = [...new Set([...release.map((each) => each.name), ...members.map((each) => each.component)])];
  const parents = components.map((component): [string, ObservedParent] => {
    const records = members
      .filter((member) => member.component === component && member.applied !== undefined)
      .map((member): [string, ReturnType<typeof fingerprintOf>] => {
        const placed = placeObjects(
          [{ name: component, objects: [member.applied as KubernetesObject] }],
          catalog,
          namespaces,
        );
        return [
          keyOf(refOf(member.object)),
          fingerprintOf(placed[0]?.object as KubernetesObject, live(member.applied as KubernetesObject, component)),
        ];
      });
    return [component, { component, groupKinds: [], namespaces: [], inventory: new Map(records), inventoryText: '' }];
  });
  return { catalog, parents: new Map(parents), members: new Map(all), namespaces };
}

function planOf(world: World): readonly ObjectChange[] {
  const observed = observe(world);
  const placed = placeObjects(world.release, catalog, namespaces);
  const probes = new Map(
    Object.entries(world.probes ?? {}).map(([key, probe]): [string, Probe] => [
      key,
      { live: observed.members.get(key)?.object, ...probe },
    ]),
  );
  return planObjects({ placed, observed, probes, policy: { allowDataLoss: () => world.allowDataLoss === true } });
}

const merged = (
  object: KubernetesObject,
  component = 'a',
  more: Partial<Extract<ProbeOutcome, { kind: 'merged' }>> = {},
): ProbeOutcome => ({
  kind: 'merged',
  object: live(object, component),
  created: false,
  taken: [],
  drift: false,
  ...more,
});
const key = 'ConfigMap/shop/x';
const a = (...objects: KubernetesObject[]): ReleaseComponent[] => [{ name: 'a', objects }];
const there = (object: KubernetesObject, component = 'a', applied: KubernetesObject = object) => ({
  component,
  object: live(object, component),
  applied,
});

const going = (object: KubernetesObject) => {
  const member = there(object);
  const metadata = { ...member.object.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' };
  return { ...member, object: { ...member.object, metadata } };
};

const adopted = (object: KubernetesObject): KubernetesObject => ({
  ...object,
  metadata: { ...object.metadata, annotations: { 'roadstead.dev/adopted': 'true' } },
});
const immutableRefusal = {
  code: 422,
  reason: 'Invalid',
  message: 'Deployment "web" is invalid: spec.selector: field is immutable',
  causes: [{ reason: 'FieldValueInvalid', field: 'spec.selector', message: 'field is immutable' }],
};

describe('planObjects', () => {
  const cases: readonly [string, World, readonly object[]][] = [
    [
      'nothing there: create',
      { release: a(configMap('x')), probes: { [key]: { outcome: merged(configMap('x'), 'a', { created: true }) } } },
      [{ kind: 'create', why: 'new', class: 'safe' }],
    ],
    [
      'as it was applied: nothing',
      { release: a(configMap('x')), members: [there(configMap('x'))] },
      [{ kind: 'none', refresh: false }],
    ],
    [
      'the release changed: update with the field',
      {
        release: a(configMap('x', { a: '2' })),
        members: [there(configMap('x'))],
        probes: { [key]: { outcome: merged(configMap('x', { a: '2' })) } },
      },
      [
        {
          kind: 'update',
          drift: false,
          force: false,
          why: 'the release changed',
          fields: [{ path: 'data.a', from: '1', to: '2' }],
        },
      ],
    ],
    [
      'edited by somebody: drift, taken back by force',
      {
        release: a(configMap('x')),
        members: [there(configMap('x', { a: 'edited' }), 'a', configMap('x'))],
        probes: {
          [key]: {
            outcome: merged(configMap('x'), 'a', {
              taken: [{ field: '.data.a', manager: 'kubectl-edit' }],
              drift: true,
            }),
          },
        },
      },
      [
        {
          kind: 'update',
          drift: true,
          force: true,
          why: 'was changed by kubectl-edit',
          fields: [{ path: 'data.a', from: 'edited', to: '1' }],
        },
      ],
    ],
    [
      'a pod template changes: rolling',
      {
        release: a(deployment('n:2')),
        members: [there(deployment('n:1'))],
        probes: { 'Deployment.apps/shop/web': { outcome: merged(deployment('n:2')) } },
      },
      [
        {
          kind: 'update',
          class: 'rolling',
          fields: [{ path: 'spec.template.spec.containers[name=c].image', from: 'n:1', to: 'n:2' }],
        },
      ],
    ],
    [
      'nothing differs though no record says so: nothing, but to remember it',
      {
        release: a(configMap('x')),
        members: [{ component: 'a', object: live(configMap('x'), 'a') }],
        probes: { [key]: { outcome: merged(configMap('x')) } },
      },
      [{ kind: 'none', refresh: true }],
    ],
    [
      'in another component: moves, and is not deleted',
      {
        release: [
          { name: 'a', objects: [] },
          { name: 'b', objects: [configMap('x')] },
        ],
        members: [there(configMap('x'))],
        probes: { [key]: { outcome: merged(configMap('x'), 'b') } },
      },
      [{ kind: 'move', movedFrom: 'a', component: 'b' }],
    ],
    [
      'no longer in the release: prune',
      { release: a(), members: [there(configMap('x'))] },
      [{ kind: 'prune', uid: 'uid-x', class: 'safe' }],
    ],
    [
      'of a component that is gone: prune',
      { release: [], members: [there(configMap('x'), 'old')] },
      [{ kind: 'prune', component: 'old' }],
    ],
    [
      'a workload goes: disruptive',
      { release: a(), members: [there(deployment('n:1'))] },
      [{ kind: 'prune', class: 'disruptive' }],
    ],
    [
      'carries our label only: left alone',
      { release: a(), members: [{ component: 'a', object: live(configMap('x'), 'a', 'somebody') }] },
      [],
    ],
    [
      'was there before us: kept',
      {
        release: a(),
        members: [there(adopted(configMap('x')))],
      },
      [{ kind: 'retain' }],
    ],
    [
      'holds data: kept without a word more',
      {
        release: a(),
        members: [
          there({
            apiVersion: 'v1',
            kind: 'PersistentVolumeClaim',
            metadata: { name: 'data', namespace: 'shop' },
            spec: {},
          }),
        ],
      },
      [{ kind: 'retain', class: 'none' }],
    ],
    [
      'holds data, and its loss is allowed: one-way',
      {
        release: a(),
        allowDataLoss: true,
        members: [there({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })],
      },
      [{ kind: 'prune', class: 'one-way', dataBearing: true }],
    ],
    [
      'a field belongs to another: conflict',
      {
        release: a(configMap('x')),
        probes: { [key]: { outcome: { kind: 'conflict', conflicts: [{ field: '.data.a', manager: 'eks' }] } } },
      },
      [{ kind: 'conflict', why: 'fields belong to eks', class: 'none' }],
    ],
    [
      'an immutable field: replace',
      {
        release: a(deployment('n:2')),
        members: [there(deployment('n:1'))],
        probes: {
          'Deployment.apps/shop/web': {
            outcome: { kind: 'refused', status: immutableRefusal },
          },
        },
      },
      [{ kind: 'replace', class: 'replace', uid: 'uid-web' }],
    ],
    [
      'an immutable field of what somebody else made: refused, as it is not ours to delete',
      {
        release: a(deployment('n:2')),
        probes: {
          'Deployment.apps/shop/web': {
            live: { ...deployment('n:1'), metadata: { name: 'web', namespace: 'shop', uid: 'theirs' } },
            outcome: { kind: 'refused', status: immutableRefusal },
          },
        },
      },
      [{ kind: 'refused', why: expect.stringMatching(/field is immutable.*was there before Roadstead/) }],
    ],
    [
      'an immutable field of what was adopted: refused as well',
      {
        release: a(deployment('n:2')),
        members: [there(adopted(deployment('n:1')))],
        probes: { 'Deployment.apps/shop/web': { outcome: { kind: 'refused', status: immutableRefusal } } },
      },
      [{ kind: 'refused' }],
    ],
    [
      'invalid: refused',
      {
        release: a(configMap('x')),
        probes: {
          [key]: {
            outcome: { kind: 'refused', status: { code: 422, reason: 'Invalid', message: 'too long', causes: [] } },
          },
        },
      },
      [{ kind: 'refused', why: 'too long' }],
    ],
    [
      'its namespace comes in the same release: known after',
      {
        release: a(
          { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'new' } },
          { ...configMap('x'), metadata: { name: 'x', namespace: 'new' } },
        ),
        probes: {
          'Namespace//new': {
            outcome: merged({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'new' } }, 'a', { created: true }),
            live: undefined,
          },
        },
      },
      [
        { kind: 'create', key: 'Namespace//new' },
        { kind: 'create', knownAfter: 'Namespace new' },
      ],
    ],
    [
      'is being deleted: made anew when it is gone, without a delete of ours',
      { release: a(configMap('x')), members: [going(configMap('x'))] },
      [{ kind: 'replace', isGoing: true, uid: 'uid-x', class: 'safe', why: expect.stringMatching(/being deleted/) }],
    ],
    [
      'a namespace that is being deleted: made anew, though a namespace holds data',
      {
        release: a({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }),
        members: [going({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })],
      },
      [{ kind: 'replace', isGoing: true, dataBearing: false }],
    ],
    [
      'cannot be tried, and is there: update, known after',
      {
        release: a(configMap('x', { a: '2' })),
        members: [there(configMap('x'))],
        probes: { [key]: { outcome: { kind: 'notYet', why: 'a webhook that does not answer' } } },
      },
      [{ kind: 'update', knownAfter: 'a webhook that does not answer' }],
    ],
    [
      'a kind that nobody serves: refused',
      { release: a({ apiVersion: 'x.io/v1', kind: 'Ship', metadata: { name: 's' } }) },
      [{ kind: 'refused' }],
    ],
    [
      'twice in the release: the second is refused',
      { release: [...a(configMap('x')), { name: 'b', objects: [configMap('x')] }], members: [there(configMap('x'))] },
      [{ kind: 'none' }, { kind: 'refused', component: 'b' }],
    ],
  ];
  it.each(cases)('%s', (_name, world, expected) => {
    const changes = planOf(world);
    expect(changes).toHaveLength(expected.length);
    expect(changes).toEqual(expected.map((each) => expect.objectContaining(each)));
  });

  it('puts namespaces and definitions first, hooks last, and takes away in reverse', () => {
    const hook = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'z', namespace: 'shop' } };
    const order = planOf({
      release: [],
      allowDataLoss: true,
      members: [
        there({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }),
        there(configMap('x')),
        there(hook),
      ],
    });
    expect(order.map((change) => change.ref.kind)).toEqual(['Deployment', 'ConfigMap', 'Namespace']);
  });

  it('never shows what is in a Secret', () => {
    const secret = (value: string): KubernetesObject => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's', namespace: 'shop' },
      data: { password: value },
    });
    const changes = planOf({
      release: a(secret('bmV1')),
      members: [there(secret('YWx0'))],
      probes: { 'Secret/shop/s': { outcome: merged(secret('bmV1')) } },
    });
    expect(changes).toMatchObject([{ kind: 'update', fields: [{ path: 'data.password', sensitive: true }] }]);
    expect(JSON.stringify(changes)).not.toMatch(/bmV1|YWx0/);
  });
});

describe('isUnchanged', () => {
  const suspects = (world: World) =>
    suspectsOf(placeObjects(world.release, catalog, namespaces), observe(world)).map((each) => each.key);

  it('trusts two equal digests and nothing less', () => {
    expect(suspects({ release: a(configMap('x')), members: [there(configMap('x'))] })).toEqual([]);
    expect(suspects({ release: a(configMap('x', { a: '2' })), members: [there(configMap('x'))] })).toEqual([key]);
    expect(
      suspects({ release: a(configMap('x')), members: [there(configMap('x', { a: 'edited' }), 'a', configMap('x'))] }),
    ).toEqual([key]);
    expect(
      suspects({ release: a(configMap('x')), members: [{ component: 'a', object: live(configMap('x'), 'a') }] }),
    ).toEqual([key]);
    expect(suspects({ release: a(configMap('x')) })).toEqual([key]);
  });

  it('sees a Secret value change though no digest holds it', () => {
    const secret = (value: string): KubernetesObject => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's', namespace: 'shop' },
      data: { password: value },
    });
    const world = { release: a(secret('bmV1')), members: [there(secret('YWx0'))] };
    const placed = placeObjects(world.release, catalog, namespaces)[0];
    expect(placed !== undefined && isUnchanged(placed, observe(world))).toBe(false);
    expect(observe(world).parents.get('a')?.inventory.get('Secret/shop/s')?.desired).toBe(
      observe({ release: a(), members: [there(secret('x'))] })
        .parents.get('a')
        ?.inventory.get('Secret/shop/s')?.desired,
    );
  });

  it('sees fields that were taken from us even when their values are the same', () => {
    const taken = live(configMap('x'), 'a');
    const without = {
      ...taken,
      metadata: {
        ...taken.metadata,
        managedFields: [{ manager: 'other', operation: 'Apply', fieldsV1: { 'f:data': {} } }],
      },
    };
    expect(
      suspects({ release: a(configMap('x')), members: [{ component: 'a', object: without, applied: configMap('x') }] }),
    ).toEqual([key]);
  });

  it('lets untried creates be left out', () => {
    const world = { release: a(configMap('x'), configMap('y', { a: '2' })), members: [there(configMap('y'))] };
    expect(
      suspectsOf(placeObjects(world.release, catalog, namespaces), observe(world), false).map((each) => each.key),
    ).toEqual(['ConfigMap/shop/y']);
  });
});

describe('properties', () => {
  const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,6}$/), { minLength: 1, maxLength: 12 });

  it('the order of objects and files does not matter', () => {
    fc.assert(
      fc.property(names, fc.integer(), (some, seed) => {
        const objects = some.map((name) => configMap(name));
        const shuffled = [...objects].sort(
          (x, y) =>
            ((x.metadata.name.charCodeAt(0) * 31 + seed) % 7) - ((y.metadata.name.charCodeAt(0) * 31 + seed) % 7),
        );
        const members = objects.filter((_, index) => index % 2 === 0).map((object) => there(object));
        expect(planOf({ release: a(...shuffled), members: [...members].reverse() })).toEqual(
          planOf({ release: a(...objects), members }),
        );
      }),
    );
  });

  it('what was applied is unchanged, however often one looks; what is not wanted goes, and nothing else', () => {
    fc.assert(
      fc.property(names, names, (wanted, held) => {
        const members = held.map((name) => there(configMap(name)));
        const release = a(...wanted.map((name) => configMap(name)));
        const changes = planOf({ release, members });
        const pruned = changes.filter((change) => change.kind === 'prune').map((change) => change.ref.name);
        expect([...pruned].sort()).toEqual(held.filter((name) => !wanted.includes(name)).sort());
        const settled = planOf({ release, members: wanted.map((name) => there(configMap(name))) });
        expect(settled.every((change) => change.kind === 'none' && !change.refresh)).toBe(true);
      }),
    );
  });
});
