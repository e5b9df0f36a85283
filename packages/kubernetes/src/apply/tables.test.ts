import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ApiStatus } from '../client/status-error.ts';
import type { KubernetesObject } from '../objects/kubernetes-object.ts';
import { keyOf } from '../objects/object-ref.ts';
import { kindsInTurn } from './apply-component.ts';
import { applySetIdOf, parentNameOf, parentObjectOf, parseGroupKind, readParent } from './applyset.ts';
import { conflictsOf, decideConflicts, isImmutableRefusal, yieldReplicas } from './decide-conflicts.ts';
import { diffFields } from './diff-fields.ts';
import { desiredDigestOf, liveDigestOf } from './fingerprint.ts';
import { formatInventory, parseInventory } from './inventory.ts';
import { classOfPrune, phaseOf } from './object-nature.ts';
import { ownedFieldsOf, packHas, packPaths } from './owned-fields.ts';
import type { ObjectChange } from './release-types.ts';

const object = (rest: Record<string, unknown>, metadata: Record<string, unknown> = {}): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Thing',
  metadata: { name: 'x', ...metadata },
  ...rest,
});

describe('applyset', () => {
  it('makes the id that KEP-3659 prescribes', () => {
    // sha256 of "roadstead-web.kube-system.ConfigMap.", as openssl and base64 say.
    expect(applySetIdOf('web')).toBe('applyset-YlI5WojkSdGklVpUxUSCekCZwHoqZwhXzxRRU_RGw-s-v1');
    expect(applySetIdOf('web').length).toBeLessThanOrEqual(63);
  });

  it('reads back what it writes, and nothing of another tool', () => {
    const set = {
      component: 'web',
      groupKinds: ['ConfigMap', 'Deployment.apps'],
      namespaces: ['shop'],
      inventory: 'x',
    };
    const parent = parentObjectOf({ ...set, namespaces: ['kube-system', 'shop'] });
    expect(readParent(parent)).toEqual(set);
    const annotations = { ...parent.metadata.annotations, 'applyset.kubernetes.io/tooling': 'kubectl/v1.36.0' };
    expect(readParent({ ...parent, metadata: { ...parent.metadata, annotations } })).toBeUndefined();
    expect(
      readParent({ ...parent, metadata: { ...parent.metadata, labels: { 'applyset.kubernetes.io/id': 'another' } } }),
    ).toBeUndefined();
  });

  it('refuses a component name that cannot be part of an object name', () => {
    for (const name of ['', 'Web', 'a/b', '-a', 'a_b'])
      expect(() => parentNameOf(name)).toThrow(expect.objectContaining({ code: 'KUBE_COMPONENT_NAME' }));
  });

  it('splits a group and kind', () => {
    expect(parseGroupKind('Deployment.apps')).toEqual({ group: 'apps', kind: 'Deployment' });
    expect(parseGroupKind('ConfigMap')).toEqual({ group: '', kind: 'ConfigMap' });
  });
});

describe('ownedFieldsOf', () => {
  const fieldsV1 = {
    'f:data': { '.': {}, 'f:a.b/c': {} },
    'f:spec': {
      'f:ports': { 'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:name': {} } },
      'f:finalizers': { 'v:"x"': {} },
      'f:args': { 'i:1': {} },
      'f:selector': {},
      'f:gone': {},
    },
  };
  const live = object(
    {
      data: { 'a.b/c': '1', other: '2' },
      spec: {
        ports: [
          { port: 80, protocol: 'UDP', name: 'no' },
          { port: 80, protocol: 'TCP', name: 'web' },
        ],
        finalizers: ['x', 'y'],
        args: ['p', 'q'],
        selector: { app: 'web' },
      },
    },
    { managedFields: [{ manager: 'roadstead', operation: 'Apply', fieldsV1 }] },
  );

  it('follows every kind of step to path and value, in the words of the API server', () => {
    expect(ownedFieldsOf(live, 'roadstead')).toEqual([
      { path: '.data', value: '{}' },
      { path: '.data.a.b/c', value: '1' },
      { path: '.spec.ports[port=80,protocol="TCP"]', value: '{}' },
      { path: '.spec.ports[port=80,protocol="TCP"].name', value: 'web' },
      { path: '.spec.finalizers[="x"]', value: 'x' },
      { path: '.spec.args[1]', value: 'q' },
      { path: '.spec.selector', value: { app: 'web' } },
      { path: '.spec.gone', value: undefined },
    ]);
    expect(ownedFieldsOf(live, 'somebody')).toEqual([]);
  });

  it('digests what we own and nothing that others add', () => {
    const grown = { ...live, data: { 'a.b/c': '1', other: 'changed', more: 'x' }, status: { any: 1 } };
    expect(liveDigestOf(grown)).toBe(liveDigestOf(live));
    expect(liveDigestOf({ ...live, data: { 'a.b/c': '2' } })).not.toBe(liveDigestOf(live));
    expect(liveDigestOf({ ...live, spec: { ...(live.spec as object), selector: { app: 'api' } } })).not.toBe(
      liveDigestOf(live),
    );
  });

  it('packs paths so that they are known again', () => {
    const pack = packPaths(['.data.a', '.spec.replicas']);
    expect(packHas(pack, '.spec.replicas')).toBe(true);
    expect(packHas(pack, '.spec.paused')).toBe(false);
    expect(packPaths(Array.from({ length: 401 }, (_, at) => `.${at}`))).toBe('');
  });
});

describe('digests', () => {
  it('do not depend on the order of members', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.string()), (data) => {
        const reversed = Object.fromEntries(Object.entries(data).reverse());
        expect(desiredDigestOf(object({ data }))).toBe(desiredDigestOf(object({ data: reversed })));
      }),
    );
  });

  it('tell nothing of a Secret but the names of its keys', () => {
    const secret = (data: Record<string, string>): KubernetesObject => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's' },
      data,
    });
    expect(desiredDigestOf(secret({ a: '1' }))).toBe(desiredDigestOf(secret({ a: '2' })));
    expect(desiredDigestOf(secret({ a: '1' }))).not.toBe(desiredDigestOf(secret({ b: '1' })));
  });
});

describe('inventory', () => {
  const record = { desired: 'd', live: 'l', owned: 'o' };
  it('is read back as written, sorted, whatever the names', () => {
    const inventory = new Map([
      ['ClusterRole.rbac.authorization.k8s.io//a:"b"\\', record],
      ['ConfigMap/x/y', record],
    ]);
    expect(parseInventory(formatInventory(inventory))).toEqual(inventory);
    expect(formatInventory(new Map([...inventory].reverse()))).toBe(formatInventory(inventory));
  });

  it('leaves out a broken line and keeps the rest', () => {
    expect([...parseInventory('{"half\n["k","d","l","o"]\n[1]\n').keys()]).toEqual(['k']);
  });

  it('stays under what a ConfigMap holds, first without paths, then without the last records', () => {
    const big = new Map(
      Array.from(
        { length: 12_000 },
        (_, at) =>
          [`ConfigMap/namespace/name-${String(at).padStart(60, '0')}`, { ...record, owned: 'x'.repeat(200) }] as const,
      ),
    );
    const text = formatInventory(big);
    expect(Buffer.byteLength(text)).toBeLessThan(1_000_000);
    expect(parseInventory(text).size).toBeGreaterThan(8_000);
  });
});

describe('conflicts', () => {
  const status = (causes: ApiStatus['causes'], code = 409, message = ''): ApiStatus => ({
    code,
    reason: '',
    message,
    causes,
  });
  const conflict = { field: '.spec.replicas', manager: 'kubectl-edit' };

  it('are read from the answer', () => {
    const causes = [
      {
        reason: 'FieldManagerConflict',
        message: 'conflict with "kubectl-edit" using apps/v1',
        field: '.spec.replicas',
      },
      {
        reason: 'FieldManagerConflict',
        message: 'conflict with "kube-controller-manager" with subresource "scale" using apps/v1',
        field: '.spec.x',
      },
    ];
    expect(conflictsOf(status(causes))).toEqual([conflict, { field: '.spec.x', manager: 'kube-controller-manager' }]);
    expect(conflictsOf(status([{ reason: 'Other', message: '', field: '' }]))).toEqual([]);
  });

  const record = { desired: 'same', live: '', owned: packPaths(['.spec.replicas']) };
  it.each([
    ['never seen before', undefined, 'same', false, 'report'],
    ['the same object was applied', record, 'same', false, 'take'],
    ['another object, but the field was ours', record, 'other', false, 'take'],
    ['another object, and the field was not ours', { ...record, owned: '' }, 'other', false, 'report'],
    ['not ours, but the caller may force', undefined, 'same', true, 'take'],
  ])('%s', (_name, known, digest, force, expected) => {
    expect(decideConflicts([conflict], known, digest, () => force).kind).toBe(expected);
  });

  it('are only drift when one of the fields was ours', () => {
    expect(decideConflicts([conflict], record, 'same', () => false)).toEqual({ kind: 'take', drift: true });
    expect(decideConflicts([conflict], undefined, 'same', () => true)).toEqual({ kind: 'take', drift: false });
  });

  it.each([
    ['spec.selector: Invalid value: field is immutable', true],
    ['spec.clusterIPs[0]: Invalid value: may not change once set: may not be changed', true],
    ['cannot change roleRef', true],
    ["Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals' are forbidden", true],
    ['updates to parameters are forbidden: forbidden: updates to parameters', true],
    ['must be no more than 63 characters', false],
    ['Required value', false],
  ])('%s: replace %s', (message, expected) => {
    expect(isImmutableRefusal(status([{ reason: 'FieldValueInvalid', field: 'x', message }], 422))).toBe(expected);
    expect(isImmutableRefusal(status([], 422, message))).toBe(expected);
    expect(isImmutableRefusal(status([], 409, message))).toBe(false);
  });

  it('leave replicas to an autoscaler but not to a person', () => {
    const desired = object({ spec: { replicas: 2, paused: false } });
    const scaledBy = (manager: string, subresource = 'scale') =>
      object(
        {},
        {
          managedFields: [{ manager, subresource, operation: 'Update', fieldsV1: { 'f:spec': { 'f:replicas': {} } } }],
        },
      );
    expect(yieldReplicas(desired, scaledBy('kube-controller-manager')).spec).toEqual({ paused: false });
    expect(yieldReplicas(desired, scaledBy('kubectl')).spec).toEqual({ replicas: 2, paused: false });
    expect(yieldReplicas(desired, scaledBy('kube-controller-manager', 'status')).spec).toEqual({
      replicas: 2,
      paused: false,
    });
  });
});

describe('diffFields', () => {
  it.each([
    ['a value', { a: 1 }, { a: 2 }, [{ path: 'a', from: 1, to: 2 }]],
    [
      'added and removed',
      { a: 1 },
      { b: 2 },
      [
        { path: 'a', from: 1 },
        { path: 'b', to: 2 },
      ],
    ],
    ['names with dots', { 'x.y/z': 1 }, { 'x.y/z': 2 }, [{ path: '["x.y/z"]', from: 1, to: 2 }]],
    [
      'a list by name',
      {
        l: [
          { name: 'a', v: 1 },
          { name: 'b', v: 1 },
        ],
      },
      {
        l: [
          { name: 'b', v: 2 },
          { name: 'a', v: 1 },
        ],
      },
      [{ path: 'l[name=b].v', from: 1, to: 2 }],
    ],
    [
      'only the order of a named list',
      { l: [{ name: 'a' }, { name: 'b' }] },
      { l: [{ name: 'b' }, { name: 'a' }] },
      [{ path: 'l', from: ['a', 'b'], to: ['b', 'a'] }],
    ],
    ['a plain list whole', { l: ['a'] }, { l: ['a', 'b'] }, [{ path: 'l', from: ['a'], to: ['a', 'b'] }]],
    ['a list of maps by place', { l: [{ p: 1 }] }, { l: [{ p: 2 }] }, [{ path: 'l[0].p', from: 1, to: 2 }]],
    ['the order of members is nothing', { a: { x: 1, y: 2 } }, { a: { y: 2, x: 1 } }, []],
    ['status is nothing', { status: { a: 1 } }, { status: { a: 2 } }, []],
  ])('%s', (_name, from, to, expected) => {
    expect(diffFields(object(from), object(to))).toEqual(expected);
  });

  it("leaves the server's bookkeeping out and tells labels", () => {
    const from = object({}, { resourceVersion: '1', generation: 1, managedFields: [], labels: { a: '1' } });
    const to = object({}, { resourceVersion: '2', generation: 2, labels: { a: '2' } });
    expect(diffFields(from, to)).toEqual([{ path: 'metadata.labels.a', from: '1', to: '2' }]);
  });

  it('hides a Secret also when all its data comes or goes, and what kubectl kept of it', () => {
    const secret = (rest: Record<string, unknown>, annotations: Record<string, string> = {}): KubernetesObject => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's', annotations },
      ...rest,
    });
    const kept = { 'kubectl.kubernetes.io/last-applied-configuration': '{"data":{"p":"geheim"}}' };
    const changes = diffFields(secret({}, kept), secret({ data: { p: 'geheim' } }, { note: 'x' }));
    expect(JSON.stringify(changes)).not.toContain('geheim');
    expect(changes).toContainEqual({ path: 'metadata.annotations.note', to: 'x' });
  });
});

describe('the nature of kinds', () => {
  it.each([
    ['v1', 'Namespace', 'namespaces', 'one-way'],
    ['apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'definitions', 'one-way'],
    ['v1', 'ConfigMap', 'settings', 'safe'],
    ['rbac.authorization.k8s.io/v1', 'RoleBinding', 'settings', 'safe'],
    ['apps/v1', 'Deployment', 'workloads', 'disruptive'],
    ['example.org/v1', 'Ship', 'workloads', 'safe'],
    ['v1', 'PersistentVolumeClaim', 'settings', 'one-way'],
    ['admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration', 'hooks', 'safe'],
    ['apiregistration.k8s.io/v1', 'APIService', 'hooks', 'disruptive'],
  ])('%s %s', (apiVersion, kind, phase, prune) => {
    expect(phaseOf({ apiVersion, kind })).toBe(phase);
    expect(classOfPrune({ apiVersion, kind })).toBe(prune);
  });
});

describe('kindsInTurn', () => {
  const create = (kind: string, name: string): ObjectChange => {
    const ref = { apiVersion: 'v1', kind, namespace: 'a', name };
    return { key: keyOf(ref), ref, component: 'c', class: 'safe', fields: [], kind: 'create', why: 'new' };
  };
  it('takes one of each kind in turn, and each kind in its own order', () => {
    const changes = [
      create('Service', '1'),
      create('Service', '2'),
      create('Service', '3'),
      create('Secret', '1'),
      create('Secret', '2'),
    ];
    expect(kindsInTurn(changes).map(({ ref }) => `${ref.kind} ${ref.name}`)).toEqual([
      'Service 1',
      'Secret 1',
      'Service 2',
      'Secret 2',
      'Service 3',
    ]);
  });
});
