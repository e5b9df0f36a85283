import { readGroup } from '../aws/instances.ts';
import type { Eks } from '../deps.ts';
import type { ClusterRecord, NodegroupRecord } from '../model.ts';

/** A group at rest has the desired size of its Auto Scaling group: an autoscaler may have moved it. */
export async function readDesired(eks: Eks, cluster: ClusterRecord, group: NodegroupRecord): Promise<void> {
  if (group.status !== 'ACTIVE' || group.own === undefined) return;
  const facts = await readGroup(eks, cluster.place, group.asgName);
  if (facts === undefined || group.status !== 'ACTIVE') return;
  group.scaling = { ...group.scaling, desiredSize: facts.desired };
}
