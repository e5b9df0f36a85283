import { type GroupInstance, readGroup } from '../aws/instances.ts';
import { kubeOf } from '../clusters/cluster-status.ts';
import { type Eks, limitMs } from '../deps.ts';
import type { ClusterRecord, NodegroupRecord } from '../model.ts';
import { whole } from '../shared/read.ts';
import { UpdateFailure } from '../updates/update-record.ts';
import { drainNode } from './drain.ts';
import { resizeGroup } from './group-resources.ts';
import { nodesOfGroup, setUnschedulable } from './node-objects.ts';
import { waitReady } from './wait-ready.ts';

const drainLimit = { seconds: 900, floorSeconds: 5, graceSeconds: 90 };

/** How many nodes are replaced at once. */
export function batchSize(updateConfig: Readonly<Record<string, unknown>>, nodes: number): number {
  const percent = whole(updateConfig, 'maxUnavailablePercentage');
  const count =
    percent === undefined ? (whole(updateConfig, 'maxUnavailable') ?? 1) : Math.floor((nodes * percent) / 100);
  return Math.max(1, Math.min(count, Math.max(1, nodes)));
}

/**
 * Replaces every instance that the given ones are, as EKS does: more nodes first, then batch by batch cordon, drain and
 * end an old one. A pod that a disruption budget holds for fifteen minutes fails the update, unless forced.
 */
export async function rollNodes(
  eks: Eks,
  cluster: ClusterRecord,
  group: NodegroupRecord,
  old: readonly GroupInstance[],
  force: boolean,
  signal: AbortSignal,
): Promise<void> {
  if (old.length === 0) return;
  const surge = batchSize(group.updateConfig, old.length);
  const { desiredSize, maxSize } = group.scaling;
  await resizeGroup(eks, cluster, group, {
    MaxSize: Math.max(maxSize, desiredSize + surge),
    DesiredCapacity: desiredSize + surge,
  });
  try {
    await requireReady(eks, cluster, group, desiredSize + surge, signal);
    let rest = old;
    while (rest.length > 0) {
      const batch = rest.slice(0, surge);
      rest = rest.slice(surge);
      await replaceBatch(eks, cluster, group, batch, { keep: rest.length, force, desiredSize, signal });
    }
  } finally {
    await restoreSize(eks, cluster, group);
  }
}

interface BatchOptions {
  /** Old nodes that remain after this batch. */
  readonly keep: number;
  readonly force: boolean;
  readonly desiredSize: number;
  readonly signal: AbortSignal;
}

async function replaceBatch(
  eks: Eks,
  cluster: ClusterRecord,
  group: NodegroupRecord,
  batch: readonly GroupInstance[],
  options: BatchOptions,
): Promise<void> {
  const { signal } = options;
  await Promise.all(batch.map((instance) => drainInstance(eks, cluster, group, instance, options.force, signal)));
  for (const instance of batch) {
    const facts = await readGroup(eks, cluster.place, group.asgName);
    const newNodes = (facts?.instances.length ?? 0) - options.keep - batch.length;
    const enough = newNodes + options.keep >= options.desiredSize;
    await eks.context.backend.call(cluster.place, 'autoscaling', 'TerminateInstanceInAutoScalingGroup', {
      InstanceId: instance.id,
      ShouldDecrementDesiredCapacity: enough && (facts?.desired ?? 0) > options.desiredSize,
    });
  }
  const facts = await readGroup(eks, cluster.place, group.asgName);
  await requireReady(eks, cluster, group, facts?.desired ?? options.desiredSize, signal);
}

async function drainInstance(
  eks: Eks,
  cluster: ClusterRecord,
  group: NodegroupRecord,
  instance: GroupInstance,
  force: boolean,
  signal: AbortSignal,
): Promise<void> {
  const kube = kubeOf(cluster);
  const node = (await nodesOfGroup(kube, group.name, signal)).find((one) => one.instanceId === instance.id);
  if (node === undefined) return;
  const outcome = await drainNode(kube, node.name, {
    clock: eks.context.clock,
    limitMs: limitMs(eks, drainLimit.seconds, drainLimit.floorSeconds),
    graceMs: drainLimit.graceSeconds * 1000,
    pollMs: 500,
    signal,
  });
  if (outcome.kind === 'drained' || force) return;
  await setUnschedulable(kube, node.name, false, signal);
  throw new UpdateFailure(
    'PodEvictionFailure',
    `Reached max retries while trying to evict pods from nodes in node group ${group.name}`,
    [node.name],
  );
}

async function requireReady(
  eks: Eks,
  cluster: ClusterRecord,
  group: NodegroupRecord,
  wanted: number,
  signal: AbortSignal,
): Promise<void> {
  const outcome = await waitReady(eks, cluster, group, () => wanted, signal);
  if (outcome.ok) return;
  throw new UpdateFailure(
    'NodeCreationFailure',
    `Couldn't proceed with upgrade process as new nodes are not joining node group ${group.name}`,
    outcome.missing,
  );
}

async function restoreSize(eks: Eks, cluster: ClusterRecord, group: NodegroupRecord): Promise<void> {
  const { minSize, maxSize, desiredSize } = group.scaling;
  await resizeGroup(eks, cluster, group, { MinSize: minSize, MaxSize: maxSize, DesiredCapacity: desiredSize });
}
