import { AwsError, type Backend, type Place } from './service.ts';

/** What there is in an account and region: each kind's ids, sorted. Kinds without any are left out. */
export type Inventory = Readonly<Record<string, readonly string[]>>;

interface Kind {
  readonly kind: string;
  readonly service: string;
  readonly operation: string;
  readonly input?: Record<string, unknown>;
  /** The output's list, and the member that names an item; a path of names, lists are flattened on the way. */
  readonly path: readonly string[];
  readonly skip?: (item: unknown) => boolean;
}

const gone = (item: unknown): boolean =>
  /terminated|deleted|deleting/i.test(
    ['State', 'VpcEndpointState', 'KeyState'].map((name) => JSON.stringify(memberOf(item, name) ?? '')).join(' '),
  );

/** AWS makes such aliases, and the keys behind them, by itself at the first use; nobody can delete them. */
const isAwsAlias = (item: unknown): boolean => String(memberOf(item, 'AliasName')).startsWith('alias/aws/');

const regional: readonly Kind[] = [
  { kind: 'vpc', service: 'ec2', operation: 'DescribeVpcs', path: ['Vpcs', 'VpcId'] },
  { kind: 'subnet', service: 'ec2', operation: 'DescribeSubnets', path: ['Subnets', 'SubnetId'] },
  { kind: 'route-table', service: 'ec2', operation: 'DescribeRouteTables', path: ['RouteTables', 'RouteTableId'] },
  {
    kind: 'internet-gateway',
    service: 'ec2',
    operation: 'DescribeInternetGateways',
    path: ['InternetGateways', 'InternetGatewayId'],
  },
  {
    kind: 'nat-gateway',
    service: 'ec2',
    operation: 'DescribeNatGateways',
    path: ['NatGateways', 'NatGatewayId'],
    skip: gone,
  },
  { kind: 'elastic-ip', service: 'ec2', operation: 'DescribeAddresses', path: ['Addresses', 'AllocationId'] },
  {
    kind: 'vpc-endpoint',
    service: 'ec2',
    operation: 'DescribeVpcEndpoints',
    path: ['VpcEndpoints', 'VpcEndpointId'],
    skip: gone,
  },
  { kind: 'security-group', service: 'ec2', operation: 'DescribeSecurityGroups', path: ['SecurityGroups', 'GroupId'] },
  {
    kind: 'network-interface',
    service: 'ec2',
    operation: 'DescribeNetworkInterfaces',
    path: ['NetworkInterfaces', 'NetworkInterfaceId'],
  },
  {
    kind: 'instance',
    service: 'ec2',
    operation: 'DescribeInstances',
    path: ['Reservations', 'Instances', 'InstanceId'],
    skip: gone,
  },
  { kind: 'volume', service: 'ec2', operation: 'DescribeVolumes', path: ['Volumes', 'VolumeId'] },
  {
    kind: 'launch-template',
    service: 'ec2',
    operation: 'DescribeLaunchTemplates',
    path: ['LaunchTemplates', 'LaunchTemplateId'],
  },
  {
    kind: 'auto-scaling-group',
    service: 'autoscaling',
    operation: 'DescribeAutoScalingGroups',
    path: ['AutoScalingGroups', 'AutoScalingGroupName'],
  },
  {
    kind: 'load-balancer',
    service: 'elbv2',
    operation: 'DescribeLoadBalancers',
    path: ['LoadBalancers', 'LoadBalancerArn'],
  },
  {
    kind: 'target-group',
    service: 'elbv2',
    operation: 'DescribeTargetGroups',
    path: ['TargetGroups', 'TargetGroupArn'],
  },
  {
    kind: 'classic-load-balancer',
    service: 'elb',
    operation: 'DescribeLoadBalancers',
    path: ['LoadBalancerDescriptions', 'LoadBalancerName'],
  },
  { kind: 'log-group', service: 'logs', operation: 'DescribeLogGroups', path: ['logGroups', 'logGroupName'] },
  { kind: 'key-alias', service: 'kms', operation: 'ListAliases', path: ['Aliases', 'AliasName'], skip: isAwsAlias },
  { kind: 'queue', service: 'sqs', operation: 'ListQueues', path: ['QueueUrls'] },
  { kind: 'event-rule', service: 'events', operation: 'ListRules', path: ['Rules', 'Name'] },
  { kind: 'parameter', service: 'ssm', operation: 'DescribeParameters', path: ['Parameters', 'Name'] },
];

const global: readonly Kind[] = [
  { kind: 'role', service: 'iam', operation: 'ListRoles', path: ['Roles', 'RoleName'] },
  { kind: 'policy', service: 'iam', operation: 'ListPolicies', input: { Scope: 'Local' }, path: ['Policies', 'Arn'] },
  {
    kind: 'instance-profile',
    service: 'iam',
    operation: 'ListInstanceProfiles',
    path: ['InstanceProfiles', 'InstanceProfileName'],
  },
  {
    kind: 'oidc-provider',
    service: 'iam',
    operation: 'ListOpenIDConnectProviders',
    path: ['OpenIDConnectProviderList', 'Arn'],
  },
  { kind: 'user', service: 'iam', operation: 'ListUsers', path: ['Users', 'UserName'] },
  { kind: 'hosted-zone', service: 'route53', operation: 'ListHostedZones', path: ['HostedZones', 'Id'] },
];

/** Reads everything of one account and region out of the emulator, page by page. */
export async function readInventory(backend: Backend, place: Place): Promise<Inventory> {
  const found: Record<string, readonly string[]> = {};
  for (const kind of [...regional, ...global]) {
    const names = await namesOf(backend, place, kind);
    if (names.length > 0) found[kind.kind] = names.toSorted();
  }
  const keys = await customerKeys(backend, place);
  return keys.length > 0 ? { ...found, key: keys.toSorted() } : found;
}

/** Keys that somebody made and did not schedule for deletion. */
async function customerKeys(backend: Backend, place: Place): Promise<string[]> {
  const names = (operation: string, path: readonly string[], skip?: (item: unknown) => boolean) =>
    namesOf(backend, place, { kind: 'key', service: 'kms', operation, path, ...(skip === undefined ? {} : { skip }) });
  const ofAws = new Set(await names('ListAliases', ['Aliases', 'TargetKeyId'], (alias) => !isAwsAlias(alias)));
  const made = (await names('ListKeys', ['Keys', 'KeyId'])).filter((id) => !ofAws.has(id));
  const described = await Promise.all(made.map((KeyId) => backend.call(place, 'kms', 'DescribeKey', { KeyId })));
  return made.filter((_, index) => memberOf(described[index]?.['KeyMetadata'], 'KeyState') !== 'PendingDeletion');
}

const pageTokens = [
  ['NextToken', 'NextToken'],
  ['nextToken', 'nextToken'],
  ['Marker', 'Marker'],
  ['NextMarker', 'Marker'],
] as const;

async function namesOf(
  backend: Backend,
  place: Place,
  { service, operation, input = {}, path, skip }: Kind,
): Promise<string[]> {
  const names: string[] = [];
  let page: Record<string, unknown> = {};
  for (let turn = 0; turn < 1000; turn++) {
    const output: Record<string, unknown> = await backend
      .call(place, service, operation, { ...input, ...page })
      .catch((error: unknown) => {
        if (error instanceof AwsError && error.code === 'NotImplemented') return {};
        throw error;
      });
    names.push(...pick(output, path, skip));
    const token = pageTokens.find(([name]) => typeof output[name] === 'string' && output[name] !== '');
    if (token === undefined) return names;
    page = { [token[1]]: output[token[0]] };
  }
  throw new Error(`${service}.${operation} did not end after 1000 pages.`);
}

/** Follows the path's names through records and lists to the texts at its end. */
export function pick(value: unknown, path: readonly string[], skip?: (item: unknown) => boolean): string[] {
  const [name, ...rest] = path;
  if (Array.isArray(value)) return value.flatMap((item) => pick(item, path, skip));
  if (name === undefined) return typeof value === 'string' ? [value] : [];
  if (rest.length === 0 && skip?.(value) === true) return [];
  return pick(memberOf(value, name), rest, skip);
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
