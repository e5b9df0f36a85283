import type { Backend, Place } from '@roadstead/sandbox-gateway';
import { at, itemsOf, textOf } from '../read.ts';

/** A VPC with private subnets behind a NAT gateway, a node role with its profile, a cluster security group: made in a backend. */
export interface AwsNetwork {
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
  readonly publicSubnetId: string;
  readonly clusterSecurityGroupId: string;
  readonly roleArn: string;
  readonly profileName: string;
  call(service: string, operation: string, input: Record<string, unknown>): Promise<Record<string, unknown>>;
  /** A launch template and an Auto Scaling group over the private subnets; returns the group's name. */
  autoScale(options: AutoScaleOptions): Promise<string>;
}

export interface AutoScaleOptions {
  readonly name: string;
  readonly userData: string;
  readonly type: string;
  readonly size: number;
  readonly tags?: Readonly<Record<string, string>>;
}

const trust = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
};

export async function makeAwsNetwork(backend: Backend, place: Place, imageId: string): Promise<AwsNetwork> {
  const call = (service: string, operation: string, input: Record<string, unknown>) =>
    backend.call(place, service, operation, input);
  const ec2 = (operation: string, input: Record<string, unknown>) => call('ec2', operation, input);
  const vpcId = idOf(await ec2('CreateVpc', { CidrBlock: '10.30.0.0/16' }), 'Vpc', 'VpcId');
  const subnet = async (CidrBlock: string, AvailabilityZone: string) =>
    idOf(await ec2('CreateSubnet', { VpcId: vpcId, CidrBlock, AvailabilityZone }), 'Subnet', 'SubnetId');
  const privateA = await subnet('10.30.0.0/20', `${place.region}a`);
  const privateB = await subnet('10.30.16.0/20', `${place.region}b`);
  const publicSubnetId = await subnet('10.30.200.0/24', `${place.region}a`);
  const gateway = idOf(await ec2('CreateInternetGateway', {}), 'InternetGateway', 'InternetGatewayId');
  await ec2('AttachInternetGateway', { InternetGatewayId: gateway, VpcId: vpcId });
  const address = idOf(await ec2('AllocateAddress', { Domain: 'vpc' }), 'AllocationId');
  const nat = idOf(
    await ec2('CreateNatGateway', { SubnetId: publicSubnetId, AllocationId: address }),
    'NatGateway',
    'NatGatewayId',
  );
  const route = async (subnets: readonly string[], target: Record<string, unknown>) => {
    const RouteTableId = idOf(await ec2('CreateRouteTable', { VpcId: vpcId }), 'RouteTable', 'RouteTableId');
    await ec2('CreateRoute', { RouteTableId, DestinationCidrBlock: '0.0.0.0/0', ...target });
    for (const SubnetId of subnets) await ec2('AssociateRouteTable', { RouteTableId, SubnetId });
  };
  await route([privateA, privateB], { NatGatewayId: nat });
  await route([publicSubnetId], { GatewayId: gateway });
  const group = await ec2('CreateSecurityGroup', { GroupName: 'cluster', Description: 'cluster', VpcId: vpcId });
  const clusterSecurityGroupId = idOf(group, 'GroupId');
  const role = await call('iam', 'CreateRole', { RoleName: 'node', AssumeRolePolicyDocument: JSON.stringify(trust) });
  for (const policy of ['AmazonEKSWorkerNodePolicy', 'AmazonEC2ContainerRegistryPullOnly'])
    await call('iam', 'AttachRolePolicy', { RoleName: 'node', PolicyArn: `arn:aws:iam::aws:policy/${policy}` });
  await call('iam', 'CreateInstanceProfile', { InstanceProfileName: 'node' });
  await call('iam', 'AddRoleToInstanceProfile', { InstanceProfileName: 'node', RoleName: 'node' });
  const subnetIds = [privateA, privateB];
  return {
    vpcId,
    subnetIds,
    publicSubnetId,
    clusterSecurityGroupId,
    roleArn: idOf(role, 'Role', 'Arn'),
    profileName: 'node',
    call,
    autoScale: async (options) => {
      await ec2('CreateLaunchTemplate', {
        LaunchTemplateName: options.name,
        LaunchTemplateData: {
          ImageId: imageId,
          InstanceType: options.type,
          UserData: options.userData,
          SecurityGroupIds: [clusterSecurityGroupId],
          IamInstanceProfile: { Name: 'node' },
          BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { VolumeSize: 80, VolumeType: 'gp3' } }],
        },
      });
      await call('autoscaling', 'CreateAutoScalingGroup', {
        AutoScalingGroupName: options.name,
        LaunchTemplate: { LaunchTemplateName: options.name, Version: '1' },
        MinSize: 0,
        MaxSize: 10,
        DesiredCapacity: options.size,
        VPCZoneIdentifier: subnetIds.join(','),
        Tags: Object.entries(options.tags ?? {}).map(([Key, Value]) => ({ Key, Value, PropagateAtLaunch: true })),
      });
      return options.name;
    },
  };
}

function idOf(answer: unknown, ...path: readonly string[]): string {
  const id = textOf(at(answer, ...path));
  if (id === undefined) throw new Error(`no ${path.join('.')} in ${JSON.stringify(answer)}`);
  return id;
}

/** The newest EKS image for an architecture, as the sandbox's moto has it. */
export async function eksImage(
  backend: Backend,
  place: Place,
  minor: string,
  architecture: 'x86_64' | 'arm64',
): Promise<string> {
  const answer = await backend.call(place, 'ec2', 'DescribeImages', {
    Filters: [{ Name: 'name', Values: [`amazon-eks-node-al2023-${architecture}-standard-${minor}-*`] }],
  });
  const names = itemsOf(answer.Images).toSorted((one, other) =>
    String(at(one, 'Name')).localeCompare(String(at(other, 'Name'))),
  );
  return idOf(names.at(-1), 'ImageId');
}
