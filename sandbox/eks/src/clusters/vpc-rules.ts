import type { AwsError } from '@roadstead/sandbox-gateway';
import { AwsError as Refusal } from '@roadstead/sandbox-gateway';
import type { SecurityGroupFacts, SubnetFacts } from '../aws/network.ts';
import { contains, overlaps, parseCidr, privateBlocks, reservedBlocks } from '../shared/cidr.ts';
import { type ErrorSubject, invalidParameter } from '../shared/errors.ts';

/** Zones where EKS makes no control plane. */
export const unsupportedZoneIds: ReadonlySet<string> = new Set(['use1-az3', 'usw1-az2', 'cac1-az3']);

/** Addresses that must be free in each subnet at creation. */
const addressesPerSubnet = 6;

export interface VpcRequest {
  readonly name: string;
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
}

/** Whether a control plane may stand in these subnets with these security groups, given what exists. */
export function refuseSubnets(
  wanted: VpcRequest,
  subnets: readonly SubnetFacts[],
  groups: readonly SecurityGroupFacts[],
): AwsError | undefined {
  const subject: ErrorSubject = { clusterName: wanted.name };
  if (wanted.subnetIds.length < 2) {
    return invalidParameter('Subnets specified must be in at least two different AZs', subject);
  }
  const missing = wanted.subnetIds.find((id) => !subnets.some((subnet) => subnet.id === id));
  if (missing !== undefined) return missingSubnet(missing, subject);
  const bad = subnets.find((subnet) => unsupportedZoneIds.has(subnet.zoneId));
  if (bad !== undefined) return unsupportedZone(wanted.name, bad, subnets);
  if (new Set(subnets.map((subnet) => subnet.vpcId)).size > 1) {
    return invalidParameter('Subnets specified must belong to the same VPC', subject);
  }
  if (new Set(subnets.map((subnet) => subnet.zone)).size < 2) {
    return invalidParameter('Subnets specified must be in at least two different AZs', subject);
  }
  const full = subnets.find((subnet) => subnet.freeAddresses < addressesPerSubnet);
  if (full !== undefined) {
    return invalidParameter(`Subnet ${full.id} does not have ${addressesPerSubnet} free IP addresses`, subject);
  }
  return refuseGroups(wanted, subnets[0]?.vpcId ?? '', groups);
}

function refuseGroups(wanted: VpcRequest, vpcId: string, groups: readonly SecurityGroupFacts[]): AwsError | undefined {
  const subject: ErrorSubject = { clusterName: wanted.name };
  if (wanted.securityGroupIds.length > 5) {
    return invalidParameter('A maximum of 5 security groups can be specified', subject);
  }
  for (const id of wanted.securityGroupIds) {
    const group = groups.find((one) => one.id === id);
    if (group === undefined) return invalidParameter(`The security group '${id}' does not exist`, subject);
    if (group.vpcId !== vpcId) {
      return invalidParameter(
        'Security group(s) specified must belong to the same VPC as the subnets specified',
        subject,
      );
    }
  }
  return undefined;
}

/** Later subnets: the same VPC, and the same set of zones as at creation. */
export function refuseMovedSubnets(
  name: string,
  before: readonly SubnetFacts[],
  after: readonly SubnetFacts[],
): AwsError | undefined {
  const subject: ErrorSubject = { clusterName: name };
  if (before[0]?.vpcId !== after[0]?.vpcId) {
    return invalidParameter('Provided subnets belong to a different VPC than the cluster was created with', subject);
  }
  const zones = (subnets: readonly SubnetFacts[]) => [...new Set(subnets.map((subnet) => subnet.zone))].toSorted();
  if (zones(before).join() === zones(after).join()) return undefined;
  return invalidParameter(
    `Provided subnets belong to the AZs '${zones(after).join(',')}'. But they should belong to the exact set of AZs '${zones(before).join(',')}' in which subnets were provided during cluster creation.`,
    subject,
  );
}

export interface EndpointAccess {
  readonly endpointPublicAccess: boolean;
  readonly endpointPrivateAccess: boolean;
  readonly publicAccessCidrs: readonly string[];
}

/** EKS documents that reserved addresses are refused; blocks with host bits set are refused as the harsher reading. */
export function refuseEndpoint(name: string, access: EndpointAccess): AwsError | undefined {
  const subject: ErrorSubject = { clusterName: name };
  if (!access.endpointPublicAccess && !access.endpointPrivateAccess) {
    return invalidParameter('Private and public endpoint access cannot be false', subject);
  }
  if (access.publicAccessCidrs.length > 40) {
    return invalidParameter('A maximum of 40 CIDRs can be specified in publicAccessCidrs', subject);
  }
  for (const text of access.publicAccessCidrs) {
    const cidr = parseCidr(text);
    const reserved = cidr !== undefined && reservedBlocks.some((block) => contains(block, cidr));
    if (cidr === undefined || reserved) {
      return invalidParameter(`The following CIDRs are invalid in publicAccessCidrs: [${text}]`, subject);
    }
  }
  return undefined;
}

/** The service range: within a private block, /24 to /12, apart from the VPC. */
export function refuseServiceCidr(name: string, text: string, vpcBlocks: readonly string[]): AwsError | undefined {
  const subject: ErrorSubject = { clusterName: name };
  const cidr = parseCidr(text);
  if (cidr === undefined || !privateBlocks.some((block) => contains(block, cidr))) {
    return invalidParameter(
      `The service CIDR ${text} must be within one of the private blocks 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16`,
      subject,
    );
  }
  if (cidr.bits > 24 || cidr.bits < 12) {
    return invalidParameter(`The service CIDR ${text} must be between /24 and /12`, subject);
  }
  const clash = vpcBlocks.find((block) => {
    const other = parseCidr(block);
    return other !== undefined && overlaps(cidr, other);
  });
  if (clash === undefined) return undefined;
  return invalidParameter(`The service CIDR ${text} overlaps with the VPC CIDR ${clash}`, subject);
}

/** What EKS chooses when the request names no service range. */
export function defaultServiceCidr(vpcBlocks: readonly string[]): string {
  const tens = parseCidr('10.0.0.0/8');
  const clash = vpcBlocks.some((block) => {
    const cidr = parseCidr(block);
    return cidr !== undefined && tens !== undefined && overlaps(tens, cidr);
  });
  return clash ? '172.20.0.0/16' : '10.100.0.0/16';
}

function missingSubnet(id: string, subject: ErrorSubject): AwsError {
  return invalidParameter(
    `The subnet ID '${id}' does not exist (Service: AmazonEC2; Status Code: 400; Error Code: InvalidSubnetID.NotFound)`,
    subject,
  );
}

function unsupportedZone(name: string, bad: SubnetFacts, subnets: readonly SubnetFacts[]): AwsError {
  const good = [...new Set(subnets.filter((one) => !unsupportedZoneIds.has(one.zoneId)).map((one) => one.zone))];
  return new Refusal(
    'UnsupportedAvailabilityZoneException',
    `Cannot create cluster '${name}' because EKS does not support creating control plane instances in ${bad.zone}, the targeted availability zone. Retry cluster creation using control plane subnets that span at least two of these availability zones: ${good.join(', ')}.`,
    400,
    { clusterName: name, validZones: good },
  );
}
