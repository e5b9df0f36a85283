import { mapBounded } from '@roadstead/foundation';
import { orAbsent } from '../calls/aws-failure.ts';
import type { AwsReader } from '../calls/aws-port.ts';
import type { ObservedAws } from '../observe/observed.ts';
import { allPages } from '../observe/plain.ts';
import { stackNameOf } from '../plan/stack-name.ts';
import { isOurs } from '../plan/tags.ts';
import { findInVpc } from './find-in-vpc.ts';
import { findClassicLoadBalancers, findLoadBalancers, findTargetGroups } from './find-load-balancers.ts';
import { findSnapshots, findVolumes } from './find-volumes.ts';
import type { Leftovers } from './leftovers.ts';
import type { Search } from './search.ts';

/** Looks for what a cluster leaves behind in AWS, and for what others put into its VPC. */
export async function observeLeftovers(
  reader: AwsReader,
  observed: ObservedAws,
  signal?: AbortSignal,
): Promise<Leftovers> {
  const ownVpc = observed.stacks[stackNameOf(observed.cluster, 'network')]?.outputs.VpcId;
  const vpcId = ownVpc ?? observed.eks?.vpcId;
  const search: Search = {
    reader,
    cluster: observed.cluster,
    owned: await ownedIds(reader, observed, signal),
    hasControlPlane: observed.eks !== undefined,
    ...(vpcId === undefined ? {} : { vpcId }),
    ...(signal === undefined ? {} : { signal }),
  };
  const [balancers, classic, targetGroups, volumes, snapshots] = await Promise.all([
    findLoadBalancers(search),
    findClassicLoadBalancers(search),
    findTargetGroups(search),
    findVolumes(search),
    findSnapshots(search),
  ]);
  const inside = vpcId === undefined ? nothing : await findInVpc(search, vpcId);
  // Others block only a VPC that goes.
  const foreign = ownVpc === undefined ? [] : [...balancers.foreign, ...classic.foreign, ...inside.foreign];
  return {
    loadBalancers: balancers.ours,
    classicLoadBalancers: classic.ours,
    targetGroups,
    volumes,
    snapshots,
    securityGroups: inside.securityGroups,
    networkInterfaces: inside.networkInterfaces,
    foreign,
  };
}

const nothing = { securityGroups: [], networkInterfaces: [], foreign: [] };

async function ownedIds(reader: AwsReader, observed: ObservedAws, signal?: AbortSignal): Promise<Set<string>> {
  const stacks = Object.values(observed.stacks).filter((stack) => isOurs(stack.tags, observed.cluster));
  const lists = await mapBounded(stacks, 4, (stack) => resourcesOf(reader, stack.stackName, signal));
  return new Set(lists.flat());
}

/** None of a stack that has gone since it was listed. */
async function resourcesOf(reader: AwsReader, StackName: string, signal?: AbortSignal): Promise<readonly string[]> {
  const resources = await orAbsent(
    allPages(
      (token) =>
        reader.read(
          'cloudformation',
          'ListStackResources',
          { StackName, ...(token === undefined ? {} : { NextToken: token }) },
          signal,
        ),
      (page) => page.StackResourceSummaries,
      (page) => page.NextToken,
    ),
  );
  return (resources ?? []).flatMap((resource) => resource.PhysicalResourceId ?? []);
}
