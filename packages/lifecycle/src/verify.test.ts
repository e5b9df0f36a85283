import type { Release } from '@roadstead/channel';
import type { KubernetesObject } from '@roadstead/kubernetes';
import type { ObservedAws } from '@roadstead/provisioning';
import { describe, expect, it } from 'vitest';
import { countNodes, degradedParts, type NodeCount, waitingFor } from './verify.ts';

const node = (pool: string, zone: string, ready: string): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: {
    name: `${pool}-${zone}`,
    labels: {
      'roadstead.dev/pool': pool,
      'topology.kubernetes.io/zone': zone,
      'node.kubernetes.io/instance-type': 'm6i.large',
    },
  },
  status: { conditions: [{ type: 'Ready', status: ready }] },
});
const count = (pool: string, zone: string, ready: number, total: number): NodeCount => ({
  pool,
  zone,
  instanceType: 'm6i.large',
  ready,
  total,
});

it('counts nodes by pool, zone and type, in order', () => {
  expect(countNodes([node('b', 'z1', 'True'), node('a', 'z2', 'False'), node('a', 'z2', 'True')])).toEqual([
    count('a', 'z2', 1, 2),
    count('b', 'z1', 1, 1),
  ]);
});

const app = { pool: 'app', mustHaveNode: true } as const;

describe('what is waited for', () => {
  it.each<[string, Parameters<typeof waitingFor>[0], NodeCount[], string[]]>([
    ['nothing when every group has its node', [{ ...app, zone: 'z1' }], [count('app', 'z1', 1, 1)], []],
    [
      'a zone without a node, though the pool has nodes elsewhere',
      [
        { ...app, zone: 'z1' },
        { ...app, zone: 'z2' },
      ],
      [count('app', 'z1', 1, 1)],
      ['no node of pool app in z2 is ready'],
    ],
    ['a pool over all zones, wherever its node is', [app], [count('app', 'z3', 1, 1)], []],
    ['a node that joined and is not ready', [app], [count('app', 'z1', 1, 2)], ['1 of 2 nodes ready in app, z1']],
    ['a pool without any node', [app], [], ['no node of pool app is ready']],
    ['nothing for a pool that may be empty and is', [{ pool: 'batch' }], [], []],
    [
      'a node that is not ready, of a pool that may be empty',
      [{ pool: 'batch' }],
      [count('batch', 'z1', 0, 1)],
      ['0 of 1 nodes ready in batch, z1'],
    ],
    ['nothing for a node that somebody else made', [app], [count('app', 'z1', 1, 1), count('-', 'z1', 0, 3)], []],
  ])('is %s', (_what, groups, counts, expected) => {
    expect(waitingFor(groups, counts)).toEqual(expected);
  });
});

it('names what EKS calls degraded, with its reasons, and nothing that is active or not of the release', () => {
  const part = (
    name: string,
    status: string,
    health: { code: string; message: string; resources: string[] }[] = [],
  ) => ({ name, status, health });
  const release = {
    eks: {
      addons: [{ request: { addonName: 'coredns' } }, { request: { addonName: 'vpc-cni' } }],
      nodeGroups: [{ request: { nodegroupName: 'app-1' } }],
    },
  } as unknown as Pick<Release, 'eks'>;
  const observed = {
    addons: {
      coredns: part('coredns', 'DEGRADED', [
        { code: 'InsufficientNumberOfReplicas', message: 'no node takes it', resources: [] },
      ]),
      'vpc-cni': part('vpc-cni', 'ACTIVE'),
      other: part('other', 'DEGRADED'),
    },
    nodeGroups: { 'app-1': part('app-1', 'DEGRADED') },
  } as unknown as Pick<ObservedAws, 'addons' | 'nodeGroups'>;
  expect(degradedParts(release, observed)).toEqual([
    'add-on coredns is DEGRADED (InsufficientNumberOfReplicas: no node takes it)',
    'node group app-1 is DEGRADED',
  ]);
});
