import type { Instance } from '@aws-sdk/client-ec2';
import { allPages } from '../observe/plain.ts';
import { isOurs } from '../plan/tags.ts';
import { type Blocker, makerOf } from './leftovers.ts';
import { inVpc, type Search, type Tags, toMap } from './search.ts';

/** Instances that no node group and no pool of ours takes along: what Karpenter and other autoscalers started, too. */
export async function findInstances(search: Search, vpcId: string): Promise<Blocker[]> {
  const reservations = await allPages(
    (token) => search.reader.read('ec2', 'DescribeInstances', inVpc(vpcId, token), search.signal),
    (page) => page.Reservations,
    (page) => page.NextToken,
  );
  return reservations
    .flatMap((reservation) => reservation.Instances ?? [])
    .filter((instance) => instance.State?.Name !== 'terminated' && !goesByItself(search, toMap(instance.Tags)))
    .map(blockerOf);
}

/** Nodes of node groups, those of Auto Mode, and of pools. A node group that others made is named itself. */
function goesByItself({ cluster }: Search, tags: Tags): boolean {
  return tags['eks:cluster-name'] === cluster || tags['aws:eks:cluster-name'] === cluster || isOurs(tags, cluster);
}

function blockerOf({ InstanceId: id = '', KeyName, Tags: list }: Instance): Blocker {
  const tags = toMap(list);
  const what = `instance ${id}`;
  const pool = tags['karpenter.sh/nodepool'];
  if (pool !== undefined) {
    const terminate = `aws ec2 terminate-instances --instance-ids ${id}`;
    const hint = `delete its pool while the cluster stands: kubectl delete nodepool ${pool}; else: ${terminate}`;
    return { what, maker: `Karpenter (NodePool ${pool})`, hint };
  }
  const group = tags['aws:autoscaling:groupName'];
  if (group !== undefined) {
    const command = `aws autoscaling delete-auto-scaling-group --auto-scaling-group-name ${group} --force-delete`;
    return { what, maker: `the Auto Scaling group ${group}`, hint: `delete the group: ${command}` };
  }
  const hint = `terminate it: aws ec2 terminate-instances --instance-ids ${id}`;
  return { what, maker: makerOf({ tags, description: KeyName ?? '' }), hint };
}
