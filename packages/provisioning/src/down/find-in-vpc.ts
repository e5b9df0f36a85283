import { findGateways } from './find-gateways.ts';
import { findInstances } from './find-instances.ts';
import { findInterfaces } from './find-interfaces.ts';
import { findSecurityGroups } from './find-security-groups.ts';
import { findEndpoints, findParts } from './find-vpc-parts.ts';
import type { Blocker, NamedId } from './leftovers.ts';
import type { Search } from './search.ts';

/** Everything in the VPC that no stack removes and that keeps it from being deleted, all kinds asked for at once. */
export async function findInVpc(
  search: Search,
  vpcId: string,
): Promise<{
  readonly securityGroups: readonly NamedId[];
  readonly networkInterfaces: readonly NamedId[];
  readonly foreign: readonly Blocker[];
}> {
  const [instances, interfaces, gateways, endpoints, parts, groups] = await Promise.all([
    findInstances(search, vpcId),
    findInterfaces(search, vpcId),
    findGateways(search, vpcId),
    findEndpoints(search, vpcId),
    findParts(search, vpcId),
    findSecurityGroups(search, vpcId),
  ]);
  return {
    securityGroups: groups.ours,
    networkInterfaces: interfaces.ours,
    foreign: [...instances, ...interfaces.foreign, ...gateways, ...endpoints, ...parts, ...groups.foreign],
  };
}
