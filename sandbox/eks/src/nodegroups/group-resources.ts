import { entryOfCaller } from '../access/authenticate.ts';
import { newEntry } from '../access/creator-admin.ts';
import { defaultUsername, groupsOfType } from '../access/entry-rules.ts';
import { lookUp } from '../aws/iam.ts';
import { readGroup } from '../aws/instances.ts';
import { unlessGone } from '../aws/unless-gone.ts';
import type { Eks } from '../deps.ts';
import type { ClusterRecord, LaunchTemplateRef, NodegroupRecord } from '../model.ts';
import { parsePrincipal } from '../shared/arns.ts';
import { requiredText, within } from '../shared/read.ts';
import { ownTemplateData, type SourceTemplate } from './launch-template.ts';

/** The instance profile that carries the node role. */
export async function makeInstanceProfile(eks: Eks, cluster: ClusterRecord, group: NodegroupRecord): Promise<void> {
  const name = `eks-${group.uuid}`;
  const roleName = group.nodeRoleArn.slice(group.nodeRoleArn.lastIndexOf('/') + 1);
  const iam = (operation: string, input: Record<string, unknown>) =>
    eks.context.backend.call(cluster.place, 'iam', operation, input);
  await iam('CreateInstanceProfile', { InstanceProfileName: name });
  group.instanceProfile = name;
  await iam('AddRoleToInstanceProfile', { InstanceProfileName: name, RoleName: roleName });
}

/** The EC2_LINUX entry that EKS makes for a managed group's role, where the mode has entries and nobody made one. */
export async function makeNodeEntry(eks: Eks, cluster: ClusterRecord, group: NodegroupRecord): Promise<void> {
  if (cluster.authenticationMode === 'CONFIG_MAP') return;
  if (entryOfCaller(cluster.accessEntries.values(), group.nodeRoleArn) !== undefined) return;
  const principal = parsePrincipal(group.nodeRoleArn);
  const live = principal === undefined ? undefined : await lookUp(eks, cluster.place.region, principal);
  if (principal === undefined || live === undefined) throw new Error(`the node role ${group.nodeRoleArn} is gone`);
  cluster.accessEntries.set(
    group.nodeRoleArn,
    newEntry(eks, cluster, {
      principalArn: group.nodeRoleArn,
      principalId: live.id,
      type: 'EC2_LINUX',
      username: defaultUsername('EC2_LINUX', principal),
      groups: groupsOfType('EC2_LINUX'),
      tags: {},
    }),
  );
  eks.state.changed();
}

/**
 * EKS's own copy of the template becomes the group's. A change makes a new template and not, as EKS, a version: the
 * pinned emulator cannot launch from a later version with user data. Resolves to the template before, for
 * `dropTemplate` once nothing needs it.
 */
export async function makeTemplate(
  eks: Eks,
  cluster: ClusterRecord,
  group: NodegroupRecord,
  source: SourceTemplate | undefined,
): Promise<LaunchTemplateRef | undefined> {
  const before = group.own;
  const name = before === undefined ? `eks-${group.uuid}` : `eks-${group.uuid}-${eks.randomHex(4)}`;
  const made = await eks.context.backend.call(cluster.place, 'ec2', 'CreateLaunchTemplate', {
    LaunchTemplateName: name,
    LaunchTemplateData: await ownTemplateData(eks, cluster, group, source),
    TagSpecifications: [
      {
        ResourceType: 'launch-template',
        Tags: [
          { Key: 'eks:cluster-name', Value: cluster.name },
          { Key: 'eks:nodegroup-name', Value: group.name },
        ],
      },
    ],
  });
  group.own = { id: requiredText(within(made, 'LaunchTemplate'), 'LaunchTemplateId'), name, version: '1' };
  return before;
}

/** Safe to repeat. */
export async function dropTemplate(
  eks: Eks,
  cluster: ClusterRecord,
  template: LaunchTemplateRef | undefined,
): Promise<void> {
  if (template === undefined) return;
  await unlessGone(
    eks.context.backend.call(cluster.place, 'ec2', 'DeleteLaunchTemplate', { LaunchTemplateId: template.id }),
  );
}

export async function makeGroup(eks: Eks, cluster: ClusterRecord, group: NodegroupRecord): Promise<void> {
  const tags: readonly (readonly [string, string, boolean])[] = [
    ['eks:cluster-name', cluster.name, true],
    ['eks:nodegroup-name', group.name, true],
    ['k8s.io/cluster-autoscaler/enabled', 'true', true],
    [`k8s.io/cluster-autoscaler/${cluster.name}`, 'owned', true],
    [`kubernetes.io/cluster/${cluster.name}`, 'owned', true],
  ];
  await eks.context.backend.call(cluster.place, 'autoscaling', 'CreateAutoScalingGroup', {
    AutoScalingGroupName: group.asgName,
    MinSize: group.scaling.minSize,
    MaxSize: group.scaling.maxSize,
    DesiredCapacity: group.scaling.desiredSize,
    VPCZoneIdentifier: group.subnets.join(','),
    CapacityRebalance: group.capacityType === 'SPOT',
    ...instancesOf(group),
    Tags: tags.map(([Key, Value, PropagateAtLaunch]) => ({
      Key,
      Value,
      PropagateAtLaunch,
      ResourceId: group.asgName,
      ResourceType: 'auto-scaling-group',
    })),
  });
}

/** One type on demand is a plain template; several types, or spot, are a mixed instances policy. */
export function instancesOf(group: NodegroupRecord): Record<string, unknown> {
  const template = { LaunchTemplateId: group.own?.id, Version: group.own?.version };
  if (group.instanceTypes.length === 1 && group.capacityType === 'ON_DEMAND') return { LaunchTemplate: template };
  const spot = group.capacityType === 'SPOT';
  return {
    MixedInstancesPolicy: {
      LaunchTemplate: {
        LaunchTemplateSpecification: template,
        Overrides: group.instanceTypes.map((InstanceType) => ({ InstanceType })),
      },
      InstancesDistribution: {
        OnDemandAllocationStrategy: 'prioritized',
        OnDemandBaseCapacity: 0,
        OnDemandPercentageAboveBaseCapacity: spot ? 0 : 100,
        SpotAllocationStrategy: 'price-capacity-optimized',
      },
    },
  };
}

/** Says the group's template and instance types each time: emulators forget the policy that an update leaves out. */
export async function resizeGroup(
  eks: Eks,
  cluster: ClusterRecord,
  group: NodegroupRecord,
  change: Record<string, unknown>,
): Promise<void> {
  await eks.context.backend.call(cluster.place, 'autoscaling', 'UpdateAutoScalingGroup', {
    AutoScalingGroupName: group.asgName,
    ...instancesOf(group),
    ...change,
  });
}

/** Deletes the Auto Scaling group with its instances. Safe to repeat. */
export async function removeGroup(eks: Eks, cluster: ClusterRecord, group: NodegroupRecord): Promise<void> {
  if ((await readGroup(eks, cluster.place, group.asgName)) === undefined) return;
  await eks.context.backend.call(cluster.place, 'autoscaling', 'DeleteAutoScalingGroup', {
    AutoScalingGroupName: group.asgName,
    ForceDelete: true,
  });
}

/** Removes template, profile and, when no other group has the role, the access entry. Safe to repeat. */
export async function removeGroupRest(eks: Eks, cluster: ClusterRecord, group: NodegroupRecord): Promise<void> {
  const call = (service: string, operation: string, input: Record<string, unknown>) =>
    unlessGone(eks.context.backend.call(cluster.place, service, operation, input));
  await dropTemplate(eks, cluster, group.own);
  group.own = undefined;
  if (group.instanceProfile !== undefined) {
    const name = group.instanceProfile;
    const roleName = group.nodeRoleArn.slice(group.nodeRoleArn.lastIndexOf('/') + 1);
    await call('iam', 'RemoveRoleFromInstanceProfile', { InstanceProfileName: name, RoleName: roleName });
    await call('iam', 'DeleteInstanceProfile', { InstanceProfileName: name });
    group.instanceProfile = undefined;
  }
  const others = [...cluster.nodegroups.values()].some((one) => one !== group && one.nodeRoleArn === group.nodeRoleArn);
  const entry = cluster.accessEntries.get(group.nodeRoleArn);
  if (!others && entry?.origin.token === undefined && entry?.type === 'EC2_LINUX') {
    cluster.accessEntries.delete(group.nodeRoleArn);
  }
  eks.state.changed();
}
