import { AwsError, type Backend, type Place } from '@roadstead/sandbox-gateway';
import { type Members, requiredText, text, texts, within } from '../shared/read.ts';

interface Role {
  readonly name: string;
  readonly services: readonly string[];
  readonly actions: readonly string[];
  readonly managed: readonly string[];
}

interface Subnet {
  readonly id: string;
  readonly zone: string;
  readonly isPublic: boolean;
  readonly givesPublicAddresses: boolean;
}

const account = '123456789012';
const vpcId = 'vpc-1';

/** The few answers of EC2, IAM and SSM that EKS decides on, from tables that a test fills. */
export class MemoryAws implements Backend {
  readonly roles = new Map<string, Role>();
  readonly subnets = new Map<string, Subnet>();
  /** `<template id>/<version>` to its data. */
  readonly templates = new Map<string, Members>();
  readonly issuers = new Set<string>();
  /** Instances of every Auto Scaling group. */
  readonly instances: string[] = [];
  /** Metadata of keys by their ARN; one that is not here is an ordinary key. */
  readonly keys = new Map<string, Members>();
  /** The data of launch templates that EKS made, oldest first. */
  readonly made: Members[] = [];

  role(name: string, service: string, more: Partial<Pick<Role, 'actions' | 'managed'>> = {}): string {
    const usual = { actions: ['sts:AssumeRole', 'sts:TagSession'], managed: [] };
    this.roles.set(name, { name, services: [service], ...usual, ...more });
    return `arn:aws:iam::${account}:role/${name}`;
  }

  subnet(id: string, zone: string, more: Partial<Subnet> = {}): string {
    this.subnets.set(id, { id, zone, isPublic: false, givesPublicAddresses: false, ...more });
    return id;
  }

  async call(_place: Place, service: string, operation: string, input: Members = {}): Promise<Record<string, unknown>> {
    await Promise.resolve();
    const act = this.#operations[`${service}.${operation}`];
    if (act === undefined) throw new AwsError('InvalidAction', `${service} ${operation} is not in this test's world`);
    return act(input);
  }

  readonly #operations: Readonly<Record<string, (input: Members) => Record<string, unknown>>> = {
    'iam.GetRole': (input) => {
      const role = this.#role(input);
      const statement = { Effect: 'Allow', Principal: { Service: role.services }, Action: role.actions };
      const document = encodeURIComponent(JSON.stringify({ Version: '2012-10-17', Statement: [statement] }));
      const Arn = `arn:aws:iam::${account}:role/${role.name}`;
      return { Role: { Arn, RoleId: `AROA${role.name}`, AssumeRolePolicyDocument: document } };
    },
    'iam.ListAttachedRolePolicies': (input) => ({
      AttachedPolicies: this.#role(input).managed.map((name) => ({ PolicyArn: `arn:aws:iam::aws:policy/${name}` })),
    }),
    'iam.ListRolePolicies': () => ({ PolicyNames: [] }),
    'iam.ListOpenIDConnectProviders': () => ({
      OpenIDConnectProviderList: [...this.issuers].map((issuer) => ({
        Arn: `arn:aws:iam::${account}:oidc-provider/${issuer.replace('https://', '')}`,
      })),
    }),
    'ec2.DescribeVpcs': () => ({ Vpcs: [{ VpcId: vpcId, CidrBlock: '10.20.0.0/16' }] }),
    'ec2.DescribeSubnets': (input) => ({
      Subnets: (texts(input, 'SubnetIds') ?? []).map((id) => this.#subnetView(id)),
    }),
    'ec2.DescribeRouteTables': () => ({
      RouteTables: [
        { Associations: [{ Main: true }], Routes: [{ GatewayId: 'local' }] },
        {
          Associations: [...this.subnets.values()].flatMap(({ id, isPublic }) => (isPublic ? [{ SubnetId: id }] : [])),
          Routes: [{ GatewayId: 'local' }, { DestinationCidrBlock: '0.0.0.0/0', GatewayId: 'igw-1' }],
        },
      ],
    }),
    'ec2.DescribeInstanceTypes': (input) => ({
      InstanceTypes: (texts(input, 'InstanceTypes') ?? []).map((InstanceType) => ({
        InstanceType,
        ProcessorInfo: { SupportedArchitectures: [/^[a-z]+\d+g/.test(InstanceType) ? 'arm64' : 'x86_64'] },
        VCpuInfo: { DefaultVCpus: 2 },
        NetworkInfo: { MaximumNetworkInterfaces: 3, Ipv4AddressesPerInterface: 10 },
      })),
    }),
    'ec2.DescribeInstanceTypeOfferings': () => ({
      InstanceTypeOfferings: [...this.subnets.values()].map(({ zone }) => ({ Location: zone })),
    }),
    'ec2.DescribeLaunchTemplateVersions': (input) => {
      const id = requiredText(input, 'LaunchTemplateId');
      const version = texts(input, 'Versions')?.[0] === '$Default' ? '1' : (texts(input, 'Versions')?.[0] ?? '1');
      const data = this.templates.get(`${id}/${version}`);
      if (data === undefined) throw new AwsError('InvalidLaunchTemplateId.VersionNotFound', 'no such version');
      const name = { LaunchTemplateId: id, LaunchTemplateName: `template ${id}` };
      return { LaunchTemplateVersions: [{ ...name, VersionNumber: Number(version), LaunchTemplateData: data }] };
    },
    'ec2.CreateLaunchTemplate': (input) => {
      this.made.push(within(input, 'LaunchTemplateData'));
      return { LaunchTemplate: { LaunchTemplateId: `lt-made-${this.made.length}` } };
    },
    'autoscaling.UpdateAutoScalingGroup': () => ({}),
    'kms.DescribeKey': (input) => ({ KeyMetadata: { Enabled: true, ...this.keys.get(requiredText(input, 'KeyId')) } }),
    'ssm.GetParameter': (input) => {
      const name = requiredText(input, 'Name');
      const [, minor, leaf] = /optimized-ami\/([\d.]+)\/.*\/(\w+)$/.exec(name) ?? [];
      const Value = leaf === 'release_version' ? `${minor}.2-20261109` : `ami-${minor}`;
      return { Parameter: { Name: name, Value } };
    },
    'autoscaling.DescribeAutoScalingGroups': () => ({
      AutoScalingGroups: [
        {
          MinSize: 1,
          MaxSize: 5,
          DesiredCapacity: this.instances.length,
          Instances: this.instances.map((InstanceId) => ({ InstanceId })),
        },
      ],
    }),
  };

  #role(input: Members): Role {
    const role = this.roles.get(text(input, 'RoleName') ?? '');
    if (role === undefined) throw new AwsError('NoSuchEntity', 'no such role', 404);
    return role;
  }

  #subnetView(id: string): Record<string, unknown> {
    const subnet = this.subnets.get(id);
    if (subnet === undefined) throw new AwsError('InvalidSubnetID.NotFound', `The subnet ID '${id}' does not exist`);
    const place = { VpcId: vpcId, AvailabilityZone: subnet.zone, AvailabilityZoneId: `euc1-az${subnet.zone.at(-1)}` };
    const MapPublicIpOnLaunch = subnet.givesPublicAddresses;
    return { SubnetId: id, ...place, AvailableIpAddressCount: 4000, MapPublicIpOnLaunch };
  }
}
