import { AwsError, type Backend, type Place } from '@roadstead/sandbox-gateway';
import { at, itemsOf, textOf } from '../read.ts';
import { FakeElb } from './fake-elb.ts';

/** One VPC with a private subnet behind a NAT gateway and a public one, in two zones; instances come and go by hand. */
export interface FakeAws extends Backend {
  readonly vpcId: string;
  readonly clusterSecurityGroupId: string;
  launch(instance: FakeInstance): string;
  terminate(id: string): void;
  readonly volumes: Map<string, FakeVolume>;
  readonly elb: FakeElb;
}

export interface FakeInstance {
  readonly userData: string;
  readonly type?: string;
  readonly zone?: 'a' | 'b';
  readonly tags?: Readonly<Record<string, string>>;
  readonly securityGroupId?: string;
}

export interface FakeVolume {
  readonly zone: string;
  readonly size: number;
  readonly type: string;
  readonly encrypted: boolean;
  readonly tags: Readonly<Record<string, string>>;
  attachedTo: { readonly instanceId: string; readonly device: string } | undefined;
}

export const fakeRoleArn = 'arn:aws:iam::123456789012:role/node';
const zones = { a: 'eu-central-1a', b: 'eu-central-1b' } as const;

type Input = Record<string, unknown>;
type Answer = Record<string, unknown>;

const instanceTypes: Readonly<Record<string, Answer>> = {
  'm7g.large': typeAnswer('m7g.large', 2, 8192, 3, 10, 'arm64', []),
  'm7gd.xlarge': typeAnswer('m7gd.xlarge', 4, 16_384, 4, 15, 'arm64', [{ SizeInGB: 237, Count: 1, Type: 'ssd' }]),
};

function typeAnswer(
  name: string,
  vcpus: number,
  memory: number,
  interfaces: number,
  addresses: number,
  architecture: string,
  disks: readonly Answer[],
): Answer {
  return {
    InstanceType: name,
    VCpuInfo: { DefaultVCpus: vcpus },
    MemoryInfo: { SizeInMiB: memory },
    ProcessorInfo: { SupportedArchitectures: [architecture] },
    NetworkInfo: { MaximumNetworkInterfaces: interfaces, Ipv4AddressesPerInterface: addresses },
    ...(disks.length === 0 ? {} : { InstanceStorageInfo: { Disks: disks } }),
  };
}

/** The part of EC2, IAM and ELB that nodes use, as moto answers it; in memory and at once. */
export function createFakeAws(): FakeAws {
  const instances = new Map<string, { readonly answer: Answer; readonly userData: string }>();
  const volumes = new Map<string, FakeVolume>();
  const elb = new FakeElb();
  const vpcId = 'vpc-0a';
  const clusterSecurityGroupId = 'sg-0cluster';
  let serial = 0;

  const handlers: Readonly<Record<string, (input: Input) => Answer>> = {
    DescribeInstances: () => ({ Reservations: [{ Instances: [...instances.values()].map(({ answer }) => answer) }] }),
    DescribeInstanceAttribute: (input) => ({ UserData: { Value: instances.get(String(input.InstanceId))?.userData } }),
    DescribeInstanceTypes: (input) => ({
      InstanceTypes: itemsOf(input.InstanceTypes).flatMap((name) => instanceTypes[String(name)] ?? []),
    }),
    DescribeImages: () => ({
      Images: [{ Name: 'amazon-eks-node-al2023-arm64-standard-1.36-v20261101', Architecture: 'arm64' }],
    }),
    DescribeAvailabilityZones: () => ({
      AvailabilityZones: Object.values(zones).map((ZoneName, index) => ({ ZoneName, ZoneId: `euc1-az${index + 2}` })),
    }),
    DescribeSubnets: (input) => ({
      Subnets: subnets(vpcId).filter((subnet) => matches(input.SubnetIds, subnet.SubnetId)),
    }),
    DescribeRouteTables: () => ({ RouteTables: routeTables() }),
    DescribeNatGateways: () => ({ NatGateways: [{ NatGatewayId: 'nat-0a', State: 'available' }] }),
    DescribeVpcEndpoints: () => ({ VpcEndpoints: [] }),
    SimulatePrincipalPolicy: () => ({ EvaluationResults: [{ EvalDecision: 'allowed' }] }),
    GetInstanceProfile: () => ({ InstanceProfile: { Roles: [{ Arn: fakeRoleArn }] } }),
    DescribeVolumes: (input) => ({
      Volumes: [...volumes].filter(([id, volume]) => volumeMatches(input, id, volume)).map(volumeAnswer),
    }),
    CreateVolume: (input) => {
      const id = `vol-${(serial += 1)}`;
      const tags = itemsOf(at(itemsOf(input.TagSpecifications)[0], 'Tags')).map(
        (tag) => [String(at(tag, 'Key')), String(at(tag, 'Value'))] as const,
      );
      volumes.set(id, {
        zone: String(input.AvailabilityZone),
        size: Number(input.Size),
        type: String(input.VolumeType),
        encrypted: input.Encrypted === true,
        tags: Object.fromEntries(tags),
        attachedTo: undefined,
      });
      return { VolumeId: id };
    },
    AttachVolume: (input) => {
      const volume = found(volumes, input.VolumeId, 'InvalidVolume.NotFound');
      volume.attachedTo = { instanceId: String(input.InstanceId), device: String(input.Device) };
      return {};
    },
    DetachVolume: (input) => {
      found(volumes, input.VolumeId, 'InvalidVolume.NotFound').attachedTo = undefined;
      return {};
    },
    DeleteVolume: (input) => {
      if (found(volumes, input.VolumeId, 'InvalidVolume.NotFound').attachedTo !== undefined)
        throw new AwsError('VolumeInUse', 'in use');
      volumes.delete(String(input.VolumeId));
      return {};
    },
  };

  return {
    vpcId,
    clusterSecurityGroupId,
    volumes,
    elb,
    launch: (instance) => {
      serial += 1;
      const id = `i-${serial.toString(16).padStart(17, '0')}`;
      instances.set(id, {
        userData: instance.userData,
        answer: instanceAnswer(id, serial, instance, { vpcId, clusterSecurityGroupId }),
      });
      return id;
    },
    terminate: (id) => {
      instances.delete(id);
      for (const volume of volumes.values()) if (volume.attachedTo?.instanceId === id) volume.attachedTo = undefined;
    },
    call: async (_place: Place, service: string, operation: string, input: Input = {}) => {
      const handler = service === 'ec2' || service === 'iam' ? handlers[operation] : undefined;
      return handler === undefined ? elb.call(service, operation, input) : handler(input);
    },
  };
}

function instanceAnswer(
  id: string,
  serial: number,
  instance: FakeInstance,
  network: { readonly vpcId: string; readonly clusterSecurityGroupId: string },
): Answer {
  const zone = instance.zone ?? 'a';
  return {
    InstanceId: id,
    State: { Name: 'running' },
    InstanceType: instance.type ?? 'm7g.large',
    ImageId: 'ami-0a',
    PrivateIpAddress: `10.20.${zone === 'a' ? 0 : 16}.${serial + 10}`,
    Placement: { AvailabilityZone: zones[zone] },
    SubnetId: `subnet-private-${zone}`,
    VpcId: network.vpcId,
    SecurityGroups: [{ GroupId: instance.securityGroupId ?? network.clusterSecurityGroupId }],
    IamInstanceProfile: { Arn: 'arn:aws:iam::123456789012:instance-profile/node' },
    Tags: Object.entries(instance.tags ?? {}).map(([Key, Value]) => ({ Key, Value })),
  };
}

function subnets(vpcId: string): readonly Answer[] {
  return (['a', 'b'] as const).flatMap((zone, index) => [
    {
      SubnetId: `subnet-private-${zone}`,
      VpcId: vpcId,
      AvailabilityZone: zones[zone],
      CidrBlock: `10.20.${index * 16}.0/20`,
      Tags: [],
    },
    {
      SubnetId: `subnet-public-${zone}`,
      VpcId: vpcId,
      AvailabilityZone: zones[zone],
      CidrBlock: `10.20.${200 + index}.0/24`,
      Tags: [{ Key: 'kubernetes.io/role/elb', Value: '1' }],
    },
  ]);
}

function routeTables(): readonly Answer[] {
  const table = (kind: string, target: Answer) => ({
    Associations: ['a', 'b'].map((zone) => ({ SubnetId: `subnet-${kind}-${zone}` })),
    Routes: [
      { DestinationCidrBlock: '10.20.0.0/16', GatewayId: 'local' },
      { DestinationCidrBlock: '0.0.0.0/0', ...target },
    ],
  });
  return [table('private', { NatGatewayId: 'nat-0a' }), table('public', { GatewayId: 'igw-0a' })];
}

function matches(ids: unknown, id: unknown): boolean {
  return ids === undefined || itemsOf(ids).includes(id);
}

function volumeMatches(input: Input, id: string, volume: FakeVolume): boolean {
  const filter = itemsOf(input.Filters)[0];
  const value = textOf(itemsOf(at(filter, 'Values'))[0]);
  if (at(filter, 'Name') === 'tag:CSIVolumeName') return volume.tags.CSIVolumeName === value;
  if (at(filter, 'Name') === 'attachment.instance-id') return volume.attachedTo?.instanceId === value;
  return matches(input.VolumeIds, id);
}

function volumeAnswer([VolumeId, volume]: readonly [string, FakeVolume]): Answer {
  const attached = volume.attachedTo;
  return {
    VolumeId,
    AvailabilityZone: volume.zone,
    Size: volume.size,
    Attachments: attached === undefined ? [] : [{ InstanceId: attached.instanceId, Device: attached.device, VolumeId }],
  };
}

function found<T>(map: ReadonlyMap<string, T>, id: unknown, code: string): T {
  const value = map.get(String(id));
  if (value === undefined) throw new AwsError(code, `${String(id)} does not exist`);
  return value;
}
