import type { Ec2Reader, Instance } from '../aws/ec2-reader.ts';
import { joinProblem } from '../bootstrap/joinability.ts';
import { kubeletSettings } from '../bootstrap/kubelet-config.ts';
import type { NodeConfig } from '../bootstrap/node-config.ts';
import type { Clusters, ClusterView } from '../ports.ts';
import { nodeAllocatable, nodeCapacity } from './capacity.ts';
import { eniMaxPods } from './instance-type.ts';
import { kubeletVersionOf, localMounts, type NodeFacts } from './node-object.ts';

export type Assessment =
  | { readonly kind: 'joins'; readonly facts: Omit<NodeFacts, 'kubelet'>; readonly roleArn: string | undefined }
  | { readonly kind: 'refused'; readonly reason: string };

export interface AssessOptions {
  readonly reader: Ec2Reader;
  readonly clusters: Clusters;
  readonly cluster: ClusterView;
  readonly instance: Instance;
  readonly config: NodeConfig;
}

/** Asks the world everything that decides whether the instance joins, and what its node looks like. */
export async function assessInstance(options: AssessOptions): Promise<Assessment> {
  const { reader, clusters, cluster, instance, config } = options;
  const [type, image, roleArn, noWayOut, rootVolumeGiB, zoneId] = await Promise.all([
    reader.type(instance.typeName),
    reader.image(instance.imageId),
    reader.roleArn(instance),
    reader.noWayOut(instance),
    reader.rootVolumeGiB(instance),
    reader.zoneId(instance.zone),
  ]);
  if (type === undefined) return refused(`EC2 does not know instance type "${instance.typeName}"`);
  const problem = joinProblem({
    config,
    cluster: { ...cluster, securityGroupId: cluster.clusterSecurityGroupId },
    instance: { ...instance, architecture: type.architecture, roleArn },
    imageArchitecture: image.architecture,
    accessEntryType: roleArn === undefined ? undefined : clusters.accessEntryOf(cluster, roleArn)?.type,
    mayDescribe: await reader.roleMay(roleArn, ['ec2:DescribeInstances']),
    noWayOut,
  });
  if (problem !== undefined) return refused(problem);
  const settings = kubeletSettings(config, {
    vcpus: type.vcpus,
    maxPods: eniMaxPods(type),
    providerId: `aws:///${instance.zone}/${instance.id}`,
    serviceCidr: cluster.serviceCidr,
  });
  if (settings.kind === 'refused') return refused(settings.reason);
  const { localStorage } = config;
  const capacity = nodeCapacity({ type, rootVolumeGiB, localStorage, maxPods: settings.value.maxPods });
  return {
    kind: 'joins',
    roleArn,
    facts: {
      instanceId: instance.id,
      privateDnsName: instance.privateDnsName,
      privateIp: instance.privateIp,
      zone: instance.zone,
      zoneId,
      region: cluster.region,
      type,
      imageId: instance.imageId,
      lifecycle: instance.lifecycle,
      nodeGroup: instance.tags['eks:nodegroup-name'],
      useInstanceIdAsName: config.featureGates.InstanceIdNodeName === true,
      kubeletVersion: kubeletVersionOf(image.name, cluster.minor),
      settings: settings.value,
      capacity,
      allocatable: nodeAllocatable(capacity, settings.value),
      localMounts: localMounts(localStorage.strategy, localStorage.mountPath, type.localDisksGB.length),
    },
  };
}

function refused(reason: string): Assessment {
  return { kind: 'refused', reason };
}
