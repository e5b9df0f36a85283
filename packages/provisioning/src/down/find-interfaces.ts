import type { NetworkInterface } from '@aws-sdk/client-ec2';
import { allPages } from '../observe/plain.ts';
import { interfaceUser } from './interface-user.ts';
import { type Blocker, type FoundInVpc, makerOf } from './leftovers.ts';
import { inVpc, isOfCluster, isOwned, type Search, toMap } from './search.ts';

/** Interfaces of pods whose node has gone, and those that belong to what nothing else here names. */
export async function findInterfaces(search: Search, vpcId: string): Promise<FoundInVpc> {
  const all = await allPages(
    (token) => search.reader.read('ec2', 'DescribeNetworkInterfaces', inVpc(vpcId, token), search.signal),
    (page) => page.NetworkInterfaces,
    (page) => page.NextToken,
  );
  const dangling = all.filter((card) => isDangling(search, card));
  return {
    ours: dangling.map((card) => ({ id: card.NetworkInterfaceId ?? '', name: card.Description ?? '' })),
    foreign: all.flatMap((card) => (dangling.includes(card) ? [] : foreignInterface(search, card))),
  };
}

/** One that the network plugin made for a node that has gone. */
function isDangling(search: Search, card: NetworkInterface): boolean {
  return (
    card.Status === 'available' && /^aws-k8s-/i.test(card.Description ?? '') && isOfCluster(search, toMap(card.TagSet))
  );
}

/** Kinds of interfaces that go with what they belong to, which is found and named itself. */
const named = new Set([
  'gateway_load_balancer',
  'gateway_load_balancer_endpoint',
  'load_balancer',
  'nat_gateway',
  'network_load_balancer',
  'transit_gateway',
  'vpc_endpoint',
]);
const namedBy =
  /^(ELB |VPC Endpoint Interface|Interface for NAT Gateway |Network Interface for Transit Gateway Attachment )/i;

function foreignInterface(search: Search, card: NetworkInterface): Blocker[] {
  const description = card.Description ?? '';
  const tags = toMap(card.TagSet);
  const what = `network interface ${card.NetworkInterfaceId}`;
  // A subnet can be shared with other accounts: what they put there is listed to them alone.
  if (card.OwnerId !== undefined && card.OwnerId !== search.account) {
    const about = description === '' ? '' : ` ("${description}")`;
    return [{ what, maker: `account ${card.OwnerId}${about}`, hint: 'that account has to delete what it belongs to' }];
  }
  const goesWithItsOwner =
    card.Attachment?.InstanceId !== undefined || named.has(card.InterfaceType ?? '') || namedBy.test(description);
  const ofEks =
    description === `Amazon EKS ${search.cluster}` || tags['cluster.k8s.amazonaws.com/name'] === search.cluster;
  if (goesWithItsOwner || ofEks || isOwned(search, card.NetworkInterfaceId, tags)) return [];
  const user = interfaceUser(description);
  if (user !== undefined) return [{ what, ...user }];
  const maker = makerOf({
    tags,
    description,
    ...(card.RequesterId === undefined ? {} : { requester: card.RequesterId }),
  });
  return [{ what, maker, hint: interfaceHint(card) }];
}

/** What a service made is deleted by deleting what it belongs to, and no other way. */
function interfaceHint({ NetworkInterfaceId, RequesterManaged }: NetworkInterface): string {
  if (RequesterManaged === true) return 'delete what it belongs to';
  return `delete it: aws ec2 delete-network-interface --network-interface-id ${NetworkInterfaceId}`;
}
