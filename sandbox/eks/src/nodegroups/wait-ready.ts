import { readGroup } from '../aws/instances.ts';
import { kubeOf } from '../clusters/cluster-status.ts';
import { type Eks, pacedMs } from '../deps.ts';
import type { ClusterRecord, NodegroupRecord } from '../model.ts';
import { joinVerdict } from './join-verdict.ts';
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

/** EKS gives nodes about twenty minutes to join. */
const joinLimit = { seconds: 1200, floorSeconds: 120 };

/** Waits until so many nodes are Ready. When the time to join is over: the instances that are not. */
export async function waitReady(
  eks: Eks,
  cluster: ClusterRecord,
  group: NodegroupRecord,
  wanted: () => number,
  signal: AbortSignal,
): Promise<
  { readonly ok: true } | { readonly ok: false; readonly missing: readonly string[]; readonly launched: number }
> {
  const { clock } = eks.context;
  const begun = clock.monotonic();
  const ref = { ...cluster.place, name: cluster.name };
  for (;;) {
    const { ready, all } = await readyInstances(eks, cluster, group, signal);
    const missing = all.filter((id) => !ready.has(id));
    const verdict = joinVerdict(
      {
        wanted: wanted(),
        ready: eks.nodes === undefined ? ready.size : Math.min(ready.size, eks.nodes.readyCount(ref, group.asgName)),
        missing,
        waitedMs: clock.monotonic() - begun,
        limitMs: pacedMs(eks, joinLimit.seconds),
        floorMs: joinLimit.floorSeconds * 1000,
      },
      (id) => eks.nodes?.whyNotJoined?.(id),
    );
    if (verdict === 'joined') return { ok: true };
    if (verdict === 'over') return { ok: false, missing, launched: all.length };
    await clock.sleep(pollMs, signal);
  }
}
