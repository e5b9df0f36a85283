import { messageOf } from '@roadstead/foundation';
import { unlessGone } from '../aws/unless-gone.ts';
import type { Eks } from '../deps.ts';
import type { ClusterRecord } from '../model.ts';
import { isAwsError } from '../shared/errors.ts';
import { requiredText, within } from '../shared/read.ts';

/**
 * The cluster security group, which lets its members talk to each other, and the cross-account interfaces: one in each
 * subnet. What was made is noted on the record at once, so that a failure in between leaves nothing unknown.
 */
export async function makeClusterNetwork(eks: Eks, cluster: ClusterRecord): Promise<void> {
  const call = (operation: string, input: Record<string, unknown>) =>
    eks.context.backend.call(cluster.place, 'ec2', operation, input);
  const suffix = Number.parseInt(eks.randomHex(4), 16) % 1_000_000_000;
  const group = await call('CreateSecurityGroup', {
    GroupName: `eks-cluster-sg-${cluster.name}-${String(suffix).padStart(9, '0')}`,
    Description:
      'EKS created security group applied to ENI that is attached to EKS Control Plane master nodes, as well as any managed workloads.',
    VpcId: cluster.vpc.vpcId,
  });
  const groupId = requiredText(group, 'GroupId');
  cluster.vpc.clusterSecurityGroupId = groupId;
  await tagSecurityGroup(eks, cluster, groupId);
  await call('AuthorizeSecurityGroupIngress', {
    GroupId: groupId,
    IpPermissions: [{ IpProtocol: '-1', UserIdGroupPairs: [{ GroupId: groupId }] }],
  });
  await makeInterfaces(eks, cluster);
}

export async function makeInterfaces(eks: Eks, cluster: ClusterRecord): Promise<void> {
  for (const subnet of cluster.vpc.subnetIds) {
    const made = await eks.context.backend.call(cluster.place, 'ec2', 'CreateNetworkInterface', {
      SubnetId: subnet,
      Description: `Amazon EKS ${cluster.name}`,
      Groups: [cluster.vpc.clusterSecurityGroupId, ...cluster.vpc.securityGroupIds],
    });
    cluster.networkInterfaceIds.push(requiredText(within(made, 'NetworkInterface'), 'NetworkInterfaceId'));
  }
}

/** The upstream emulator may refuse tag keys that begin with `aws:` as EC2 does for users; EKS itself may set them. */
async function tagSecurityGroup(eks: Eks, cluster: ClusterRecord, groupId: string): Promise<void> {
  const tags = [
    { Key: 'Name', Value: `eks-cluster-sg-${cluster.name}` },
    { Key: `kubernetes.io/cluster/${cluster.name}`, Value: 'owned' },
  ];
  const call = (Tags: readonly object[]) =>
    eks.context.backend.call(cluster.place, 'ec2', 'CreateTags', { Resources: [groupId], Tags });
  await call(tags);
  try {
    await call([{ Key: 'aws:eks:cluster-name', Value: cluster.name }]);
  } catch (error) {
    eks.context.log({ cluster: cluster.name, error: messageOf(error) }, 'no aws: tag on the cluster security group');
  }
}

export async function removeInterfaces(eks: Eks, cluster: ClusterRecord): Promise<void> {
  for (const id of cluster.networkInterfaceIds) {
    await unlessGone(
      eks.context.backend.call(cluster.place, 'ec2', 'DeleteNetworkInterface', { NetworkInterfaceId: id }),
    );
  }
  cluster.networkInterfaceIds = [];
}

/**
 * Removes what `makeClusterNetwork` made. A security group that something else still uses is left behind, as EKS
 * leaves it; its rules in other groups are not EKS's to remove.
 */
export async function removeClusterNetwork(eks: Eks, cluster: ClusterRecord): Promise<void> {
  await removeInterfaces(eks, cluster);
  const groupId = cluster.vpc.clusterSecurityGroupId;
  if (groupId === '') return;
  try {
    await unlessGone(eks.context.backend.call(cluster.place, 'ec2', 'DeleteSecurityGroup', { GroupId: groupId }));
    cluster.vpc.clusterSecurityGroupId = '';
  } catch (error) {
    if (!isAwsError(error, 'DependencyViolation')) throw error;
    eks.context.log({ cluster: cluster.name, groupId }, 'the cluster security group is still in use and stays behind');
  }
}
