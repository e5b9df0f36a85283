import { describe, expect, it } from 'vitest';
import { checkCapacity, maxPods, nodeAddresses, poolMaxPods, sumOf, zoneDemands } from './capacity.ts';
import type { InstanceTypeFacts, NodePool } from './cluster.ts';
import { planNetwork } from './plan-network.ts';

const facts = (vcpus: number, maxEnis: number, ipv4PerEni: number): InstanceTypeFacts => ({
  vcpus,
  memoryMiB: 8192,
  architecture: 'arm64',
  maxEnis,
  ipv4PerEni,
  localDisks: 0,
  zones: [],
});
const types = { 'm7g.large': facts(2, 3, 10), 'm7g.xlarge': facts(4, 4, 15), 't3.small': facts(2, 3, 4) };
const pool = (max: number, zones: 'each' | 'spread' = 'each', more: Partial<NodePool> = {}): NodePool => ({
  name: 'app',
  instanceTypes: ['m7g.xlarge'],
  zones,
  discount: 'none',
  size: { min: 1, max, desired: 1 },
  labels: {},
  taints: [],
  diskGiB: 80,
  ...more,
});
const zones = [
  { name: 'eu-central-1a', id: 'euc1-az2' },
  { name: 'eu-central-1b', id: 'euc1-az3' },
];
const network = (cidr: string) => ({ cidr, zones: 2, nat: 'single' as const });

describe('pods on a node', () => {
  it.each([
    ['m7g.large', facts(2, 3, 10), 29],
    ['m7g.xlarge', facts(4, 4, 15), 58],
    ['m7g.4xlarge, which managed groups hold to 110', facts(16, 8, 30), 110],
    ['m7g.16xlarge, which managed groups hold to 250', facts(64, 15, 50), 250],
  ])('on %s', (_, type, pods) => {
    expect(maxPods(type)).toBe(pods);
  });

  it('are the fewest of the types of a pool, or what the file asks', () => {
    expect(poolMaxPods(pool(1, 'each', { instanceTypes: ['m7g.xlarge', 't3.small'] }), types)).toBe(11);
    expect(poolMaxPods(pool(1, 'each', { maxPods: 20 }), types)).toBe(20);
    expect(poolMaxPods(pool(1, 'each', { maxPods: 200 }), types)).toBe(58);
  });

  it.each([
    ['full', 58, { pods: 56, interfaces: 4, warm: 0, total: 60 }],
    ['half full, with a warm interface', 20, { pods: 18, interfaces: 3, warm: 24, total: 45 }],
    ['nearly empty', 8, { pods: 6, interfaces: 2, warm: 22, total: 30 }],
  ])('take addresses on a node that is %s', (_, pods, expected) => {
    expect(nodeAddresses(pods, types['m7g.xlarge'])).toEqual(expected);
  });
});

describe('room in the subnets', () => {
  it('is enough for twenty nodes in a /19', () => {
    const cluster = { nodePools: [pool(20)], network: network('10.0.0.0/16') };
    expect(checkCapacity(cluster, { instanceTypes: types }, planNetwork(cluster, zones))).toEqual([]);
  });

  it('is refused with the sum when the pools can outgrow it', () => {
    const cluster = { nodePools: [pool(20), pool(5, 'spread', { name: 'batch' })], network: network('10.0.0.0/19') };
    const [fault] = checkCapacity(cluster, { instanceTypes: types }, planNetwork(cluster, zones));
    expect(fault?.code).toBe('SUBNETS_TOO_SMALL');
    expect(fault?.message).toContain('eu-central-1a, eu-central-1b');
    expect(fault?.message).toContain(
      'app: 20 nodes × (56 pods + 4 interfaces + 0 warm) = 1,200, batch: 3 nodes × (56 pods + 4 interfaces + 0 warm) = 180; together 1,380 > 1,019 free',
    );
  });

  it('shares the nodes of a spread pool over the zones', () => {
    const cluster = { nodePools: [pool(5, 'spread')], network: network('10.0.0.0/16') };
    const [zone] = zoneDemands(cluster, { instanceTypes: types }, planNetwork(cluster, zones));
    expect(zone?.pools[0]?.nodes).toBe(3);
    expect(zone && sumOf(zone)).toBe('app: 3 nodes × (56 pods + 4 interfaces + 0 warm) = 180 ≤ 8,187 free');
  });
});
