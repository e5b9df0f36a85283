import { eksAmiId, eksAmis } from '@roadstead/sandbox-moto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from './testing.ts';

// What our patches of moto are there for, seen from outside: each test fails on the plain moto 5.2.3.

let world: TestGateway;
beforeAll(async () => {
  world = await startTestGateway(process.env);
});
afterAll(() => world.close());

const place = { account: '123456789012', region: 'eu-central-1' };
type Out = Record<string, unknown>;

async function call(service: string, operation: string, input: Out = {}): Promise<Out> {
  return world.gateway.backend.call(place, service, operation, input);
}

async function refusal(service: string, operation: string, input: Out): Promise<string> {
  return call(service, operation, input).then(
    () => 'accepted',
    (error: { code: string; message: string }) => `${error.code}: ${error.message}`,
  );
}

async function one(service: string, operation: string, input: Out, ...path: string[]): Promise<string> {
  let value: unknown = await call(service, operation, input);
  for (const name of path) value = (value as Out)[name];
  return String(value);
}

const ami = eksAmis.find(
  (found) => found.architecture === 'arm64' && found.family === 'amazon-linux-2023' && found.latest,
);
const image = eksAmiId(ami?.name ?? '', place.region);

interface Network {
  readonly vpc: string;
  readonly subnets: readonly string[];
}

async function makeNetwork(cidr: number): Promise<Network> {
  const vpc = await one('ec2', 'CreateVpc', { CidrBlock: `10.${cidr}.0.0/16` }, 'Vpc', 'VpcId');
  const subnets: string[] = [];
  for (const [index, zone] of ['a', 'b', 'c'].entries()) {
    const input = { VpcId: vpc, CidrBlock: `10.${cidr}.${index}.0/24`, AvailabilityZone: `eu-central-1${zone}` };
    subnets.push(await one('ec2', 'CreateSubnet', input, 'Subnet', 'SubnetId'));
  }
  return { vpc, subnets };
}

async function instancesOf(group: string): Promise<readonly Out[]> {
  const filter = [{ Name: 'tag:aws:autoscaling:groupName', Values: [group] }];
  const { Reservations } = await call('ec2', 'DescribeInstances', { Filters: filter });
  const all = (Reservations as { Instances: Out[] }[]).flatMap(({ Instances }) => Instances);
  return all.filter((instance) => (instance['State'] as Out)['Name'] === 'running');
}

describe('classic load balancers', () => {
  it('have a host name of their region', async () => {
    const { subnets } = await makeNetwork(90);
    const input = {
      LoadBalancerName: 'web',
      Listeners: [{ Protocol: 'TCP', LoadBalancerPort: 80, InstanceProtocol: 'TCP', InstancePort: 30080 }],
      Subnets: subnets.slice(0, 1),
    };
    expect(await one('elb', 'CreateLoadBalancer', input, 'DNSName')).toBe('web.eu-central-1.elb.amazonaws.com');
  });
});

describe('launch templates', () => {
  it('launch instances from a further version with user data of its own', async () => {
    const data = (text: string) => ({
      ImageId: image,
      InstanceType: 'm7g.large',
      UserData: Buffer.from(text).toString('base64'),
    });
    const { subnets } = await makeNetwork(77);
    const LaunchTemplateId = await one(
      'ec2',
      'CreateLaunchTemplate',
      { LaunchTemplateName: 'versions', LaunchTemplateData: data('one') },
      'LaunchTemplate',
      'LaunchTemplateId',
    );
    await call('ec2', 'CreateLaunchTemplateVersion', { LaunchTemplateId, LaunchTemplateData: data('two') });
    const { Instances } = await call('ec2', 'RunInstances', {
      LaunchTemplate: { LaunchTemplateId, Version: '2' },
      SubnetId: subnets[0],
      MinCount: 1,
      MaxCount: 1,
    });
    const InstanceId = String((Instances as Out[])[0]?.['InstanceId']);
    const { UserData } = await call('ec2', 'DescribeInstanceAttribute', { InstanceId, Attribute: 'userData' });
    expect(Buffer.from(String((UserData as Out)['Value']), 'base64').toString()).toBe('two');
    await call('ec2', 'TerminateInstances', { InstanceIds: [InstanceId] });
  });
});

describe('Auto Scaling', () => {
  let network: Network;
  let template: string;
  beforeAll(async () => {
    network = await makeNetwork(10);
    const group = { GroupName: 'nodes', Description: 'x', VpcId: network.vpc };
    const securityGroup = await one('ec2', 'CreateSecurityGroup', group, 'GroupId');
    await call('iam', 'CreateInstanceProfile', { InstanceProfileName: 'nodes' });
    const data = {
      ImageId: image,
      InstanceType: 'm7g.large',
      SecurityGroupIds: [securityGroup],
      IamInstanceProfile: { Name: 'nodes' },
      MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 2 },
      BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { VolumeSize: 33, VolumeType: 'gp3' } }],
    };
    const input = { LaunchTemplateName: 'nodes', LaunchTemplateData: data };
    template = await one('ec2', 'CreateLaunchTemplate', input, 'LaunchTemplate', 'LaunchTemplateId');
    await call('ec2', 'CreateLaunchTemplateVersion', {
      LaunchTemplateId: template,
      SourceVersion: '1',
      LaunchTemplateData: { ...data, InstanceType: 'm7g.xlarge' },
    });
    await call('autoscaling', 'CreateAutoScalingGroup', {
      AutoScalingGroupName: 'nodes',
      MinSize: 1,
      MaxSize: 6,
      DesiredCapacity: 3,
      VPCZoneIdentifier: network.subnets.join(','),
      LaunchTemplate: { LaunchTemplateId: template, Version: '2' },
    });
  });

  it('spreads instances over the subnets, and takes them from the fullest', async () => {
    const subnetsOf = async (): Promise<unknown[]> =>
      (await instancesOf('nodes')).map((found) => found['SubnetId']).toSorted();
    expect(await subnetsOf()).toEqual([...network.subnets].toSorted());
    await call('autoscaling', 'SetDesiredCapacity', { AutoScalingGroupName: 'nodes', DesiredCapacity: 5 });
    await call('autoscaling', 'SetDesiredCapacity', { AutoScalingGroupName: 'nodes', DesiredCapacity: 3 });
    expect(await subnetsOf()).toEqual([...network.subnets].toSorted());
  });

  it('launches the version, profile, metadata options, groups and region that the template and place say', async () => {
    const [instance] = await instancesOf('nodes');
    expect(instance).toMatchObject({
      InstanceType: 'm7g.xlarge',
      ImageId: image,
      Architecture: 'arm64',
      IamInstanceProfile: { Arn: 'arn:aws:iam::123456789012:instance-profile/nodes' },
      MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 2 },
      SecurityGroups: [{ GroupName: 'nodes' }],
    });
    expect(instance?.['PrivateDnsName']).toMatch(/^ip-10-10-\d-\d+\.eu-central-1\.compute\.internal$/);
  });

  it('gives an instance one root volume, of the size asked for, which goes with it', async () => {
    const volumes = async (): Promise<Out[]> => (await call('ec2', 'DescribeVolumes'))['Volumes'] as Out[];
    expect((await volumes()).map(({ Size }) => Size)).toEqual([33, 33, 33]);
    await call('autoscaling', 'SetDesiredCapacity', { AutoScalingGroupName: 'nodes', DesiredCapacity: 1 });
    expect(await volumes()).toHaveLength(1);
  });

  it('refuses sizes out of bounds, images that are not there, and the deletion of a group with instances', async () => {
    const name = { AutoScalingGroupName: 'nodes' };
    expect(await refusal('autoscaling', 'SetDesiredCapacity', { ...name, DesiredCapacity: 7 })).toContain(
      'above max value 6',
    );
    expect(await refusal('autoscaling', 'UpdateAutoScalingGroup', { ...name, MinSize: 9 })).toContain('Max bound, 6');
    expect(await refusal('autoscaling', 'UpdateAutoScalingGroup', { ...name, DesiredCapacity: 9 })).toContain(
      'Desired capacity:9',
    );
    expect(await refusal('autoscaling', 'DeleteAutoScalingGroup', name)).toContain('ResourceInUse');
    const bad = {
      LaunchTemplateName: 'bad',
      LaunchTemplateData: { ImageId: 'ami-00000000000000000', InstanceType: 'm7g.large' },
    };
    const badId = await one('ec2', 'CreateLaunchTemplate', bad, 'LaunchTemplate', 'LaunchTemplateId');
    const group = { AutoScalingGroupName: 'bad', MinSize: 1, MaxSize: 1, VPCZoneIdentifier: network.subnets[0] };
    const made = await refusal('autoscaling', 'CreateAutoScalingGroup', {
      ...group,
      LaunchTemplate: { LaunchTemplateId: badId },
    });
    expect(made).toContain('valid fully-formed launch template');
    await call('autoscaling', 'UpdateAutoScalingGroup', { ...name, MinSize: 0, MaxSize: 0 });
    expect(await instancesOf('nodes')).toEqual([]);
    expect(await refusal('autoscaling', 'DeleteAutoScalingGroup', name)).toBe('accepted');
    // Instances take their interfaces along: nothing holds the subnets any more.
    for (const id of network.subnets) expect(await refusal('ec2', 'DeleteSubnet', { SubnetId: id })).toBe('accepted');
  });
});

describe('deletions', () => {
  it('refuses what is in use, in AWS’s words, and leaves nothing once the order is right', async () => {
    const before = await world.gateway.inventory([place.region]);
    const { vpc, subnets } = await makeNetwork(20);
    const subnet = subnets[0] ?? '';
    const gateway = await one('ec2', 'CreateInternetGateway', {}, 'InternetGateway', 'InternetGatewayId');
    await call('ec2', 'AttachInternetGateway', { InternetGatewayId: gateway, VpcId: vpc });
    const allocation = await one('ec2', 'AllocateAddress', { Domain: 'vpc' }, 'AllocationId');
    const nat = await one(
      'ec2',
      'CreateNatGateway',
      { SubnetId: subnet, AllocationId: allocation },
      'NatGateway',
      'NatGatewayId',
    );
    const group = await one('ec2', 'CreateSecurityGroup', { GroupName: 'a', Description: 'a', VpcId: vpc }, 'GroupId');
    const other = await one('ec2', 'CreateSecurityGroup', { GroupName: 'b', Description: 'b', VpcId: vpc }, 'GroupId');
    const rule = { IpProtocol: 'tcp', FromPort: 1, ToPort: 2, UserIdGroupPairs: [{ GroupId: group }] };
    await call('ec2', 'AuthorizeSecurityGroupIngress', { GroupId: other, IpPermissions: [rule] });
    const eni = await one(
      'ec2',
      'CreateNetworkInterface',
      { SubnetId: subnet, Groups: [other] },
      'NetworkInterface',
      'NetworkInterfaceId',
    );

    const ofNat = [{ Name: 'description', Values: [`Interface for NAT Gateway ${nat}`] }];
    const { NetworkInterfaces } = await call('ec2', 'DescribeNetworkInterfaces', { Filters: ofNat });
    expect(NetworkInterfaces).toMatchObject([{ InterfaceType: 'nat_gateway', RequesterManaged: true }]);
    expect(await refusal('ec2', 'DeleteVpc', { VpcId: vpc })).toContain('DependencyViolation');
    expect(await refusal('ec2', 'DeleteSubnet', { SubnetId: subnet })).toContain('DependencyViolation');
    expect(await refusal('ec2', 'DetachInternetGateway', { InternetGatewayId: gateway, VpcId: vpc })).toContain(
      'mapped public address',
    );
    expect(await refusal('ec2', 'ReleaseAddress', { AllocationId: allocation })).toContain('InvalidIPAddress.InUse');
    expect(await refusal('ec2', 'DeleteSecurityGroup', { GroupId: group })).toContain('DependencyViolation');
    expect(await refusal('ec2', 'DeleteSecurityGroup', { GroupId: other })).toContain('DependencyViolation');
    expect(await refusal('ec2', 'ReleaseAddress', { AllocationId: 'eipalloc-0' })).toContain(
      'InvalidAllocationID.NotFound',
    );
    expect(await refusal('ec2', 'DeleteNatGateway', { NatGatewayId: 'nat-0' })).toContain('NatGatewayNotFound');

    await call('ec2', 'DeleteNetworkInterface', { NetworkInterfaceId: eni });
    await call('ec2', 'DeleteSecurityGroup', { GroupId: other });
    await call('ec2', 'DeleteSecurityGroup', { GroupId: group });
    await call('ec2', 'DeleteNatGateway', { NatGatewayId: nat });
    await call('ec2', 'ReleaseAddress', { AllocationId: allocation });
    await call('ec2', 'DetachInternetGateway', { InternetGatewayId: gateway, VpcId: vpc });
    expect(await refusal('ec2', 'DeleteVpc', { VpcId: vpc })).toContain('DependencyViolation');
    for (const id of subnets) await call('ec2', 'DeleteSubnet', { SubnetId: id });
    await call('ec2', 'DeleteInternetGateway', { InternetGatewayId: gateway });
    await call('ec2', 'DeleteVpc', { VpcId: vpc });
    expect(await world.gateway.inventory([place.region])).toEqual(before);
  });

  it('refuses the deletion of roles and policies that are tied to one another', async () => {
    const allow = { Effect: 'Allow', Action: 's3:ListAllMyBuckets', Resource: '*' };
    const document = JSON.stringify({ Version: '2012-10-17', Statement: [allow] });
    await call('iam', 'CreateRole', { RoleName: 'r', AssumeRolePolicyDocument: document });
    const arn = await one('iam', 'CreatePolicy', { PolicyName: 'p', PolicyDocument: document }, 'Policy', 'Arn');
    await call('iam', 'AttachRolePolicy', { RoleName: 'r', PolicyArn: arn });
    expect(await refusal('iam', 'DeleteRole', { RoleName: 'r' })).toContain('DeleteConflict');
    expect(await refusal('iam', 'DeletePolicy', { PolicyArn: arn })).toContain('DeleteConflict');
    await call('iam', 'DetachRolePolicy', { RoleName: 'r', PolicyArn: arn });
    expect(await refusal('iam', 'DeletePolicy', { PolicyArn: arn })).toBe('accepted');
    expect(await refusal('iam', 'DeleteRole', { RoleName: 'r' })).toBe('accepted');
  });
});

describe('data', () => {
  it('has the images of EKS, owned by its account, with ids of their own in each region', async () => {
    const { Images } = await call('ec2', 'DescribeImages', {
      Owners: ['602401143452'],
      Filters: [{ Name: 'name', Values: [ami?.name ?? ''] }],
    });
    expect(Images).toMatchObject([
      { ImageId: image, Architecture: 'arm64', OwnerId: '602401143452', RootDeviceName: '/dev/xvda' },
    ]);
    expect(eksAmiId(ami?.name ?? '', 'us-east-1')).not.toBe(image);
  });

  it('reads the tags of many resources at once', async () => {
    const { vpc } = await makeNetwork(30);
    const Tags = Array.from({ length: 40 }, (_, index) => ({ Key: `k${index}`, Value: 'v' }));
    await call('ec2', 'CreateTags', { Resources: [vpc], Tags });
    const { Vpcs } = await call('ec2', 'DescribeVpcs', { Filters: [{ Name: 'tag:k39', Values: ['v'] }] });
    expect((Vpcs as Out[]).map(({ VpcId }) => VpcId)).toEqual([vpc]);
    expect((Vpcs as { Tags: unknown[] }[])[0]?.Tags).toHaveLength(40);
  });
});
