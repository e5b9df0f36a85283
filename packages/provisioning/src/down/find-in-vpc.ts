import type { NetworkInterface } from '@aws-sdk/client-ec2';
import { allPages } from '../observe/plain.ts';
import { isOurs } from '../plan/tags.ts';
import { type Blocker, isOfKubernetes, makerOf, type NamedId } from './leftovers.ts';
import { inVpc, isOfCluster, isOwned, type Search, type Tags, toMap } from './search.ts';

/** Things of one kind in the VPC: those that the cluster leaves behind, and those that others made. */
export interface FoundInVpc {
  readonly ours: readonly NamedId[];
  readonly foreign: readonly Blocker[];
}

/** Everything in the VPC that no stack removes and that keeps it from being deleted, kind by kind. */
export async function findInVpc(
  search: Search,
  vpcId: string,
): Promise<{
  readonly securityGroups: readonly NamedId[];
  readonly networkInterfaces: readonly NamedId[];
  readonly foreign: readonly Blocker[];
}> {
  const groups = await findSecurityGroups(search, vpcId);
  const instances = await findInstances(search, vpcId);
  const interfaces = await findInterfaces(search, vpcId);
  const endpoints = await findEndpoints(search, vpcId);
  const parts = await findParts(search, vpcId);
  return {
    securityGroups: groups.ours,
    networkInterfaces: interfaces.ours,
    foreign: [...instances, ...interfaces.foreign, ...endpoints, ...parts, ...groups.foreign],
  };
}

async function findSecurityGroups(search: Search, vpcId: string): Promise<FoundInVpc> {
  const all = await allPages(
    (token) => search.reader.read('ec2', 'DescribeSecurityGroups', inVpc(vpcId, token), search.signal),
    (page) => page.SecurityGroups,
    (page) => page.NextToken,
  );
  const others = all
    .map((group) => ({ id: group.GroupId ?? '', name: group.GroupName ?? '', tags: toMap(group.Tags), group }))
    .filter(({ id, name, tags }) => name !== 'default' && !isOwned(search, id, tags));
  const ofEks = others.filter(({ name, tags }) => isGroupOfEks(search.cluster, name, tags));
  const ours = others.filter((group) => !ofEks.includes(group) && isOfKubernetes(group.tags, search.cluster));
  // EKS removes its own group with the control plane, unless something used it then.
  const left = search.hasControlPlane ? [] : ofEks;
  return {
    ours: [...ours, ...left].map(({ id, name }) => ({ id, name })),
    foreign: others
      .filter((group) => !ours.includes(group) && !ofEks.includes(group))
      .map(({ id, name, tags, group }) => ({
        what: `security group ${id} (${name})`,
        maker: makerOf({ tags, description: group.Description ?? name }),
        hint: 'delete it when nothing uses it',
      })),
  };
}

/** EKS names its group after the cluster and a number; a cluster `shop-eu` has another name. */
function isGroupOfEks(cluster: string, name: string, tags: Tags): boolean {
  const prefix = `eks-cluster-sg-${cluster}-`;
  return (
    tags['aws:eks:cluster-name'] === cluster || (name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)))
  );
}

/** Instances that are no nodes of the cluster. */
async function findInstances(search: Search, vpcId: string): Promise<Blocker[]> {
  const reservations = await allPages(
    (token) => search.reader.read('ec2', 'DescribeInstances', inVpc(vpcId, token), search.signal),
    (page) => page.Reservations,
    (page) => page.NextToken,
  );
  const isNode = (tags: Tags) =>
    tags['eks:cluster-name'] === search.cluster ||
    tags['aws:eks:cluster-name'] === search.cluster ||
    isOurs(tags, search.cluster) ||
    isOfKubernetes(tags, search.cluster);
  return reservations
    .flatMap((reservation) => reservation.Instances ?? [])
    .filter((instance) => instance.State?.Name !== 'terminated' && !isNode(toMap(instance.Tags)))
    .map((instance) => ({
      what: `instance ${instance.InstanceId}`,
      maker: makerOf({ tags: toMap(instance.Tags), description: instance.KeyName ?? '' }),
      hint: 'terminate it, or move it to another VPC',
    }));
}

async function findInterfaces(search: Search, vpcId: string): Promise<FoundInVpc> {
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
const named = new Set(['gateway_load_balancer', 'load_balancer', 'network_load_balancer', 'vpc_endpoint']);

function foreignInterface(search: Search, card: NetworkInterface): Blocker[] {
  const description = card.Description ?? '';
  const tags = toMap(card.TagSet);
  const gateway = /^Interface for NAT Gateway (\S+)$/.exec(description)?.[1];
  const goesWithItsOwner =
    card.Attachment?.InstanceId !== undefined ||
    named.has(card.InterfaceType ?? '') ||
    /^(ELB |VPC Endpoint Interface)/i.test(description);
  const ofEks =
    description === `Amazon EKS ${search.cluster}` || tags['cluster.k8s.amazonaws.com/name'] === search.cluster;
  if (goesWithItsOwner || ofEks || isOwned(search, gateway ?? card.NetworkInterfaceId, tags)) return [];
  return [
    {
      what: gateway === undefined ? `network interface ${card.NetworkInterfaceId}` : `NAT gateway ${gateway}`,
      maker: makerOf({
        tags,
        ...(gateway !== undefined || card.Description === undefined ? {} : { description }),
        ...(gateway !== undefined || card.RequesterId === undefined ? {} : { requester: card.RequesterId }),
      }),
      hint: gateway === undefined ? 'delete what it belongs to' : 'delete it',
    },
  ];
}

async function findEndpoints(search: Search, vpcId: string): Promise<Blocker[]> {
  const all = await allPages(
    (token) => search.reader.read('ec2', 'DescribeVpcEndpoints', inVpc(vpcId, token), search.signal),
    (page) => page.VpcEndpoints,
    (page) => page.NextToken,
  );
  return all
    .filter(
      (endpoint) =>
        endpoint.State?.toLowerCase() !== 'deleted' && !isOwned(search, endpoint.VpcEndpointId, toMap(endpoint.Tags)),
    )
    .map((endpoint) => ({
      what: `VPC endpoint ${endpoint.VpcEndpointId} (${endpoint.ServiceName})`,
      maker: makerOf({ tags: toMap(endpoint.Tags), description: endpoint.ServiceName ?? '' }),
      hint: 'delete it, or switch off what made it',
    }));
}

/** Subnets, route tables and network ACLs that others added: a VPC goes with none but its main and default ones. */
async function findParts(search: Search, vpcId: string): Promise<Blocker[]> {
  const { reader, signal } = search;
  const [subnets, tables, lists] = await Promise.all([
    allPages(
      (token) => reader.read('ec2', 'DescribeSubnets', inVpc(vpcId, token), signal),
      (page) => page.Subnets,
      (page) => page.NextToken,
    ),
    allPages(
      (token) => reader.read('ec2', 'DescribeRouteTables', inVpc(vpcId, token), signal),
      (page) => page.RouteTables,
      (page) => page.NextToken,
    ),
    allPages(
      (token) => reader.read('ec2', 'DescribeNetworkAcls', inVpc(vpcId, token), signal),
      (page) => page.NetworkAcls,
      (page) => page.NextToken,
    ),
  ]);
  const added = tables.filter((table) => !(table.Associations ?? []).some(({ Main }) => Main === true));
  const parts = [
    ...subnets.map(({ SubnetId, Tags }) => ({ kind: 'subnet', id: SubnetId, tags: toMap(Tags) })),
    ...added.map(({ RouteTableId, Tags }) => ({ kind: 'route table', id: RouteTableId, tags: toMap(Tags) })),
    ...lists
      .filter(({ IsDefault }) => IsDefault !== true)
      .map(({ NetworkAclId, Tags }) => ({ kind: 'network ACL', id: NetworkAclId, tags: toMap(Tags) })),
  ];
  return parts
    .filter(({ id, tags }) => !isOwned(search, id, tags))
    .map(({ kind, id, tags }) => ({ what: `${kind} ${id}`, maker: makerOf({ tags }), hint: 'delete it' }));
}
