import type { AwsReader } from '../calls/aws-port.ts';
import type { ObservedAws } from '../observe/observed.ts';
import { stackNameOf } from '../plan/stack-name.ts';
import { isOurs } from '../plan/tags.ts';
import { findEndpointServices } from './find-endpoint-services.ts';
import { findFargateProfiles } from './find-fargate-profiles.ts';
import { findImports } from './find-imports.ts';
import { findInVpc } from './find-in-vpc.ts';
import { findClassicLoadBalancers, findLoadBalancers, findTargetGroups } from './find-load-balancers.ts';
import { findOnRoles } from './find-on-roles.ts';
import { findProtected } from './find-protected.ts';
import { findSnapshots, findVolumes } from './find-volumes.ts';
import type { Leftovers } from './leftovers.ts';
import type { Search } from './search.ts';
import { listResources, type StackResource } from './stack-resources.ts';

/** Looks for what a cluster leaves behind in AWS, and for what of others is in the way of its deletion. All kinds are asked for at once. */
export async function observeLeftovers(
  reader: AwsReader,
  observed: ObservedAws,
  signal?: AbortSignal,
): Promise<Leftovers> {
  const stacks = Object.values(observed.stacks).filter((stack) => isOurs(stack.tags, observed.cluster));
  const resources = await listResources(reader, stacks, signal);
  const ownVpc = ownVpcOf(observed, resources);
  const vpcId = ownVpc ?? observed.eks?.vpcId;
  const search: Search = {
    reader,
    cluster: observed.cluster,
    account: observed.account,
    owned: new Set(resources.map(({ id }) => id)),
    hasControlPlane: observed.eks !== undefined,
    ...(vpcId === undefined ? {} : { vpcId }),
    ...(signal === undefined ? {} : { signal }),
  };
  const [balancers, classic, targetGroups, volumes, snapshots, inside, ...inTheWay] = await Promise.all([
    findLoadBalancers(search),
    findClassicLoadBalancers(search),
    findTargetGroups(search),
    findVolumes(search),
    findSnapshots(search),
    vpcId === undefined ? nothing : findInVpc(search, vpcId),
    isOurs(observed.eks?.tags, observed.cluster) ? findFargateProfiles(search) : [],
    findImports(search, stacks),
    findOnRoles(search, stacks, resources),
  ]);
  // Others block only a VPC that goes.
  const inVpc = ownVpc === undefined ? [] : [...balancers.foreign, ...classic.foreign, ...inside.foreign];
  const onBalancers = await Promise.all([
    findEndpointServices(search, balancers.ours),
    findProtected(search, balancers.ours),
  ]);
  return {
    loadBalancers: balancers.ours,
    classicLoadBalancers: classic.ours,
    targetGroups,
    volumes,
    snapshots,
    securityGroups: inside.securityGroups,
    networkInterfaces: inside.networkInterfaces,
    foreign: [...inVpc, ...inTheWay.flat(), ...onBalancers.flat()],
  };
}

const nothing = { securityGroups: [], networkInterfaces: [], foreign: [] };

/** The VPC of the network stack, also where the stack has lost its outputs on its way to nothing. */
function ownVpcOf({ cluster, stacks }: ObservedAws, resources: readonly StackResource[]): string | undefined {
  const name = stackNameOf(cluster, 'network');
  const output = stacks[name]?.outputs.VpcId;
  return output ?? resources.find(({ stackName, type }) => stackName === name && type === 'AWS::EC2::VPC')?.id;
}
