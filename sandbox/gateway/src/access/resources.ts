import type { AwsRequest } from '../service.ts';

/** What of a request names its resource. */
export type Asked = Pick<AwsRequest, 'service' | 'operation' | 'input' | 'account' | 'region'>;

/**
 * The ARN that a policy's `Resource` is compared with, and that a refusal names. `*`: the action knows no resources, or
 * the sandbox does not know them; then only `Resource: "*"` allows it. Parts that AWS makes up are `*` here too, and fit
 * where a policy has a wildcard in their place.
 */
export function resourceOfRequest(asked: Asked): string {
  return resources[asked.service]?.(asked) ?? '*';
}

type Naming = (asked: Asked) => string | undefined;

const resources: Readonly<Record<string, Naming>> = {
  eks: ofEks,
  cloudformation: (asked) => given(asked, 'StackName', 'StackId') ?? ofStack(asked),
  iam: ofIam,
  kms: ofKms,
  logs: (asked) => named(asked, 'log-group:', ['logGroupName', 'logGroupNamePrefix'], ':*'),
  ssm: (asked) => named(asked, 'parameter/', ['Name'])?.replace('parameter//', 'parameter/'),
  sts: (asked) => given(asked, 'RoleArn'),
  ec2: ofEc2,
};

function text(asked: Asked, name: string): string | undefined {
  const value = asked.input[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The first of the members that holds an ARN. */
function given(asked: Asked, ...members: readonly string[]): string | undefined {
  return members.map((name) => text(asked, name)).find((value) => value?.startsWith('arn:') === true);
}

function regional({ service, region, account }: Asked, rest: string): string {
  return `arn:aws:${service}:${region}:${account}:${rest}`;
}

function named(asked: Asked, prefix: string, members: readonly string[], suffix = ''): string | undefined {
  const name = members.map((member) => text(asked, member)).find((value) => value !== undefined);
  return name === undefined ? undefined : regional(asked, `${prefix}${name}${suffix}`);
}

/** Below a cluster, by the member that names it: the path in its ARN, with what AWS makes up. */
const underCluster: readonly (readonly [member: string, path: string])[] = [
  ['nodegroupName', 'nodegroup'],
  ['addonName', 'addon'],
  ['fargateProfileName', 'fargateprofile'],
  ['associationId', 'podidentityassociation'],
  ['principalArn', 'access-entry'],
];

function ofEks(asked: Asked): string | undefined {
  const arn = given(asked, 'resourceArn');
  if (arn !== undefined) return arn;
  const cluster = text(asked, 'clusterName') ?? text(asked, 'name');
  if (cluster === undefined) return asked.operation === 'ListClusters' ? regional(asked, 'cluster/*') : undefined;
  const part = underCluster.find(([member]) => text(asked, member) !== undefined);
  const isMade = asked.operation.startsWith('Create') || asked.operation === 'DescribeUpdate';
  if (part === undefined || isMade) return regional(asked, `cluster/${cluster}`);
  const [member, path] = part;
  const name = text(asked, member) ?? '';
  if (member === 'associationId') return regional(asked, `${path}/${cluster}/${name}`);
  if (member !== 'principalArn') return regional(asked, `${path}/${cluster}/${name}/*`);
  const [, , , , account, principal = ''] = name.split(':');
  return regional(asked, `${path}/${cluster}/${principal.split('/')[0]}/${account}/${principal.split('/').at(-1)}/*`);
}

function ofStack(asked: Asked): string | undefined {
  return named(asked, 'stack/', ['StackName'], '/*');
}

function ofIam(asked: Asked): string | undefined {
  const arn = given(asked, 'PolicyArn', 'OpenIDConnectProviderArn');
  const entities = [
    ['RoleName', 'role'],
    ['UserName', 'user'],
    ['GroupName', 'group'],
    ['InstanceProfileName', 'instance-profile'],
    ['PolicyName', 'policy'],
  ] as const;
  const entity = entities.find(([member]) => text(asked, member) !== undefined);
  if (entity === undefined) return arn;
  const path = text(asked, 'Path') ?? '/';
  return `arn:aws:iam::${asked.account}:${entity[1]}${path}${text(asked, entity[0])}`;
}

function ofKms(asked: Asked): string | undefined {
  return given(asked, 'KeyId', 'TargetKeyId') ?? named(asked, 'key/', ['KeyId', 'TargetKeyId']);
}

/** EC2's resource types that operations make or change by their own name and id. */
const ec2Types: Readonly<Record<string, string>> = {
  Vpc: 'vpc',
  Subnet: 'subnet',
  RouteTable: 'route-table',
  Route: 'route-table',
  InternetGateway: 'internet-gateway',
  NatGateway: 'natgateway',
  VpcEndpoint: 'vpc-endpoint',
  SecurityGroup: 'security-group',
  LaunchTemplate: 'launch-template',
  LaunchTemplateVersion: 'launch-template',
  Volume: 'volume',
  Snapshot: 'snapshot',
  NetworkInterface: 'network-interface',
};

function ofEc2(asked: Asked): string | undefined {
  const noun = /^(?:Create|Delete|Modify|Replace|Attach|Detach)([A-Z]\w+?)(?:Attribute)?$/.exec(asked.operation)?.[1];
  const type = ec2Types[noun ?? ''];
  if (type === undefined) return undefined;
  const member = `${type === 'natgateway' ? 'NatGateway' : pascal(type)}Id`;
  const isMade = asked.operation === `Create${noun}` && pascal(type) === noun;
  return regional(asked, `${type}/${(isMade ? undefined : text(asked, member)) ?? '*'}`);
}

function pascal(kebab: string): string {
  return kebab.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
