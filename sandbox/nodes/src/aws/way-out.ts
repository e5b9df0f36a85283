import { at, itemsOf, textOf } from '../read.ts';

export interface SubnetRoutes {
  readonly subnetId: string;
  readonly vpcId: string;
  readonly hasPublicAddress: boolean;
  /** Answers of DescribeRouteTables, DescribeNatGateways, DescribeVpcEndpoints for the VPC, as EC2 gives them. */
  readonly routeTables: readonly unknown[];
  readonly natGateways: readonly unknown[];
  readonly endpoints: readonly unknown[];
}

/** What a node without internet needs inside its VPC. */
const neededEndpoints = ['ec2', 'ecr.api', 'ecr.dkr', 's3', 'sts'] as const;

/**
 * Why nothing in the subnet reaches the registries and AWS: no default route that works, and not all endpoints that
 * stand in for it. `undefined` when there is a way.
 */
export function wayOutProblem(subnet: SubnetRoutes): string | undefined {
  const table = tableOf(subnet);
  const defaults = itemsOf(at(table, 'Routes')).filter((route) => at(route, 'DestinationCidrBlock') === '0.0.0.0/0');
  const problems = defaults.map((route) => routeProblem(route, subnet));
  if (problems.includes(undefined)) return undefined;
  const missing = neededEndpoints.filter((service) => !hasEndpoint(subnet, service));
  if (missing.length === 0) return undefined;
  const reason = problems[0] ?? `subnet ${subnet.subnetId} has no default route`;
  return `${reason}, and no VPC endpoints for ${missing.join(', ')}`;
}

function tableOf(subnet: SubnetRoutes): unknown {
  const associated = subnet.routeTables.find((table) =>
    itemsOf(at(table, 'Associations')).some((association) => at(association, 'SubnetId') === subnet.subnetId),
  );
  return associated ?? subnet.routeTables.find(isMain);
}

function isMain(table: unknown): boolean {
  return itemsOf(at(table, 'Associations')).some((association) => at(association, 'Main') === true);
}

function routeProblem(route: unknown, subnet: SubnetRoutes): string | undefined {
  const nat = textOf(at(route, 'NatGatewayId'));
  if (nat !== undefined) return natProblem(nat, subnet);
  const gateway = textOf(at(route, 'GatewayId'));
  if (gateway?.startsWith('igw-') === true) {
    return subnet.hasPublicAddress ? undefined : `the route goes to ${gateway} and the instance has no public address`;
  }
  const other = ['TransitGatewayId', 'NetworkInterfaceId', 'InstanceId', 'VpcPeeringConnectionId', 'CoreNetworkArn'];
  return other.some((member) => textOf(at(route, member)) !== undefined)
    ? undefined
    : 'the default route leads nowhere';
}

function natProblem(id: string, subnet: SubnetRoutes): string | undefined {
  const nat = subnet.natGateways.find((candidate) => at(candidate, 'NatGatewayId') === id);
  if (nat === undefined) return `the route's NAT gateway ${id} is gone`;
  const state = textOf(at(nat, 'State')) ?? 'unknown';
  return state === 'available' ? undefined : `NAT gateway ${id} is ${state}`;
}

function hasEndpoint(subnet: SubnetRoutes, service: string): boolean {
  return subnet.endpoints.some((endpoint) => {
    const name = textOf(at(endpoint, 'ServiceName')) ?? '';
    const state = (textOf(at(endpoint, 'State')) ?? 'available').toLowerCase();
    return name.endsWith(`.${service}`) && state === 'available';
  });
}
