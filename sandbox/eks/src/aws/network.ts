import type { Place } from '@roadstead/sandbox-gateway';
import type { Eks } from '../deps.ts';
import { isAwsError } from '../shared/errors.ts';
import { records, requiredText, text, whole } from '../shared/read.ts';

export interface SubnetFacts {
  readonly id: string;
  readonly vpcId: string;
  readonly zone: string;
  readonly zoneId: string;
  readonly freeAddresses: number;
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
