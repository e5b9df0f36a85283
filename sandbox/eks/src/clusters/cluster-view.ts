import { type ClusterRecord, logTypes } from '../model.ts';
import { defined } from '../shared/read.ts';
import { tagsMember } from '../tags/tag-rules.ts';
import { supportedVersions } from './versions.ts';

/** A cluster as DescribeCluster answers it. Endpoint, issuer and authority are told when it has come up, not before. */
export function clusterView(cluster: ClusterRecord): Record<string, unknown> {
  const plane = cluster.status === 'CREATING' ? undefined : cluster.controlPlane;
  return {
    name: cluster.name,
    arn: cluster.arn,
    createdAt: cluster.createdAt,
    version: cluster.version,
    roleArn: cluster.roleArn,
    resourcesVpcConfig: {
      subnetIds: cluster.vpc.subnetIds,
      securityGroupIds: cluster.vpc.securityGroupIds,
      vpcId: cluster.vpc.vpcId,
      ...(cluster.vpc.clusterSecurityGroupId === ''
        ? {}
        : { clusterSecurityGroupId: cluster.vpc.clusterSecurityGroupId }),
      endpointPublicAccess: cluster.vpc.endpointPublicAccess,
      endpointPrivateAccess: cluster.vpc.endpointPrivateAccess,
      publicAccessCidrs: cluster.vpc.publicAccessCidrs,
      controlPlaneEgressMode: 'AWS_MANAGED',
    },
    kubernetesNetworkConfig: {
      serviceIpv4Cidr: cluster.serviceCidr,
      ipFamily: 'ipv4',
      elasticLoadBalancing: { enabled: false },
    },
    logging: { clusterLogging: loggingView(cluster) },
    status: cluster.status,
    ...(plane === undefined
      ? {}
      : {
          endpoint: plane.endpoint,
          identity: { oidc: { issuer: cluster.issuer } },
          certificateAuthority: { data: Buffer.from(plane.caPem).toString('base64') },
        }),
    ...defined({ clientRequestToken: cluster.origin.token }),
    platformVersion: supportedVersions.find((version) => version.minor === cluster.version)?.platformVersion ?? 'eks.1',
    ...tagsMember(cluster.tags),
    ...(cluster.encryptionConfig.length === 0 ? {} : { encryptionConfig: cluster.encryptionConfig }),
    health: { issues: cluster.issues },
    accessConfig: {
      bootstrapClusterCreatorAdminPermissions: cluster.bootstrapCreatorAdmin,
      authenticationMode: cluster.authenticationMode,
    },
    upgradePolicy: { supportType: cluster.supportType },
    zonalShiftConfig: { enabled: cluster.zonalShift },
    computeConfig: { enabled: false, nodePools: [] },
    storageConfig: { blockStorage: { enabled: false } },
    deletionProtection: cluster.deletionProtection,
    controlPlaneScalingConfig: { tier: 'standard' },
  };
}

function loggingView(cluster: ClusterRecord): readonly object[] {
  const on = logTypes.filter((type) => cluster.enabledLogs.has(type));
  const off = logTypes.filter((type) => !cluster.enabledLogs.has(type));
  return [
    ...(on.length === 0 ? [] : [{ types: on, enabled: true }]),
    ...(off.length === 0 ? [] : [{ types: off, enabled: false }]),
  ];
}
