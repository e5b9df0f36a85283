import { formatCidr, isCidr, parseCidr, sizeOf, subnetOf } from './cidr.ts';
import type { Cluster, Zone } from './cluster.ts';
import { zoneSlot } from './zone-slot.ts';

/** Addresses that AWS keeps in each subnet: network, router, DNS, future use, broadcast. */
export const reservedPerSubnet = 5;
/** Zone numbers go to az6 in the largest region. */
export const zoneSlots = 6;

/** The subnets of a cluster's VPC by zone. */
export interface NetworkPlan {
  readonly vpcCidr: string;
  /** In the order of the zones given. */
  readonly zones: readonly ZoneNetwork[];
}

export interface ZoneNetwork {
  readonly name: string;
  readonly id: string;
  /** For nodes and pods. */
  readonly privateCidr: string;
  /** For load balancers and NAT. */
  readonly publicCidr: string;
  /** For the network interfaces of the EKS control plane. */
  readonly controlPlaneCidr: string;
  /** Addresses of the private subnet that AWS does not keep. */
  readonly privateFree: number;
}

/**
 * Plans the subnets. The VPC is cut into eight blocks: zone number n (of its zone id, 1 to 6) has the n-th whole block as its
 * private subnet, an eighth of the seventh block as its public subnet, and a /28 of the last block for the control plane. So a block
 * depends on the VPC and the zone id alone, and none moves when zones come or go.
 *
 * Throws a RangeError for a network or a zone that `parseClusterFile` and `checkAgainstInputs` refuse.
 */
export function planNetwork(cluster: Pick<Cluster, 'network'>, zones: readonly Zone[]): NetworkPlan {
  const vpc = parseCidr(cluster.network.cidr);
  if (!isCidr(vpc)) throw new RangeError(`${cluster.network.cidr} is not a network`);
  const blockMask = vpc.mask + 3;
  const publicBlock = subnetOf(vpc, blockMask, zoneSlots);
  const controlPlaneBlock = subnetOf(vpc, blockMask, zoneSlots + 1);
  const planZone = (zone: Zone): ZoneNetwork => {
    const slot = zoneSlot(zone.id);
    if (slot === undefined || slot >= zoneSlots)
      throw new RangeError(`${zone.id} is not one of the first ${zoneSlots} zones of a region`);
    return {
      name: zone.name,
      id: zone.id,
      privateCidr: formatCidr(subnetOf(vpc, blockMask, slot)),
      publicCidr: formatCidr(subnetOf(publicBlock, Math.min(28, blockMask + 3), slot)),
      controlPlaneCidr: formatCidr(subnetOf(controlPlaneBlock, 28, slot)),
      privateFree: sizeOf(blockMask) - reservedPerSubnet,
    };
  };
  return { vpcCidr: formatCidr(vpc), zones: zones.map(planZone) };
}
