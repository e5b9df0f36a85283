import type { Release } from '@roadstead/channel';
import { RoadsteadError } from '@roadstead/foundation';
import type { KubernetesObject } from '@roadstead/kubernetes';
import { type ObservedAws, observe } from '@roadstead/provisioning';
import { connectReader } from './connect.ts';
import type { PreparedUp } from './plan-up.ts';
import type { StepContext } from './run-plan.ts';
import type { ReadingWorld } from './world.ts';

const nodeKind = { apiVersion: 'v1', kind: 'Node' };

/** Nodes by what an operator groups them by, with how many of them are ready. */
export interface NodeCount {
  readonly pool: string;
  readonly zone: string;
  readonly instanceType: string;
  readonly ready: number;
  readonly total: number;
}

export function isNodeReady(node: KubernetesObject): boolean {
  const status = node.status as { conditions?: { type: string; status: string }[] } | undefined;
  return status?.conditions?.some(({ type, status: state }) => type === 'Ready' && state === 'True') ?? false;
}

export function countNodes(nodes: readonly KubernetesObject[]): NodeCount[] {
  const counts = new Map<string, NodeCount>();
  for (const node of nodes) {
    const labels = node.metadata.labels ?? {};
    const pool = labels['roadstead.dev/pool'] ?? '-';
    const zone = labels['topology.kubernetes.io/zone'] ?? '-';
    const instanceType = labels['node.kubernetes.io/instance-type'] ?? '-';
    const key = `${pool}/${zone}/${instanceType}`;
    const before = counts.get(key) ?? { pool, zone, instanceType, ready: 0, total: 0 };
    counts.set(key, { ...before, total: before.total + 1, ready: before.ready + (isNodeReady(node) ? 1 : 0) });
  }
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, count]) => count);
}

/** A node group of the release: its pool, and its zone where it has one of its own. */
export interface WantedGroup {
  readonly pool: string;
  readonly zone?: string;
  /** Absent for a group that may be empty. */
  readonly mustHaveNode?: true;
}

/**
 * Waits until no group is without a ready node, every node of the release's pools that has joined is ready, and EKS calls none
 * of the release's node groups and add-ons degraded. Nodes that others made are theirs to look after.
 */
export async function verifyNodes(world: ReadingWorld, { release }: PreparedUp, context: StepContext): Promise<void> {
  const wanted = wantedGroups(release.eks.nodeGroups);
  const deadline = world.clock.monotonic() + Math.max(60_000, 10 * 60_000 * world.pollScale);
  for (;;) {
    const observed = await observe(world.reader, release, { drift: false, clock: world.clock, signal: context.signal });
    const waiting = [
      ...waitingFor(wanted, await readCounts(world, observed, context)),
      ...degradedParts(release, observed),
    ];
    if (waiting.length === 0) return;
    context.onProgress({ resource: 'nodes and add-ons', status: waiting.join('; ') });
    if (world.clock.monotonic() >= deadline) throw notReady(waiting);
    await world.clock.sleep(Math.max(200, 5000 * world.pollScale), context.signal);
  }
}

async function readCounts(world: ReadingWorld, observed: ObservedAws, context: StepContext): Promise<NodeCount[]> {
  const client = connectReader(world, observed);
  if (client === undefined)
    throw new RoadsteadError('There is no API server to verify', {
      code: 'CLUSTER_MISSING',
      hint: 'roadstead plan shows what is there.',
    });
  try {
    return countNodes((await client.list(nodeKind, { signal: context.signal })).items);
  } finally {
    await client.close();
  }
}

function notReady(waiting: readonly string[]): RoadsteadError {
  return new RoadsteadError(`Not ready: ${waiting.join('; ')}`, {
    code: 'NODES_NOT_READY',
    value: waiting,
    hint: 'kubectl describe nodes, and kubectl get pods -n kube-system, say why; then run `roadstead up` again.',
  });
}

function wantedGroups(groups: Release['eks']['nodeGroups']): WantedGroup[] {
  return groups.map(({ pool, zone, request }) => {
    const { minSize = 0 } = (request.scalingConfig ?? {}) as { readonly minSize?: number };
    return { pool, ...(zone === undefined ? {} : { zone }), ...(minSize > 0 ? { mustHaveNode: true } : {}) };
  });
}

/** What is still missing of nodes, in words; empty when nothing is. */
export function waitingFor(groups: readonly WantedGroup[], counts: readonly NodeCount[]): string[] {
  const isServed = ({ pool, zone }: WantedGroup): boolean =>
    counts.some((count) => count.pool === pool && (zone === undefined || count.zone === zone) && count.ready > 0);
  const empty = groups.filter((group) => group.mustHaveNode === true && !isServed(group));
  const pools = new Set(groups.map(({ pool }) => pool));
  const slow = counts.filter(({ pool, ready, total }) => pools.has(pool) && ready < total);
  return [
    ...empty.map(({ pool, zone }) => `no node of pool ${pool}${zone === undefined ? '' : ` in ${zone}`} is ready`),
    ...slow.map(({ pool, zone, ready, total }) => `${ready} of ${total} nodes ready in ${pool}, ${zone}`),
  ];
}

/** Add-ons and node groups of the release that EKS does not call active, with its reasons. */
export function degradedParts(
  release: Pick<Release, 'eks'>,
  observed: Pick<ObservedAws, 'addons' | 'nodeGroups'>,
): string[] {
  const addons = release.eks.addons.map(({ request }) => ({
    what: 'add-on',
    part: observed.addons[request.addonName],
  }));
  const groups = release.eks.nodeGroups.map(({ request }) => ({
    what: 'node group',
    part: observed.nodeGroups[request.nodegroupName],
  }));
  return [...addons, ...groups].flatMap(({ what, part }) => {
    if (part === undefined || part.status === 'ACTIVE') return [];
    const why = part.health.map(({ code, message }) => `${code}: ${message}`).join(', ');
    return [`${what} ${part.name} is ${part.status}${why === '' ? '' : ` (${why})`}`];
  });
}
