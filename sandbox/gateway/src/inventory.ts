import { AwsError, type Backend, type Place } from './service.ts';

/** What there is in an account and region: each kind's ids, sorted. Kinds without any are left out. */
export type Inventory = Readonly<Record<string, readonly string[]>>;

interface Kind {
  readonly kind: string;
  /** As `ec2.DescribeVpcs`; services by botocore's names. */
  readonly call: string;
  readonly input?: Record<string, unknown>;
  /** Names from the output to an item's own name, as `Vpcs.VpcId`; lists are flattened on the way. */
  readonly path: string;
  readonly skip?: (item: unknown) => boolean;
}

const gone = (item: unknown): boolean =>
  /terminated|deleted|deleting/i.test(
    ['State', 'VpcEndpointState', 'KeyState'].map((name) => JSON.stringify(memberOf(item, name) ?? '')).join(' '),
  );

/** AWS makes such aliases, and the keys behind them, by itself at the first use; nobody can delete them. */
const isAwsAlias = (item: unknown): boolean => String(memberOf(item, 'AliasName')).startsWith('alias/aws/');

/** Every listing there is; IAM and Route 53 answer the same in each region. */
const kinds: readonly Kind[] = [
  { kind: 'vpc', call: 'ec2.DescribeVpcs', path: 'Vpcs.VpcId' },
  { kind: 'subnet', call: 'ec2.DescribeSubnets', path: 'Subnets.SubnetId' },
  { kind: 'route-table', call: 'ec2.DescribeRouteTables', path: 'RouteTables.RouteTableId' },
  { kind: 'internet-gateway', call: 'ec2.DescribeInternetGateways', path: 'InternetGateways.InternetGatewayId' },
  { kind: 'nat-gateway', call: 'ec2.DescribeNatGateways', path: 'NatGateways.NatGatewayId', skip: gone },
  { kind: 'elastic-ip', call: 'ec2.DescribeAddresses', path: 'Addresses.AllocationId' },
  { kind: 'vpc-endpoint', call: 'ec2.DescribeVpcEndpoints', path: 'VpcEndpoints.VpcEndpointId', skip: gone },
  { kind: 'security-group', call: 'ec2.DescribeSecurityGroups', path: 'SecurityGroups.GroupId' },
  { kind: 'network-interface', call: 'ec2.DescribeNetworkInterfaces', path: 'NetworkInterfaces.NetworkInterfaceId' },
  { kind: 'instance', call: 'ec2.DescribeInstances', path: 'Reservations.Instances.InstanceId', skip: gone },
  { kind: 'volume', call: 'ec2.DescribeVolumes', path: 'Volumes.VolumeId' },
  { kind: 'launch-template', call: 'ec2.DescribeLaunchTemplates', path: 'LaunchTemplates.LaunchTemplateId' },
  {
    kind: 'auto-scaling-group',
    call: 'autoscaling.DescribeAutoScalingGroups',
    path: 'AutoScalingGroups.AutoScalingGroupName',
  },
  { kind: 'load-balancer', call: 'elbv2.DescribeLoadBalancers', path: 'LoadBalancers.LoadBalancerArn' },
  { kind: 'target-group', call: 'elbv2.DescribeTargetGroups', path: 'TargetGroups.TargetGroupArn' },
  {
    kind: 'classic-load-balancer',
    call: 'elb.DescribeLoadBalancers',
    path: 'LoadBalancerDescriptions.LoadBalancerName',
  },
  { kind: 'log-group', call: 'logs.DescribeLogGroups', path: 'logGroups.logGroupName' },
  { kind: 'key-alias', call: 'kms.ListAliases', path: 'Aliases.AliasName', skip: isAwsAlias },
  { kind: 'queue', call: 'sqs.ListQueues', path: 'QueueUrls' },
  { kind: 'event-rule', call: 'events.ListRules', path: 'Rules.Name' },
  { kind: 'parameter', call: 'ssm.DescribeParameters', path: 'Parameters.Name' },
  { kind: 'role', call: 'iam.ListRoles', path: 'Roles.RoleName' },
  { kind: 'policy', call: 'iam.ListPolicies', path: 'Policies.Arn', input: { Scope: 'Local' } },
  { kind: 'instance-profile', call: 'iam.ListInstanceProfiles', path: 'InstanceProfiles.InstanceProfileName' },
  { kind: 'oidc-provider', call: 'iam.ListOpenIDConnectProviders', path: 'OpenIDConnectProviderList.Arn' },
  { kind: 'user', call: 'iam.ListUsers', path: 'Users.UserName' },
  { kind: 'hosted-zone', call: 'route53.ListHostedZones', path: 'HostedZones.Id' },
];

/** Reads everything of one account and region out of the emulator, page by page. */
export async function readInventory(backend: Backend, place: Place): Promise<Inventory> {
  const found: Record<string, readonly string[]> = {};
  for (const kind of kinds) {
    const names = await namesOf(backend, place, kind);
    if (names.length > 0) found[kind.kind] = names.toSorted();
  }
  const keys = await customerKeys(backend, place);
  return keys.length > 0 ? { ...found, key: keys.toSorted() } : found;
}

/** Keys that somebody made and did not schedule for deletion. */
async function customerKeys(backend: Backend, place: Place): Promise<string[]> {
  const ofAws = { kind: 'key', call: 'kms.ListAliases', path: 'Aliases.TargetKeyId' };
  const skipped = new Set(await namesOf(backend, place, { ...ofAws, skip: (alias) => !isAwsAlias(alias) }));
  const all = await namesOf(backend, place, { kind: 'key', call: 'kms.ListKeys', path: 'Keys.KeyId' });
  const made = all.filter((id) => !skipped.has(id));
  const described = await Promise.all(made.map((KeyId) => backend.call(place, 'kms', 'DescribeKey', { KeyId })));
  return made.filter((_, index) => memberOf(described[index]?.['KeyMetadata'], 'KeyState') !== 'PendingDeletion');
}

const pageTokens = [
  ['NextToken', 'NextToken'],
  ['nextToken', 'nextToken'],
  ['Marker', 'Marker'],
  ['NextMarker', 'Marker'],
] as const;

async function namesOf(backend: Backend, place: Place, { call, input = {}, path, skip }: Kind): Promise<string[]> {
  const [service = '', operation = ''] = call.split('.');
  const names: string[] = [];
  let page: Record<string, unknown> = {};
  for (let turn = 0; turn < 1000; turn++) {
    const output: Record<string, unknown> = await backend
      .call(place, service, operation, { ...input, ...page })
      .catch((error: unknown) => {
        if (error instanceof AwsError && error.code === 'NotImplemented') return {};
        throw error;
      });
    names.push(...pick(output, path.split('.'), skip));
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
