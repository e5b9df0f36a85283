import { messageOf } from '@roadstead/foundation';
import type { Eks } from '../deps.ts';
import type { ClusterRecord } from '../model.ts';
import { type Members, records, requiredText, text, within } from '../shared/read.ts';

/**
 * Removes interfaces in the cluster security group whose instance has ended. EC2 deletes an instance's primary
 * interface with it and EKS the ones that the VPC CNI left; an emulator may keep both, and the group would stay in use.
 */
export async function sweepInterfaces(eks: Eks, cluster: ClusterRecord): Promise<void> {
  const groupId = cluster.vpc.clusterSecurityGroupId;
  if (groupId === '') return;
  const ec2 = (operation: string, input: Record<string, unknown>) =>
    eks.context.backend.call(cluster.place, 'ec2', operation, input);
  const found = await ec2('DescribeNetworkInterfaces', { Filters: [{ Name: 'group-id', Values: [groupId] }] });
  for (const one of records(found, 'NetworkInterfaces')) {
    const id = requiredText(one, 'NetworkInterfaceId');
    if (cluster.networkInterfaceIds.includes(id) || !(await hasEnded(eks, cluster, one))) continue;
    try {
      const attachment = text(within(one, 'Attachment'), 'AttachmentId');
      if (attachment !== undefined) await ec2('DetachNetworkInterface', { AttachmentId: attachment, Force: true });
      await ec2('DeleteNetworkInterface', { NetworkInterfaceId: id });
    } catch (error) {
      eks.context.log({ interface: id, error: messageOf(error) }, 'an interface of an ended instance stays behind');
    }
  }
}

async function hasEnded(eks: Eks, cluster: ClusterRecord, one: Members): Promise<boolean> {
  const instanceId = text(within(one, 'Attachment'), 'InstanceId');
  if (instanceId === undefined) return false;
  const found = await eks.context.backend.call(cluster.place, 'ec2', 'DescribeInstances', {
    Filters: [{ Name: 'instance-id', Values: [instanceId] }],
  });
  const instance = records(found, 'Reservations').flatMap((reservation) => records(reservation, 'Instances'))[0];
  return instance === undefined || text(within(instance, 'State'), 'Name') === 'terminated';
}
