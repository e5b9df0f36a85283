import type { Place } from '@roadstead/sandbox-gateway';
import type { Eks } from '../deps.ts';
import { isAwsError } from '../shared/errors.ts';
import { flag, type Members, records, requiredText, text, whole } from '../shared/read.ts';

export interface SubnetFacts {
  readonly id: string;
  readonly vpcId: string;
  readonly zone: string;
  readonly zoneId: string;
  readonly freeAddresses: number;
  /** Whether what starts in it gets a public address unasked. */
  readonly givesPublicAddresses: boolean;
}

export interface SecurityGroupFacts {
  readonly id: string;
  readonly vpcId: string;
}

/** The subnets that exist of those asked for. */
export async function readSubnets(eks: Eks, place: Place, ids: readonly string[]): Promise<readonly SubnetFacts[]> {
  const found = await Promise.all(
    ids.map((id) => listOrNothing(eks, place, 'DescribeSubnets', { SubnetIds: [id] }, 'Subnets')),
  );
  return found.flat().map((subnet) => ({
    id: requiredText(subnet, 'SubnetId'),
    vpcId: requiredText(subnet, 'VpcId'),
    zone: requiredText(subnet, 'AvailabilityZone'),
    zoneId: text(subnet, 'AvailabilityZoneId') ?? '',
    freeAddresses: whole(subnet, 'AvailableIpAddressCount') ?? 0,
    givesPublicAddresses: flag(subnet, 'MapPublicIpOnLaunch') ?? false,
  }));
}

export async function readSecurityGroups(
  eks: Eks,
  place: Place,
  ids: readonly string[],
): Promise<readonly SecurityGroupFacts[]> {
  const found = await Promise.all(
    ids.map((id) => listOrNothing(eks, place, 'DescribeSecurityGroups', { GroupIds: [id] }, 'SecurityGroups')),
  );
  return found.flat().map((group) => ({
    id: requiredText(group, 'GroupId'),
    vpcId: text(group, 'VpcId') ?? '',
  }));
}

/** Those of the subnets whose route table leads to an internet gateway. */
export async function readPublicSubnets(
  eks: Eks,
  place: Place,
  vpcId: string,
  subnets: readonly SubnetFacts[],
): Promise<readonly SubnetFacts[]> {
  const answer = await eks.context.backend.call(place, 'ec2', 'DescribeRouteTables', {
    Filters: [{ Name: 'vpc-id', Values: [vpcId] }],
  });
  const tables = records(answer, 'RouteTables');
  const main = tables.find((table) => records(table, 'Associations').some((one) => flag(one, 'Main') === true));
  const tableOf = (subnet: SubnetFacts) =>
    tables.find((table) => records(table, 'Associations').some((one) => text(one, 'SubnetId') === subnet.id)) ?? main;
  return subnets.filter((subnet) => leadsToInternet(tableOf(subnet)));
}

function leadsToInternet(table: Members | undefined): boolean {
  const routes = table === undefined ? [] : records(table, 'Routes');
  return routes.some((route) => text(route, 'GatewayId')?.startsWith('igw-') === true);
}

/** All IPv4 blocks of a VPC. */
export async function readVpcBlocks(eks: Eks, place: Place, vpcId: string): Promise<readonly string[]> {
  const [vpc] = await listOrNothing(eks, place, 'DescribeVpcs', { VpcIds: [vpcId] }, 'Vpcs');
  if (vpc === undefined) return [];
  const associated = records(vpc, 'CidrBlockAssociationSet').flatMap((block) => text(block, 'CidrBlock') ?? []);
  return [...new Set([text(vpc, 'CidrBlock') ?? [], associated].flat())];
}

async function listOrNothing(
  eks: Eks,
  place: Place,
  operation: string,
  input: Record<string, unknown>,
  member: string,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  try {
    return records(await eks.context.backend.call(place, 'ec2', operation, input), member);
  } catch (error) {
    if (isAwsError(error) && /NotFound|Malformed/.test(error.code)) return [];
    throw error;
  }
}
