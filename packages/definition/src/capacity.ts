import type { Cluster, Inputs, InstanceTypeFacts, NodePool } from './cluster.ts';
import type { NetworkPlan, ZoneNetwork } from './plan-network.ts';
import type { Fault } from './problem.ts';

/** kube-proxy and the CNI itself run on the node's own address. */
const hostNetworkPods = 2;

/**
 * Pods that fit on a node when each has a secondary address of the VPC (prefix mode off): the VPC CNI's formula, cut to what managed
 * node groups allow (110 below 30 vCPUs, else 250).
 */
export function maxPods(facts: Pick<InstanceTypeFacts, 'maxEnis' | 'ipv4PerEni' | 'vcpus'>): number {
  const byAddresses = facts.maxEnis * (facts.ipv4PerEni - 1) + hostNetworkPods;
  return Math.min(byAddresses, facts.vcpus < 30 ? 110 : 250);
}

/** The pods of one node of a pool: the least over its types, or what the file asks where that is less. */
export function poolMaxPods(pool: NodePool, types: Inputs['instanceTypes']): number | undefined {
  const limits = factsOf(pool, types).map(maxPods);
  if (limits.length === 0) return pool.maxPods;
  return Math.min(...limits, ...(pool.maxPods === undefined ? [] : [pool.maxPods]));
}

function factsOf(pool: NodePool, types: Inputs['instanceTypes']): InstanceTypeFacts[] {
  return pool.instanceTypes.map((type) => types[type]).filter((facts) => facts !== undefined);
}

/** Addresses that one node of a pool takes when it is full. */
export interface NodeAddresses {
  readonly pods: number;
  /** One on each network interface. */
  readonly interfaces: number;
  /** Kept by the CNI for the next pods: what is left of its interfaces, one spare interface included (WARM_ENI_TARGET=1). */
  readonly warm: number;
  readonly total: number;
}

/** Counts the addresses of a full node: interfaces are attached whole, and one spare where the type has room for it. */
export function nodeAddresses(pods: number, facts: Pick<InstanceTypeFacts, 'maxEnis' | 'ipv4PerEni'>): NodeAddresses {
  const own = Math.max(0, pods - hostNetworkPods);
  const needed = Math.ceil(own / Math.max(1, facts.ipv4PerEni - 1));
  const interfaces = Math.min(facts.maxEnis, Math.max(1, needed) + 1);
  const total = interfaces * facts.ipv4PerEni;
  return {
    pods: own,
    interfaces,
    warm: Math.max(0, total - own - interfaces),
    total: Math.max(total, own + interfaces),
  };
}

/** What one pool takes of one zone's private subnet when it is as large as the file allows. */
export interface PoolDemand {
  readonly pool: string;
  readonly nodes: number;
  readonly perNode: NodeAddresses;
  readonly addresses: number;
}

/** What all pools take of one zone, and what it has. */
export interface ZoneDemand {
  readonly zone: string;
  readonly pools: readonly PoolDemand[];
  readonly addresses: number;
  readonly free: number;
}

/** Computes the room that the pools need by zone. Types without facts are left out: `checkAgainstInputs` names them. */
export function zoneDemands(
  cluster: Pick<Cluster, 'nodePools'>,
  inputs: Pick<Inputs, 'instanceTypes'>,
  plan: NetworkPlan,
): ZoneDemand[] {
  return plan.zones.map((zone) => zoneDemand(cluster, inputs, plan, zone));
}

function zoneDemand(
  cluster: Pick<Cluster, 'nodePools'>,
  inputs: Pick<Inputs, 'instanceTypes'>,
  plan: NetworkPlan,
  zone: ZoneNetwork,
): ZoneDemand {
  const pools = cluster.nodePools.flatMap((pool) => {
    const pods = poolMaxPods(pool, inputs.instanceTypes);
    if (pods === undefined) return [];
    const perNode = factsOf(pool, inputs.instanceTypes)
      .map((facts) => nodeAddresses(pods, facts))
      .reduce<NodeAddresses | undefined>(
        (most, next) => (most === undefined || next.total > most.total ? next : most),
        undefined,
      );
    if (perNode === undefined) return [];
    const nodes = pool.zones === 'each' ? pool.size.max : Math.ceil(pool.size.max / plan.zones.length);
    return [{ pool: pool.name, nodes, perNode, addresses: nodes * perNode.total }];
  });
  return {
    zone: zone.name,
    pools,
    addresses: pools.reduce((sum, pool) => sum + pool.addresses, 0),
    free: zone.privateFree,
  };
}

/** Refuses a plan whose private subnets cannot hold the pools at their largest; each fault shows the sum. */
export function checkCapacity(
  cluster: Pick<Cluster, 'nodePools' | 'network'>,
  inputs: Pick<Inputs, 'instanceTypes'>,
  plan: NetworkPlan,
): Fault[] {
  const short = zoneDemands(cluster, inputs, plan).filter((zone) => zone.addresses > zone.free);
  const worst = short[0];
  if (worst === undefined) return [];
  return [
    {
      code: 'SUBNETS_TOO_SMALL',
      message: `the private subnet of ${short.map((zone) => zone.zone).join(', ')} cannot hold the pools at their largest: ${sumOf(worst)}`,
      hint: `fewer or smaller nodes, maxPods, or a larger network than ${cluster.network.cidr}`,
      value: worst.addresses,
    },
  ];
}

const grouped = (value: number): string => String(value).replaceAll(/\B(?=(\d{3})+$)/g, ',');

/** `app: 20 nodes × (56 pods + 4 interfaces + 0 warm) = 1,200; all = 1,200 > 1,019 free`. */
export function sumOf(demand: ZoneDemand): string {
  const parts = demand.pools.map(({ pool, nodes, perNode, addresses }) => {
    const node = `(${perNode.pods} pods + ${perNode.interfaces} interfaces + ${perNode.warm} warm)`;
    return `${pool}: ${nodes} nodes × ${node} = ${grouped(addresses)}`;
  });
  const relation = demand.addresses > demand.free ? '>' : '≤';
  const all = demand.pools.length > 1 ? `; together ${grouped(demand.addresses)}` : '';
  return `${parts.join(', ')}${all} ${relation} ${grouped(demand.free)} free`;
}
