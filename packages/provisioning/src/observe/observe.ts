import type { Release } from '@roadstead/channel';
import { type Clock, systemClock } from '@roadstead/foundation';
import { orAbsent } from '../calls/aws-failure.ts';
import type { AwsReader } from '../calls/aws-port.ts';
import { clusterTag } from '../plan/tags.ts';
import {
  describeCluster,
  describeLogGroup,
  observeAccessEntries,
  observeAddons,
  observeAssociations,
  observeNodeGroups,
} from './observe-eks.ts';
import { observeStacks } from './observe-stacks.ts';
import type { ObservedAws, ObservedSubnet } from './observed.ts';
import { allPages } from './plain.ts';

/** Which cluster to look at: a release, or just its identity when there is none (`down`, `status` without a store). */
export type ClusterIdentity = Pick<Release, 'cluster'> & { readonly stacks?: Release['stacks'] };

export interface ObserveOptions {
  /** Ask CloudFormation for drift of each stack. Default true. */
  readonly drift?: boolean;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  /** Multiplies the waits between polls of drift detection. Default 1. */
  readonly pollScale?: number;
}

/** Looks at everything of one cluster in AWS, a few calls at a time. Writes nothing; absence is a value. */
export async function observe(
  reader: AwsReader,
  identity: ClusterIdentity,
  options: ObserveOptions = {},
): Promise<ObservedAws> {
  const { name, account, region } = identity.cluster;
  const { signal } = options;
  const look = {
    reader,
    clock: options.clock ?? systemClock,
    drift: options.drift ?? true,
    pollScale: options.pollScale ?? 1,
    ...(signal === undefined ? {} : { signal }),
  };
  const stackNames = identity.stacks?.map((stack) => stack.stackName) ?? [];
  const [stacks, eks, logGroup, subnets] = await Promise.all([
    observeStacks(look, name, stackNames),
    describeCluster(reader, name, signal),
    describeLogGroup(reader, name, signal),
    observeSubnets(reader, name, signal),
  ]);
  // A cluster that goes while we look has gone: it must not be taken for one that has lost everything inside.
  const inside = eks === undefined ? undefined : await orAbsent(observeInside(reader, name, signal));
  return {
    cluster: name,
    account,
    region,
    stacks,
    subnets,
    ...(inside ?? nothingInside),
    ...(eks === undefined || inside === undefined ? {} : { eks }),
    ...(logGroup === undefined ? {} : { logGroup }),
  };
}

const nothingInside = { nodeGroups: {}, addons: {}, accessEntries: {}, podIdentityAssociations: [] };

async function observeInside(reader: AwsReader, name: string, signal?: AbortSignal) {
  const [nodeGroups, addons, accessEntries, podIdentityAssociations] = await Promise.all([
    observeNodeGroups(reader, name, signal),
    observeAddons(reader, name, signal),
    observeAccessEntries(reader, name, signal),
    observeAssociations(reader, name, signal),
  ]);
  return { nodeGroups, addons, accessEntries, podIdentityAssociations };
}

async function observeSubnets(reader: AwsReader, cluster: string, signal?: AbortSignal): Promise<ObservedSubnet[]> {
  const subnets = await allPages(
    (token) =>
      reader.read(
        'ec2',
        'DescribeSubnets',
        {
          Filters: [{ Name: `tag:${clusterTag}`, Values: [cluster] }],
          ...(token === undefined ? {} : { NextToken: token }),
        },
        signal,
      ),
    (page) => page.Subnets,
    (page) => page.NextToken,
  );
  return subnets.map((subnet) => ({
    id: subnet.SubnetId ?? '',
    cidr: subnet.CidrBlock ?? '',
    zoneName: subnet.AvailabilityZone ?? '',
    zoneId: subnet.AvailabilityZoneId ?? '',
  }));
}
