import type { Tag } from '@aws-sdk/client-ec2';
import { mapBounded } from '@roadstead/foundation';
import type { AwsReader } from '../calls/aws-port.ts';
import type { ObservedAws } from '../observe/observed.ts';
import { allPages } from '../observe/plain.ts';
import { clusterTag, isOurs } from '../plan/tags.ts';
import { type Blocker, isOfKubernetes, type Leftovers, makerOf, type NamedArn, type NamedId } from './leftovers.ts';

interface Search {
  readonly reader: AwsReader;
  readonly cluster: string;
  /** Absent when neither the stack nor the control plane tells: then only tags are searched by. */
  readonly vpcId?: string;
  /** Physical ids of everything in our stacks. */
  readonly owned: ReadonlySet<string>;
  readonly signal?: AbortSignal;
}

/** Looks for what a cluster leaves behind in AWS, and for what others put into its VPC. */
export async function observeLeftovers(
  reader: AwsReader,
  observed: ObservedAws,
  signal?: AbortSignal,
): Promise<Leftovers> {
  const vpcId = observed.stacks[`roadstead-${observed.cluster}-network`]?.outputs.VpcId ?? observed.eks?.vpcId;
  const owned = await ownedIds(reader, observed, signal);
  const search: Search = {
    reader,
    cluster: observed.cluster,
    owned,
    ...(vpcId === undefined ? {} : { vpcId }),
    ...(signal === undefined ? {} : { signal }),
  };
  const [balancers, targetGroups, volumes, snapshots] = await Promise.all([
    findLoadBalancers(search),
    findTargetGroups(search),
    findVolumes(search),
    findSnapshots(search),
  ]);
  const groups = vpcId === undefined ? nothing : await findSecurityGroups(search, vpcId);
  const instances = vpcId === undefined ? { ours: new Set<string>(), foreign: [] } : await findInstances(search, vpcId);
  const interfaces =
    vpcId === undefined
      ? { ...nothing, classicLoadBalancers: [] }
      : await findInterfaces(search, vpcId, instances.ours);
  const endpoints = vpcId === undefined ? [] : await findEndpoints(search, vpcId);
  return {
    loadBalancers: balancers.ours,
    classicLoadBalancers: interfaces.classicLoadBalancers.filter((name) => !balancers.names.has(name)),
    targetGroups,
    volumes,
    snapshots,
    securityGroups: groups.ours,
    networkInterfaces: interfaces.ours,
    foreign: [...balancers.foreign, ...instances.foreign, ...interfaces.foreign, ...endpoints, ...groups.foreign],
  };
}

interface FoundInterfaces extends Found {
  readonly classicLoadBalancers: readonly string[];
}

interface Found {
  readonly ours: readonly NamedId[];
  readonly foreign: readonly Blocker[];
}

const nothing: Found = { ours: [], foreign: [] };

async function ownedIds(reader: AwsReader, observed: ObservedAws, signal?: AbortSignal): Promise<Set<string>> {
  const stacks = Object.values(observed.stacks).filter((stack) => isOurs(stack.tags, observed.cluster));
  const lists = await mapBounded(stacks, 4, (stack) =>
    allPages(
      (token) =>
        reader.read(
          'cloudformation',
          'ListStackResources',
          { StackName: stack.stackName, ...(token === undefined ? {} : { NextToken: token }) },
          signal,
        ),
      (page) => page.StackResourceSummaries,
      (page) => page.NextToken,
    ),
  );
  return new Set(lists.flat().flatMap((resource) => resource.PhysicalResourceId ?? []));
}

async function tagsOfBalancers(search: Search, arns: readonly string[]): Promise<Map<string, Record<string, string>>> {
  const tags = new Map<string, Record<string, string>>();
  for (let start = 0; start < arns.length; start += 20) {
    const ResourceArns = arns.slice(start, start + 20);
    const answer = await search.reader.read('elbv2', 'DescribeTags', { ResourceArns }, search.signal);
    for (const description of answer.TagDescriptions ?? []) {
      tags.set(description.ResourceArn ?? '', toMap(description.Tags));
    }
  }
  return tags;
}

interface FoundBalancers {
  readonly ours: readonly NamedArn[];
  readonly foreign: readonly Blocker[];
  /** Of all that elbv2 knows, whosever they are. */
  readonly names: ReadonlySet<string>;
}

async function findLoadBalancers(search: Search): Promise<FoundBalancers> {
  const all = await allPages(
    (token) =>
      search.reader.read('elbv2', 'DescribeLoadBalancers', token === undefined ? {} : { Marker: token }, search.signal),
    (page) => page.LoadBalancers,
    (page) => page.NextMarker,
  );
  const tags = await tagsOfBalancers(
    search,
    all.flatMap((balancer) => balancer.LoadBalancerArn ?? []),
  );
  const tagsOf = (arn: string | undefined) => tags.get(arn ?? '') ?? {};
  const ours = all.filter((balancer) => isOfKubernetes(tagsOf(balancer.LoadBalancerArn), search.cluster));
  const foreign = all.filter(
    (balancer) => balancer.VpcId === search.vpcId && search.vpcId !== undefined && !ours.includes(balancer),
  );
  return {
    names: new Set(all.flatMap((balancer) => balancer.LoadBalancerName ?? [])),
    ours: ours.map((balancer) => ({ name: balancer.LoadBalancerName ?? '', arn: balancer.LoadBalancerArn ?? '' })),
    foreign: foreign.map((balancer) => ({
      what: `load balancer ${balancer.LoadBalancerName}`,
      maker: makerOf({ tags: tagsOf(balancer.LoadBalancerArn) }),
      hint: 'delete it, or move it to another VPC',
    })),
  };
}

async function findTargetGroups(search: Search): Promise<NamedArn[]> {
  const all = await allPages(
    (token) =>
      search.reader.read('elbv2', 'DescribeTargetGroups', token === undefined ? {} : { Marker: token }, search.signal),
    (page) => page.TargetGroups,
    (page) => page.NextMarker,
  );
  const inVpc = all.filter((group) => search.vpcId === undefined || group.VpcId === search.vpcId);
  const tags = await tagsOfBalancers(
    search,
    inVpc.flatMap((group) => group.TargetGroupArn ?? []),
  );
  return inVpc
    .filter((group) => isOfKubernetes(tags.get(group.TargetGroupArn ?? '') ?? {}, search.cluster))
    .map((group) => ({ name: group.TargetGroupName ?? '', arn: group.TargetGroupArn ?? '' }));
}

/** Volumes of claims. A node's own disk goes with the node. */
async function findVolumes(search: Search): Promise<Leftovers['volumes']> {
  const all = await allPages(
    (token) =>
      search.reader.read(
        'ec2',
        'DescribeVolumes',
        { Filters: kubernetesFilter(search.cluster), ...(token === undefined ? {} : { NextToken: token }) },
        search.signal,
      ),
    (page) => page.Volumes,
    (page) => page.NextToken,
  );
  return all.flatMap((volume) => {
    const tags = toMap(volume.Tags);
    if (!isOfKubernetes(tags, search.cluster) || !isOfClaim(tags)) return [];
    const claim = tags['kubernetes.io/created-for/pvc/name'];
    const namespace = tags['kubernetes.io/created-for/pvc/namespace'];
    return [
      {
        id: volume.VolumeId ?? '',
        sizeGiB: volume.Size ?? 0,
        type: String(volume.VolumeType ?? 'gp3'),
        ...(claim === undefined ? {} : { claim: `${namespace ?? 'default'}/${claim}` }),
      },
    ];
  });
}

function isOfClaim(tags: Readonly<Record<string, string>>): boolean {
  return Object.keys(tags).some(
    (key) =>
      key === 'CSIVolumeName' || key === 'ebs.csi.aws.com/cluster' || key.startsWith('kubernetes.io/created-for/'),
  );
}

async function findSnapshots(search: Search): Promise<Leftovers['snapshots']> {
  const all = await allPages(
    (token) =>
      search.reader.read(
        'ec2',
        'DescribeSnapshots',
        {
          OwnerIds: ['self'],
          Filters: kubernetesFilter(search.cluster),
          ...(token === undefined ? {} : { NextToken: token }),
        },
        search.signal,
      ),
    (page) => page.Snapshots,
    (page) => page.NextToken,
  );
  return all
    .filter((snapshot) => isOfKubernetes(toMap(snapshot.Tags), search.cluster))
    .map((snapshot) => ({ id: snapshot.SnapshotId ?? '', sizeGiB: snapshot.VolumeSize ?? 0 }));
}

function kubernetesFilter(cluster: string): { Name: string; Values: string[] }[] {
  return [{ Name: 'tag-key', Values: [`kubernetes.io/cluster/${cluster}`] }];
}

async function findSecurityGroups(search: Search, vpcId: string): Promise<Found> {
  const all = await allPages(
    (token) => search.reader.read('ec2', 'DescribeSecurityGroups', inVpc(vpcId, token), search.signal),
    (page) => page.SecurityGroups,
    (page) => page.NextToken,
  );
  const others = all.filter((group) => {
    const tags = toMap(group.Tags);
    const ofEks =
      tags['aws:eks:cluster-name'] === search.cluster ||
      group.GroupName?.startsWith(`eks-cluster-sg-${search.cluster}-`);
    return group.GroupName !== 'default' && ofEks !== true && !isOwned(search, group.GroupId, tags);
  });
  const ours = others.filter((group) => isOfKubernetes(toMap(group.Tags), search.cluster));
  return {
    ours: ours.map((group) => ({ id: group.GroupId ?? '', name: group.GroupName ?? '' })),
    foreign: others
      .filter((group) => !ours.includes(group))
      .map((group) => ({
        what: `security group ${group.GroupId} (${group.GroupName})`,
        maker: makerOf({ tags: toMap(group.Tags), description: group.Description ?? group.GroupName ?? '' }),
        hint: 'delete it when nothing uses it',
      })),
  };
}

async function findInstances(search: Search, vpcId: string): Promise<{ ours: Set<string>; foreign: Blocker[] }> {
  const reservations = await allPages(
    (token) => search.reader.read('ec2', 'DescribeInstances', inVpc(vpcId, token), search.signal),
    (page) => page.Reservations,
    (page) => page.NextToken,
  );
  const alive = reservations
    .flatMap((reservation) => reservation.Instances ?? [])
    .filter((instance) => instance.State?.Name !== 'terminated');
  const isNode = (tags: Readonly<Record<string, string>>) =>
    tags['eks:cluster-name'] === search.cluster ||
    tags['aws:eks:cluster-name'] === search.cluster ||
    isOurs(tags, search.cluster) ||
    isOfKubernetes(tags, search.cluster);
  const ours = alive.filter((instance) => isNode(toMap(instance.Tags)));
  return {
    ours: new Set(ours.flatMap((instance) => instance.InstanceId ?? [])),
    foreign: alive
      .filter((instance) => !ours.includes(instance))
      .map((instance) => ({
        what: `instance ${instance.InstanceId}`,
        maker: makerOf({ tags: toMap(instance.Tags), description: instance.KeyName ?? '' }),
        hint: 'terminate it, or move it to another VPC',
      })),
  };
}

async function findInterfaces(search: Search, vpcId: string, nodes: ReadonlySet<string>): Promise<FoundInterfaces> {
  const all = await allPages(
    (token) => search.reader.read('ec2', 'DescribeNetworkInterfaces', inVpc(vpcId, token), search.signal),
    (page) => page.NetworkInterfaces,
    (page) => page.NextToken,
  );
  const dangling = all.filter(
    (card) =>
      card.Status === 'available' &&
      /^aws-K8S-/.test(card.Description ?? '') &&
      isOfCluster(search, toMap(card.TagSet)),
  );
  const foreign = all.filter((card) => {
    if (dangling.includes(card)) return false;
    const description = card.Description ?? '';
    const instance = card.Attachment?.InstanceId;
    // Instances, gateways, endpoints and load balancers are named themselves; their interfaces go with them.
    const belongsToAnother =
      instance !== undefined ||
      (card.InterfaceType !== undefined && card.InterfaceType !== 'interface') ||
      /^(ELB |VPC Endpoint Interface|Interface for NAT Gateway)/i.test(description);
    const ofEks =
      description === `Amazon EKS ${search.cluster}` ||
      toMap(card.TagSet)['cluster.k8s.amazonaws.com/name'] === search.cluster;
    return (
      !belongsToAnother &&
      !ofEks &&
      !isOwned(search, card.NetworkInterfaceId, toMap(card.TagSet)) &&
      !nodes.has(instance ?? '')
    );
  });
  return {
    classicLoadBalancers: [...new Set(all.flatMap((card) => classicName(card.Description) ?? []))],
    ours: dangling.map((card) => ({ id: card.NetworkInterfaceId ?? '', name: card.Description ?? '' })),
    foreign: foreign.map((card) => ({
      what: `network interface ${card.NetworkInterfaceId}`,
      maker: makerOf({
        tags: toMap(card.TagSet),
        ...(card.Description === undefined ? {} : { description: card.Description }),
        ...(card.RequesterId === undefined ? {} : { requester: card.RequesterId }),
      }),
      hint: 'delete what it belongs to',
    })),
  };
}

/** Those of application and network load balancers say `ELB app/…` and `ELB net/…`. */
function classicName(description: string | undefined): string | undefined {
  return /^ELB ([^/]+)$/.exec(description ?? '')?.[1];
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

function isOwned(search: Search, id: string | undefined, tags: Readonly<Record<string, string>>): boolean {
  return search.owned.has(id ?? '') || tags[clusterTag] === search.cluster;
}

function isOfCluster(search: Search, tags: Readonly<Record<string, string>>): boolean {
  return tags['cluster.k8s.amazonaws.com/name'] === search.cluster || isOfKubernetes(tags, search.cluster);
}

function inVpc(vpcId: string, token: string | undefined) {
  return { Filters: [{ Name: 'vpc-id', Values: [vpcId] }], ...(token === undefined ? {} : { NextToken: token }) };
}

function toMap(tags: readonly Tag[] | undefined): Record<string, string> {
  return Object.fromEntries((tags ?? []).map((tag) => [tag.Key ?? '', tag.Value ?? '']));
}
