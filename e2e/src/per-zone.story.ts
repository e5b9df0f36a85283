import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Kubectl, kubeconfigOf, kubectlWith } from './cluster-in.ts';
import { aws, lastSeq, planLines, type Roadstead, roadsteadIn } from './roadstead.ts';
import { comparable, type JournalEntry, root, type Sandbox, startSandbox } from './sandbox.ts';

/** Seed 003's cluster: a group of system and one of application nodes in each of three zones, kubelet reserves. */
const file = join(root, 'examples/per-zone.yaml');
const zones = ['eu-central-1a', 'eu-central-1b', 'eu-central-1c'];
let sandbox: Sandbox;
let roadstead: Roadstead;
let kubectl: Kubectl;
let before: unknown;
let nodes: readonly Node[] = [];

beforeAll(async () => {
  sandbox = await startSandbox({ factor: 200 });
  before = comparable(await sandbox.control('GET', 'inventory'));
  roadstead = await roadsteadIn(sandbox);
  await roadstead.ok('up', '-f', file, '--yes');
  kubectl = kubectlWith(sandbox, await kubeconfigOf(roadstead, file));
  nodes = (await kubectl.get<{ items: Node[] }>('nodes')).items;
});
afterAll(() => sandbox?.stop());

interface Node {
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly spec: { readonly taints?: readonly object[] };
  readonly status: Record<'capacity' | 'allocatable', Readonly<Record<string, string>>>;
}

describe('the groups', () => {
  it('are six, each in the subnet of its zone', async () => {
    const { nodegroups } = await aws<{ nodegroups: string[] }>(
      sandbox,
      ...['eks', 'list-nodegroups', '--cluster-name', 'per-zone'],
    );
    expect(nodegroups).toHaveLength(6);
    const places: string[] = [];
    for (const name of nodegroups) {
      const { nodegroup } = await aws<{ nodegroup: { subnets: string[] } }>(
        sandbox,
        ...['eks', 'describe-nodegroup', '--cluster-name', 'per-zone', '--nodegroup-name', name],
      );
      const { Subnets } = await aws<{ Subnets: { AvailabilityZone: string }[] }>(
        sandbox,
        ...['ec2', 'describe-subnets', '--subnet-ids', ...nodegroup.subnets],
      );
      expect(Subnets).toHaveLength(1);
      places.push(`${name.split('-')[0]} ${Subnets[0]?.AvailabilityZone}`);
    }
    expect(places.toSorted()).toEqual(['app', 'system'].flatMap((pool) => zones.map((zone) => `${pool} ${zone}`)));
  });

  it('label their nodes with lifecycle, az and nodeType, and taint the system’s', () => {
    const told = nodes.map(({ metadata: { labels }, spec }) => ({
      nodeType: labels['nodeType'],
      az: labels['az'],
      zone: labels['topology.kubernetes.io/zone'],
      lifecycle: labels['lifecycle'],
      taints: spec.taints ?? [],
    }));
    const expected = ['appNode', 'systemNode'].flatMap((nodeType) =>
      zones.map((zone) => ({
        nodeType,
        az: zone.replace(/^.*-/, ''),
        zone,
        lifecycle: 'Ec2OnDemand',
        taints: nodeType === 'appNode' ? [] : [{ key: 'CriticalAddonsOnly', value: 'true', effect: 'NoSchedule' }],
      })),
    );
    const key = (one: { nodeType?: string | undefined; zone?: string | undefined }) => `${one.nodeType} ${one.zone}`;
    expect(told.toSorted((one, other) => key(one).localeCompare(key(other)))).toEqual(expected);
  });
});

describe('the reserves of the kubelet', () => {
  it('are what the file says, as the node tells through its proxy', async () => {
    expect(nodes).toHaveLength(6);
    for (const { metadata } of nodes) {
      const { kubeletconfig } = JSON.parse(
        await kubectl.ok('get', '--raw', `/api/v1/nodes/${metadata.name}/proxy/configz`),
      ) as { kubeletconfig: Record<string, Record<string, string>> };
      expect(amounts(kubeletconfig['kubeReserved'])).toEqual({
        cpu: 0.25,
        memory: 2 ** 30,
        'ephemeral-storage': 2 ** 30,
      });
      expect(amounts(kubeletconfig['systemReserved'])).toEqual({
        cpu: 0.25,
        memory: 0.2 * 2 ** 30,
        'ephemeral-storage': 2 ** 30,
      });
      expect(kubeletconfig['evictionHard']).toMatchObject({ 'memory.available': '1Gi', 'nodefs.available': '10%' });
    }
  });

  // The kubelet's sum: allocatable = capacity − kube (1 Gi) − system (0.2 Gi) − hard eviction (1 Gi).
  it('are what the node’s capacity lacks in its allocatable', () => {
    for (const { status } of nodes) {
      const [capacity, allocatable] = [amounts(status.capacity), amounts(status.allocatable)];
      const lacking = (name: string): number => (capacity[name] ?? 0) - (allocatable[name] ?? 0);
      expect(lacking('cpu')).toBeCloseTo(0.5);
      expect(Math.abs(lacking('memory') - 2.2 * 2 ** 30)).toBeLessThan(1024);
      const disk = 2 * 2 ** 30 + 0.1 * (capacity['ephemeral-storage'] ?? 0);
      expect(Math.abs(lacking('ephemeral-storage') - disk)).toBeLessThan(1024);
    }
  });
});

describe('the cluster', () => {
  it('has its five log types on', async () => {
    const { cluster } = await aws<{
      cluster: { logging: { clusterLogging: { types: string[]; enabled: boolean }[] } };
    }>(sandbox, ...['eks', 'describe-cluster', '--name', 'per-zone']);
    const on = cluster.logging.clusterLogging.filter(({ enabled }) => enabled).flatMap(({ types }) => types);
    expect(on.toSorted()).toEqual(['api', 'audit', 'authenticator', 'controllerManager', 'scheduler']);
  });

  it('runs the system’s pods on system nodes alone, where they are no daemons', async () => {
    const { items } = await kubectl.get<{
      items: { metadata: { name: string; ownerReferences?: { kind: string }[] }; spec: { nodeName?: string } }[];
    }>('pods', '-n', 'kube-system');
    const system = new Set(
      nodes.filter(({ metadata }) => metadata.labels['nodeType'] === 'systemNode').map(({ metadata }) => metadata.name),
    );
    const floating = items.filter(({ metadata }) => metadata.ownerReferences?.[0]?.kind !== 'DaemonSet');
    expect(floating.map(({ metadata }) => metadata.name).join(' ')).toMatch(/coredns-.*ebs-csi-controller-/);
    expect(
      floating.filter(({ spec }) => !system.has(spec.nodeName ?? '')).map(({ metadata }) => metadata.name),
    ).toEqual([]);
    const daemons = items.filter(({ metadata }) => metadata.name.startsWith('kube-proxy-'));
    expect(new Set(daemons.map(({ spec }) => spec.nodeName)).size).toBe(6);
  });

  it('leaves nothing to plan', async () => {
    expect(await planLines(roadstead, '-f', file)).toEqual([]);
  });

  it('goes down to what was there before, in the order that lets nothing hang', async () => {
    const seq = await lastSeq(sandbox);
    await roadstead.ok('down', '-f', file, '--yes', '--delete-logs');
    const entries = (await sandbox.journal(seq)).filter(({ mutating, outcome }) => mutating && outcome === 'ok');
    const parts = entries.flatMap((entry) => partOf(entry) ?? []);
    expect(parts.filter((part, index) => parts.indexOf(part) === index)).toEqual([
      'node groups',
      'pool stacks',
      'add-ons',
      'protection of the cluster',
      'cluster',
      'protection of foundation',
      'foundation',
      'protection of network',
      'network',
    ]);
    expect(comparable(await sandbox.control('GET', 'inventory'))).toEqual(before);
  });
});

/** Which part of the way down a request belongs to. */
function partOf({ operation, input }: JournalEntry): string | undefined {
  const text = JSON.stringify(input);
  const stack = /roadstead-per-zone-(network|foundation|pool)/.exec(text)?.[1] ?? '';
  if (operation === 'DeleteNodegroup') return 'node groups';
  if (operation === 'DeleteAddon') return 'add-ons';
  if (operation === 'DeleteCluster') return 'cluster';
  if (operation === 'UpdateClusterConfig' && text.includes('"deletionProtection":false'))
    return 'protection of the cluster';
  if (operation === 'UpdateTerminationProtection') return `protection of ${stack}`;
  if (operation === 'DeleteStack') return stack === 'pool' ? 'pool stacks' : stack;
  return undefined;
}

const units: Readonly<Record<string, number>> = {
  m: 0.001,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
};

/** Kubernetes quantities as numbers: cores and bytes. */
function amounts(quantities: Readonly<Record<string, string>> | undefined): Record<string, number> {
  return Object.fromEntries(
    Object.entries(quantities ?? {}).map(([name, text]) => {
      const [, count = '', unit = ''] = /^([\d.]+)([a-zA-Z]*)$/.exec(text) ?? [];
      return [name, Number(count) * (unit === '' ? 1 : (units[unit] ?? Number.NaN))];
    }),
  );
}
