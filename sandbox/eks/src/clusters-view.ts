import { entryOfCaller } from './access/authenticate.ts';
import type { Eks } from './deps.ts';
import type { ClusterRecord } from './model.ts';
import type { ClusterRef, EksClusters, EksClusterView } from './ports.ts';

/** The read-only side of EKS that simulated nodes work with. */
export function clustersOf(eks: Eks): EksClusters {
  const find = (ref: ClusterRef) => eks.state.find(ref, ref.name);
  return {
    list: () => eks.state.clusters().flatMap(viewOf),
    nodeGroups: (ref) =>
      [...(find(ref)?.nodegroups.values() ?? [])].map((group) => ({
        name: group.name,
        status: group.status,
        asgName: group.asgName,
        nodeRoleArn: group.nodeRoleArn,
        labels: group.labels,
        taints: group.taints,
        amiType: group.amiType,
        capacityType: group.capacityType,
        version: group.version,
        releaseVersion: group.releaseVersion,
        instanceTypes: group.instanceTypes,
      })),
    accessEntryOf: (ref, roleArn) => {
      const known = entryOfCaller(find(ref)?.accessEntries.values() ?? [], roleArn);
      if (known === undefined) return undefined;
      return { type: known.entry.type, username: known.entry.username, groups: known.entry.groups };
    },
    onChange: (listener) => eks.state.onChange(listener),
  };
}

function viewOf(cluster: ClusterRecord): readonly EksClusterView[] {
  const plane = cluster.controlPlane;
  if (plane === undefined) return [];
  return [
    {
      ...cluster.place,
      name: cluster.name,
      id: cluster.id,
      arn: cluster.arn,
      status: cluster.status,
      minor: cluster.version,
      endpoint: plane.endpoint,
      caPem: plane.caPem,
      admin: plane.admin,
      authority: plane.authority,
      serviceCidr: cluster.serviceCidr,
      clusterSecurityGroupId: cluster.vpc.clusterSecurityGroupId,
      vpcId: cluster.vpc.vpcId,
      subnetIds: cluster.vpc.subnetIds,
    },
  ];
}
