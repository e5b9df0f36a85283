import type { Release } from '@roadstead/channel';
import { RoadsteadError } from '@roadstead/foundation';
import type { KubernetesObject } from '@roadstead/kubernetes';
import { observe } from '@roadstead/provisioning';
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

/** Waits until every node that has joined is ready and no pool is without one. EKS has said that its groups are active. */
export async function verifyNodes(world: ReadingWorld, { release }: PreparedUp, context: StepContext): Promise<void> {
  const observed = await observe(world.reader, release, { drift: false, clock: world.clock, signal: context.signal });
  const client = connectReader(world, observed);
  if (client === undefined)
    throw new RoadsteadError('There is no API server to verify', {
      code: 'CLUSTER_MISSING',
      hint: 'roadstead plan shows what is there.',
    });
  const wanted = poolsWithNodes(release.eks.nodeGroups);
  const deadline = world.clock.monotonic() + Math.max(60_000, 10 * 60_000 * world.pollScale);
  try {
    for (;;) {
      const counts = countNodes((await client.list(nodeKind, { signal: context.signal })).items);
      const waiting = waitingFor(wanted, counts);
      if (waiting === undefined) return;
      context.onProgress({ resource: 'nodes', status: waiting });
      if (world.clock.monotonic() >= deadline)
        throw new RoadsteadError(`Nodes are not ready: ${waiting}`, {
          code: 'NODES_NOT_READY',
          hint: "kubectl describe nodes; EKS names reasons under the node group's health issues.",
        });
      await world.clock.sleep(Math.max(200, 5000 * world.pollScale), context.signal);
    }
  } finally {
    await client.close();
  }
}

function poolsWithNodes(groups: Release['eks']['nodeGroups']): string[] {
  const withNodes = groups.filter(
    ({ request }) => ((request.scalingConfig as { minSize?: number } | undefined)?.minSize ?? 0) > 0,
  );
  return [...new Set(withNodes.map(({ pool }) => pool))].sort();
}

/** What is still missing, in words; undefined when nothing is. */
export function waitingFor(pools: readonly string[], counts: readonly NodeCount[]): string | undefined {
  const empty = pools.filter((pool) => !counts.some((count) => count.pool === pool && count.ready > 0));
  if (empty.length > 0) return `no node of pool ${empty.join(', ')} is ready`;
  const slow = counts.filter(({ ready, total }) => ready < total);
  return slow.length === 0
    ? undefined
    : slow.map(({ pool, zone, ready, total }) => `${ready} of ${total} ready in ${pool}, ${zone}`).join('; ');
}
