import { awsErrorCode } from '../calls/aws-failure.ts';
import { allPages } from '../observe/plain.ts';
import { type Blocker, isGoing, makerOf } from './leftovers.ts';
import { inVpc, isOwned, nextPage, type Search, type Tags, toMap } from './search.ts';

/** What leads out of a VPC; AWS deletes no VPC that has one. */
interface WayOut {
  readonly kind: string;
  readonly id: string;
  /** Said after the id, as where a connection leads to. */
  readonly about?: string;
  readonly tags: Tags;
  /** Whose it is where it has no tags. */
  readonly by?: string;
  readonly state: string;
  /** What the AWS CLI takes it away with. */
  readonly command: string;
}

type Find = (search: Search, vpcId: string) => Promise<readonly WayOut[]>;

/** Gateways, attachments and connections of the VPC that no stack of ours holds. */
export async function findGateways(search: Search, vpcId: string): Promise<Blocker[]> {
  const finds = [
    findNatGateways,
    findInternetGateways,
    findEgressOnlyGateways,
    findVpnGateways,
    findCarrierGateways,
    findTransitAttachments,
    findPeerings,
  ];
  const found = await Promise.all(finds.map((find) => noneWhereUnknown(find(search, vpcId))));
  return found
    .flat()
    .filter(({ id, tags, state }) => !gone.has(state) && !isOwned(search, id, tags))
    .map(({ kind, id, about, tags, by, state, command }) => ({
      what: `${kind} ${id}${about === undefined ? '' : ` ${about}`}`,
      maker: by !== undefined && Object.keys(tags).length === 0 ? by : makerOf({ tags }),
      hint: /^delet|^detach/.test(state) ? isGoing : `take it away: ${command}`,
    }));
}

/** States of what is only still listed. */
const gone = new Set(['deleted', 'detached', 'expired', 'failed', 'rejected']);

/** A region or partition that does not offer a kind has none of it, and refuses to list it. */
async function noneWhereUnknown(found: Promise<readonly WayOut[]>): Promise<readonly WayOut[]> {
  try {
    return await found;
  } catch (error) {
    if (['InvalidAction', 'UnsupportedOperation'].includes(awsErrorCode(error) ?? '')) return [];
    throw error;
  }
}

const findNatGateways: Find = async ({ reader, signal }, vpcId) => {
  const all = await allPages(
    (token) => {
      const { Filters, ...page } = inVpc(vpcId, token);
      return reader.read('ec2', 'DescribeNatGateways', { Filter: Filters, ...page }, signal);
    },
    (page) => page.NatGateways,
    (page) => page.NextToken,
  );
  return all.map(({ NatGatewayId: id = '', State, Tags }) => ({
    kind: 'NAT gateway',
    id,
    tags: toMap(Tags),
    state: State ?? '',
    command: `aws ec2 delete-nat-gateway --nat-gateway-id ${id}`,
  }));
};

const findInternetGateways: Find = async ({ reader, signal }, vpcId) => {
  const all = await allPages(
    (token) => reader.read('ec2', 'DescribeInternetGateways', inVpc(vpcId, token, 'attachment.vpc-id'), signal),
    (page) => page.InternetGateways,
    (page) => page.NextToken,
  );
  return all.map(({ InternetGatewayId: id = '', Tags }) => ({
    kind: 'internet gateway',
    id,
    tags: toMap(Tags),
    state: 'attached',
    command: `aws ec2 detach-internet-gateway --internet-gateway-id ${id} --vpc-id ${vpcId}`,
  }));
};

/** EC2 has no filter by VPC for these. */
const findEgressOnlyGateways: Find = async ({ reader, signal }, vpcId) => {
  const all = await allPages(
    (token) => reader.read('ec2', 'DescribeEgressOnlyInternetGateways', nextPage(token), signal),
    (page) => page.EgressOnlyInternetGateways,
    (page) => page.NextToken,
  );
  return all
    .filter(({ Attachments }) => (Attachments ?? []).some(({ VpcId }) => VpcId === vpcId))
    .map(({ EgressOnlyInternetGatewayId: id = '', Tags }) => ({
      kind: 'egress-only internet gateway',
      id,
      tags: toMap(Tags),
      state: 'attached',
      command: `aws ec2 delete-egress-only-internet-gateway --egress-only-internet-gateway-id ${id}`,
    }));
};

const findVpnGateways: Find = async ({ reader, signal }, vpcId) => {
  const { VpnGateways } = await reader.read(
    'ec2',
    'DescribeVpnGateways',
    inVpc(vpcId, undefined, 'attachment.vpc-id'),
    signal,
  );
  return (VpnGateways ?? []).map(({ VpnGatewayId: id = '', VpcAttachments, Tags }) => ({
    kind: 'VPN gateway',
    id,
    tags: toMap(Tags),
    state: VpcAttachments?.find(({ VpcId }) => VpcId === vpcId)?.State ?? 'attached',
    command: `aws ec2 detach-vpn-gateway --vpn-gateway-id ${id} --vpc-id ${vpcId}`,
  }));
};

const findCarrierGateways: Find = async ({ reader, signal }, vpcId) => {
  const all = await allPages(
    (token) => reader.read('ec2', 'DescribeCarrierGateways', inVpc(vpcId, token), signal),
    (page) => page.CarrierGateways,
    (page) => page.NextToken,
  );
  return all.map(({ CarrierGatewayId: id = '', State, Tags }) => ({
    kind: 'carrier gateway',
    id,
    tags: toMap(Tags),
    state: State ?? '',
    command: `aws ec2 delete-carrier-gateway --carrier-gateway-id ${id}`,
  }));
};

const findTransitAttachments: Find = async ({ reader, signal }, vpcId) => {
  const all = await allPages(
    (token) => reader.read('ec2', 'DescribeTransitGatewayVpcAttachments', inVpc(vpcId, token), signal),
    (page) => page.TransitGatewayVpcAttachments,
    (page) => page.NextToken,
  );
  return all.map(({ TransitGatewayAttachmentId: id = '', TransitGatewayId, State, Tags }) => ({
    kind: 'transit gateway attachment',
    id,
    about: `to ${TransitGatewayId}`,
    tags: toMap(Tags),
    state: State ?? '',
    command: `aws ec2 delete-transit-gateway-vpc-attachment --transit-gateway-attachment-id ${id}`,
  }));
};

/** Either side: EC2's two filters would only find connections of a VPC with itself when given together. */
const findPeerings: Find = async (search, vpcId) => {
  const [asked, accepted] = await Promise.all([
    peeringsOf(search, vpcId, 'requester'),
    peeringsOf(search, vpcId, 'accepter'),
  ]);
  return [...asked, ...accepted];
};

async function peeringsOf({ reader, signal }: Search, vpcId: string, side: 'requester' | 'accepter') {
  const all = await allPages(
    (token) =>
      reader.read('ec2', 'DescribeVpcPeeringConnections', inVpc(vpcId, token, `${side}-vpc-info.vpc-id`), signal),
    (page) => page.VpcPeeringConnections,
    (page) => page.NextToken,
  );
  return all.flatMap(({ VpcPeeringConnectionId: id = '', Status, Tags, RequesterVpcInfo, AccepterVpcInfo }) => {
    const [here, there] =
      side === 'requester' ? [RequesterVpcInfo, AccepterVpcInfo] : [AccepterVpcInfo, RequesterVpcInfo];
    if (here?.VpcId !== vpcId) return [];
    // Who was asked can only refuse.
    const verb = side === 'accepter' && Status?.Code === 'pending-acceptance' ? 'reject' : 'delete';
    const wayOut: WayOut = {
      kind: 'VPC peering connection',
      id,
      about: `with ${there?.VpcId} of account ${there?.OwnerId}`,
      tags: toMap(Tags),
      by: `account ${RequesterVpcInfo?.OwnerId}`,
      state: Status?.Code ?? '',
      command: `aws ec2 ${verb}-vpc-peering-connection --vpc-peering-connection-id ${id}`,
    };
    return [wayOut];
  });
}
