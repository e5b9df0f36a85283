import { mapBounded } from '@roadstead/foundation';
import { orAbsent } from '../calls/aws-failure.ts';
import type { AwsReader } from '../calls/aws-port.ts';
import type {
  HealthIssue,
  ObservedAccessEntry,
  ObservedAddon,
  ObservedAssociation,
  ObservedCluster,
  ObservedLogGroup,
  ObservedNodeGroup,
} from './observed.ts';
import { allPages, plain } from './plain.ts';

const atOnce = 6;

/** The control plane; undefined when there is none. */
export async function describeCluster(
  reader: AwsReader,
  name: string,
  signal?: AbortSignal,
): Promise<ObservedCluster | undefined> {
  const cluster = (await orAbsent(reader.read('eks', 'DescribeCluster', { name }, signal)))?.cluster;
  if (cluster === undefined) return undefined;
  return {
    described: plain(cluster),
    arn: cluster.arn ?? '',
    status: cluster.status ?? '',
    version: cluster.version ?? '',
    tags: cluster.tags ?? {},
    health: issuesOf(cluster.health?.issues),
    ...present('endpoint', cluster.endpoint),
    ...present('certificateAuthority', cluster.certificateAuthority?.data),
    ...present('securityGroupId', cluster.resourcesVpcConfig?.clusterSecurityGroupId),
    ...present('oidcIssuer', cluster.identity?.oidc?.issuer),
    ...present('vpcId', cluster.resourcesVpcConfig?.vpcId),
  };
}

/** One node group; undefined when there is none. */
export async function describeNodeGroup(
  reader: AwsReader,
  clusterName: string,
  nodegroupName: string,
  signal?: AbortSignal,
): Promise<ObservedNodeGroup | undefined> {
  const answer = await orAbsent(reader.read('eks', 'DescribeNodegroup', { clusterName, nodegroupName }, signal));
  const group = answer?.nodegroup;
  if (group === undefined) return undefined;
  return {
    name: nodegroupName,
    described: plain(group),
    status: group.status ?? '',
    tags: group.tags ?? {},
    health: issuesOf(group.health?.issues),
    autoScalingGroups: (group.resources?.autoScalingGroups ?? []).flatMap((asg) => asg.name ?? []),
  };
}

/** One add-on; undefined when it is not installed. */
export async function describeAddon(
  reader: AwsReader,
  clusterName: string,
  addonName: string,
  signal?: AbortSignal,
): Promise<ObservedAddon | undefined> {
  const addon = (await orAbsent(reader.read('eks', 'DescribeAddon', { clusterName, addonName }, signal)))?.addon;
  if (addon === undefined) return undefined;
  return {
    name: addonName,
    arn: addon.addonArn ?? '',
    described: plain(addon),
    status: addon.status ?? '',
    tags: addon.tags ?? {},
    health: issuesOf(addon.health?.issues),
  };
}

/** One access entry with its cluster-wide policies; undefined when there is none. */
export async function describeAccessEntry(
  reader: AwsReader,
  clusterName: string,
  principalArn: string,
  signal?: AbortSignal,
): Promise<ObservedAccessEntry | undefined> {
  const answer = await orAbsent(reader.read('eks', 'DescribeAccessEntry', { clusterName, principalArn }, signal));
  const entry = answer?.accessEntry;
  if (entry === undefined) return undefined;
  const policies = await orAbsent(
    allPages(
      (nextToken) =>
        reader.read(
          'eks',
          'ListAssociatedAccessPolicies',
          { clusterName, principalArn, ...present('nextToken', nextToken) },
          signal,
        ),
      (page) => page.associatedAccessPolicies,
      (page) => page.nextToken,
    ),
  );
  // One that goes between the two requests has gone.
  if (policies === undefined) return undefined;
  return {
    principalArn,
    type: entry.type ?? 'STANDARD',
    kubernetesGroups: entry.kubernetesGroups ?? [],
    accessPolicies: policies.flatMap(({ policyArn, accessScope }) =>
      accessScope?.type === 'cluster' && policyArn !== undefined ? [policyArn] : [],
    ),
    narrowPolicies: policies.flatMap(({ policyArn, accessScope }) =>
      accessScope?.type === 'namespace' && policyArn !== undefined
        ? [{ policyArn, namespaces: accessScope.namespaces ?? [] }]
        : [],
    ),
    tags: entry.tags ?? {},
  };
}

export async function observeNodeGroups(reader: AwsReader, clusterName: string, signal?: AbortSignal) {
  const names = await allPages(
    (nextToken) => reader.read('eks', 'ListNodegroups', { clusterName, ...present('nextToken', nextToken) }, signal),
    (page) => page.nodegroups,
    (page) => page.nextToken,
  );
  const found = await mapBounded(names, atOnce, (name) => describeNodeGroup(reader, clusterName, name, signal));
  return Object.fromEntries(found.flatMap((group) => (group === undefined ? [] : [[group.name, group] as const])));
}

export async function observeAddons(reader: AwsReader, clusterName: string, signal?: AbortSignal) {
  const names = await allPages(
    (nextToken) => reader.read('eks', 'ListAddons', { clusterName, ...present('nextToken', nextToken) }, signal),
    (page) => page.addons,
    (page) => page.nextToken,
  );
  const found = await mapBounded(names, atOnce, (name) => describeAddon(reader, clusterName, name, signal));
  return Object.fromEntries(found.flatMap((addon) => (addon === undefined ? [] : [[addon.name, addon] as const])));
}

export async function observeAccessEntries(reader: AwsReader, clusterName: string, signal?: AbortSignal) {
  const arns = await allPages(
    (nextToken) => reader.read('eks', 'ListAccessEntries', { clusterName, ...present('nextToken', nextToken) }, signal),
    (page) => page.accessEntries,
    (page) => page.nextToken,
  );
  const found = await mapBounded(arns, atOnce, (arn) => describeAccessEntry(reader, clusterName, arn, signal));
  return Object.fromEntries(
    found.flatMap((entry) => (entry === undefined ? [] : [[entry.principalArn, entry] as const])),
  );
}

export async function observeAssociations(
  reader: AwsReader,
  clusterName: string,
  signal?: AbortSignal,
): Promise<ObservedAssociation[]> {
  const summaries = await allPages(
    (nextToken) =>
      reader.read('eks', 'ListPodIdentityAssociations', { clusterName, ...present('nextToken', nextToken) }, signal),
    (page) => page.associations,
    (page) => page.nextToken,
  );
  const found = await mapBounded(summaries, atOnce, async ({ associationId }) => {
    const answer = await orAbsent(
      reader.read('eks', 'DescribePodIdentityAssociation', { clusterName, associationId }, signal),
    );
    const association = answer?.association;
    if (association === undefined || associationId === undefined) return undefined;
    return {
      associationId,
      namespace: association.namespace ?? '',
      serviceAccount: association.serviceAccount ?? '',
      roleArn: association.roleArn ?? '',
      ...present('ownerArn', association.ownerArn),
      tags: association.tags ?? {},
    };
  });
  return found.flatMap((association) => association ?? []);
}

/** The name that EKS gives the log group of a control plane. */
export function controlPlaneLogGroup(clusterName: string): string {
  return `/aws/eks/${clusterName}/cluster`;
}

/** The control plane's log group; undefined until EKS has made it. */
export async function describeLogGroup(
  reader: AwsReader,
  clusterName: string,
  signal?: AbortSignal,
): Promise<ObservedLogGroup | undefined> {
  const name = controlPlaneLogGroup(clusterName);
  const groups = await orAbsent(
    allPages(
      (nextToken) =>
        reader.read(
          'logs',
          'DescribeLogGroups',
          { logGroupNamePrefix: name, ...present('nextToken', nextToken) },
          signal,
        ),
      (page) => page.logGroups,
      (page) => page.nextToken,
    ),
  );
  const group = groups?.find((candidate) => candidate.logGroupName === name);
  if (group === undefined) return undefined;
  return { name, storedBytes: group.storedBytes ?? 0, ...present('retentionDays', group.retentionInDays) };
}

interface Issue {
  readonly code?: string | undefined;
  readonly message?: string | undefined;
  readonly resourceIds?: readonly string[] | undefined;
}

function issuesOf(issues: readonly Issue[] | undefined): HealthIssue[] {
  return (issues ?? []).map((issue) => ({
    code: issue.code ?? 'Unknown',
    message: issue.message ?? '',
    resources: issue.resourceIds ?? [],
  }));
}

function present<K extends string, T>(key: K, value: T | undefined): { readonly [P in K]?: T } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]: T });
}
