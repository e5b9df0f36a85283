import { readGroup } from '../aws/instances.ts';
import { kubeOf } from '../clusters/cluster-status.ts';
import type { Eks } from '../deps.ts';
import type { ClusterRecord, NodegroupRecord } from '../model.ts';
import { nodesOfGroup } from './node-objects.ts';

const pollMs = 500;

/** How many of the group's instances, those of one template version when given, are Ready nodes. */
export async function readyInstances(
  eks: Eks,
  cluster: ClusterRecord,
  group: NodegroupRecord,
  signal: AbortSignal,
): Promise<{ readonly ready: ReadonlySet<string>; readonly all: readonly string[] }> {
  const [facts, nodes] = await Promise.all([
    readGroup(eks, cluster.place, group.asgName),
    nodesOfGroup(kubeOf(cluster), group.name, signal),
  ]);
  const all = (facts?.instances ?? []).map((instance) => instance.id);
  const ready = new Set(
    nodes.filter((node) => node.ready && all.includes(node.instanceId)).map((node) => node.instanceId),
  );
  return { ready, all };
}

/** Waits until so many nodes are Ready. On time-out: the instances that are not. */
export async function waitReady(
  eks: Eks,
  cluster: ClusterRecord,
  group: NodegroupRecord,
  wanted: () => number,
  limitMs: number,
  signal: AbortSignal,
): Promise<
  { readonly ok: true } | { readonly ok: false; readonly missing: readonly string[]; readonly launched: number }
> {
  const { clock } = eks.context;
  const deadline = clock.monotonic() + limitMs;
  const ref = { ...cluster.place, name: cluster.name };
  for (;;) {
    const { ready, all } = await readyInstances(eks, cluster, group, signal);
    const count = eks.nodes === undefined ? ready.size : Math.min(ready.size, eks.nodes.readyCount(ref, group.asgName));
    if (count >= wanted()) return { ok: true };
    if (clock.monotonic() >= deadline) {
      return { ok: false, missing: all.filter((id) => !ready.has(id)), launched: all.length };
    }
    await clock.sleep(pollMs, signal);
  }
}
