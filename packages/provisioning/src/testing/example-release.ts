import type { Release, ReleaseNodeGroup } from '@roadstead/channel';
import type { JsonObject } from '@roadstead/foundation';

/** A small release of one cluster with everything that a real one has: late values, two pools, add-ons, access. */
export function exampleRelease(change: Partial<Release> = {}): Release {
  const late = (reference: string) => ({ $late: `outputs.${reference}` });
  const zones = ['a', 'b'];
  const route = (zone: string, nat: string): JsonObject => ({
    Type: 'AWS::EC2::Route',
    Properties: { RouteTableId: `rtb-${zone}`, DestinationCidrBlock: '0.0.0.0/0', NatGatewayId: { Ref: nat } },
  });
  const network: JsonObject = {
    Resources: {
      Vpc: { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: '10.20.0.0/16' } },
      ...Object.fromEntries(
        zones.flatMap((zone, index) => [
          [
            `Private${zone}`,
            {
              Type: 'AWS::EC2::Subnet',
              Properties: {
                VpcId: { Ref: 'Vpc' },
                CidrBlock: `10.20.${index * 32}.0/19`,
                AvailabilityZone: `eu-central-1${zone}`,
              },
            },
          ],
          [`Nat${zone}`, { Type: 'AWS::EC2::NatGateway', Properties: { SubnetId: { Ref: `Private${zone}` } } }],
          [`Route${zone}`, route(zone, `Nat${zone}`)],
        ]),
      ),
    },
    Outputs: {
      VpcId: { Value: { Ref: 'Vpc' } },
      Privatea: { Value: { Ref: 'Privatea' } },
      Privateb: { Value: { Ref: 'Privateb' } },
    },
  };
  const foundation: JsonObject = {
    Resources: { ClusterRole: { Type: 'AWS::IAM::Role', Properties: { RoleName: 'roadstead-shop-cluster' } } },
    Outputs: { ClusterRoleArn: { Value: { 'Fn::GetAtt': ['ClusterRole', 'Arn'] } } },
  };
  return {
    digest: 'digest-1',
    version: 'v1#c1',
    cluster: { name: 'shop', account: '123456789012', region: 'eu-central-1' },
    channel: 'stable',
    kubernetes: '1.36',
    stacks: [
      {
        id: 'network',
        stackName: 'roadstead-shop-network',
        phase: 'network',
        template: network,
        parameters: {},
        outputs: ['VpcId', 'Privatea', 'Privateb'],
      },
      {
        id: 'foundation',
        stackName: 'roadstead-shop-foundation',
        phase: 'foundation',
        template: foundation,
        parameters: {},
        outputs: ['ClusterRoleArn'],
      },
      ...['app', 'system'].map(examplePoolStack),
    ],
    eks: {
      cluster: {
        name: 'shop',
        version: '1.36',
        roleArn: late('foundation.ClusterRoleArn'),
        resourcesVpcConfig: {
          subnetIds: [late('network.Privatea'), late('network.Privateb')],
          endpointPublicAccess: true,
          endpointPrivateAccess: true,
          publicAccessCidrs: ['203.0.113.0/24'],
        },
        logging: { clusterLogging: [{ types: ['api', 'audit'], enabled: true }] },
        upgradePolicy: { supportType: 'EXTENDED' },
        deletionProtection: true,
      },
      logRetentionDays: 90,
      accessEntries: [
        {
          principalArn: 'arn:aws:iam::123456789012:role/developer',
          kubernetesGroups: ['roadstead:power-user'],
          accessPolicies: [],
        },
      ],
      addons: [
        {
          phase: 'add-ons-before',
          request: { addonName: 'vpc-cni', addonVersion: 'v1.21.0-eksbuild.1', resolveConflicts: 'OVERWRITE' },
        },
        {
          phase: 'add-ons-after',
          request: {
            addonName: 'coredns',
            addonVersion: 'v1.13.0-eksbuild.2',
            configurationValues: '{"replicaCount":2}',
          },
        },
      ],
      nodeGroups: [
        ...zones.map((zone) => exampleGroup('app', zone, '3f2a91c0')),
        ...zones.map((zone) => exampleGroup('system', zone, '99aa00ff')),
      ],
      podIdentityAssociations: [
        { namespace: 'external-dns', serviceAccount: 'external-dns', roleArn: late('foundation.ClusterRoleArn') },
      ],
    },
    components: [],
    ...change,
  };
}

export function examplePoolStack(pool: string): Release['stacks'][number] {
  return {
    id: `pool-${pool}`,
    stackName: `roadstead-shop-pool-${pool}`,
    phase: 'pools',
    template: {
      Resources: {
        Role: { Type: 'AWS::IAM::Role', Properties: { RoleName: `roadstead-shop-${pool}` } },
        Template: {
          Type: 'AWS::EC2::LaunchTemplate',
          Properties: { LaunchTemplateName: `shop-${pool}`, LaunchTemplateData: { UserData: 'v1' } },
        },
      },
      Outputs: {
        RoleArn: { Value: { 'Fn::GetAtt': ['Role', 'Arn'] } },
        TemplateId: { Value: { Ref: 'Template' } },
        TemplateVersion: { Value: { 'Fn::GetAtt': ['Template', 'LatestVersionNumber'] } },
      },
    },
    parameters: {},
    outputs: ['RoleArn', 'TemplateId', 'TemplateVersion'],
  };
}

export function exampleGroup(pool: string, zone: string, hash: string, change: JsonObject = {}): ReleaseNodeGroup {
  const late = (reference: string) => ({ $late: `outputs.pool-${pool}.${reference}` });
  return {
    pool,
    zone: `eu-central-1${zone}`,
    request: {
      nodegroupName: `${pool}-eu-central-1${zone}-${hash}`,
      nodeRole: late('RoleArn'),
      subnets: [{ $late: `outputs.network.Private${zone}` }],
      instanceTypes: ['m7g.large'],
      amiType: 'AL2023_ARM_64_STANDARD',
      version: '1.36',
      releaseVersion: '1.36.2-20261101',
      launchTemplate: { id: late('TemplateId'), version: late('TemplateVersion') },
      scalingConfig: { minSize: 1, maxSize: 3, desiredSize: 1 },
      labels: { nodeType: pool },
      ...change,
    },
  };
}
