import type { ClusterRecord, NodegroupRecord } from '../model.ts';
import { defined } from '../shared/read.ts';
import { tagsMember } from '../tags/tag-rules.ts';
import { taintView } from './label-rules.ts';

/** A node group as DescribeNodegroup answers it. */
export function nodegroupView(cluster: ClusterRecord, group: NodegroupRecord): Record<string, unknown> {
  return {
    nodegroupName: group.name,
    nodegroupArn: group.arn,
    clusterName: cluster.name,
    version: group.version,
    releaseVersion: group.releaseVersion,
    createdAt: group.createdAt,
    modifiedAt: group.modifiedAt,
    status: group.status,
    capacityType: group.capacityType,
    scalingConfig: group.scaling,
    ...(group.instanceTypesGiven ? { instanceTypes: group.instanceTypes } : {}),
    subnets: group.subnets,
    amiType: group.amiType,
    nodeRole: group.nodeRoleArn,
    ...(Object.keys(group.labels).length === 0 ? {} : { labels: group.labels }),
    ...(group.taints.length === 0 ? {} : { taints: group.taints.map(taintView) }),
    ...(group.own === undefined ? {} : { resources: { autoScalingGroups: [{ name: group.asgName }] } }),
    ...defined({ diskSize: group.diskSize, nodeRepairConfig: group.nodeRepairConfig }),
    health: { issues: group.issues },
    updateConfig: group.updateConfig,
    ...(group.source === undefined ? {} : { launchTemplate: group.source }),
    ...tagsMember(group.tags),
  };
}
