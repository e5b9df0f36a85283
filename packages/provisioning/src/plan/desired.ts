import type { Release, ReleaseAccessEntry, ReleaseAddon, ReleaseNodeGroup, ReleaseStack } from '@roadstead/channel';
import type { Json, JsonObject } from '@roadstead/foundation';
import type { ObservedAws, ObservedCluster, ObservedStack } from '../observe/observed.ts';
import { at } from './eks-fields.ts';
import { type Outputs, type Resolved, resolveLate } from './late-values.ts';
import { accessTag, ownerTags, poolTag, stackTag, zoneTag } from './tags.ts';

/** The policy that makes a principal admin of the whole cluster by EKS's own authorizer, in the principal's partition. */
export function clusterAdminPolicy(principalArn: string): string {
  const partition = principalArn.split(':')[1] ?? 'aws';
  return `arn:${partition}:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy`;
}

/** A stack as it should be, with what is known filled in. */
export interface DesiredStack {
  readonly stackName: string;
  readonly template: JsonObject;
  /** Values that are still holes stand as they are. */
  readonly parameters: JsonObject;
  readonly unknown: readonly string[];
  readonly tags: { readonly [key: string]: string };
  readonly terminationProtection: boolean;
}

/** The stacks that everything else stands on are protected like the cluster; a pool's stack holds nothing that is hard to make again. */
export function desiredStack(release: Release, stack: ReleaseStack, outputs: Outputs): DesiredStack {
  const parameters = resolveLate(stack.parameters as unknown as JsonObject, outputs);
  return {
    stackName: stack.stackName,
    template: stack.template,
    parameters: parameters.value,
    unknown: parameters.unknown,
    tags: ownerTags(release.cluster.name, { [stackTag]: stack.id }),
    terminationProtection: stack.phase !== 'pools' && at(release.eks.cluster, 'deletionProtection') === true,
  };
}

/** The CreateCluster request. Creator admin and self-managed add-ons are off unless the channel says otherwise. */
export function desiredCluster(release: Release, outputs: Outputs): Resolved<JsonObject> {
  const { accessConfig, tags, ...rest } = release.eks.cluster;
  return resolveLate<JsonObject>(
    {
      bootstrapSelfManagedAddons: false,
      ...rest,
      accessConfig: {
        authenticationMode: 'API',
        bootstrapClusterCreatorAdminPermissions: false,
        ...asObject(accessConfig),
      },
      tags: { ...asObject(tags), ...ownerTags(release.cluster.name) },
    },
    outputs,
  );
}

export function desiredNodeGroup(release: Release, group: ReleaseNodeGroup, outputs: Outputs): Resolved<JsonObject> {
  const own = { [poolTag]: group.pool, ...(group.zone === undefined ? {} : { [zoneTag]: group.zone }) };
  return withTags(release, group.request, own, outputs);
}

export function desiredAddon(release: Release, addon: ReleaseAddon, outputs: Outputs): Resolved<JsonObject> {
  return withTags(release, addon.request, {}, outputs);
}

function withTags(
  release: Release,
  request: JsonObject,
  own: Readonly<Record<string, string>>,
  outputs: Outputs,
): Resolved<JsonObject> {
  const tags = { ...asObject(request.tags), ...ownerTags(release.cluster.name, own) };
  return resolveLate<JsonObject>({ ...request, tags }, outputs);
}

export interface DesiredAccessEntry {
  readonly principalArn: Json;
  readonly kubernetesGroups: readonly string[];
  readonly accessPolicies: readonly string[];
  readonly tags: { readonly [key: string]: string };
  /** The identity that runs Roadstead. */
  readonly own: boolean;
}

/**
 * The entries of the release, and Roadstead's own: whoever runs `up` must be let in by the cluster it makes. Where the
 * file names the same principal, the two are one entry.
 */
export function desiredAccessEntries(
  release: Release,
  outputs: Outputs,
  ownPrincipalArn: string | undefined,
): readonly DesiredAccessEntry[] {
  const entries = release.eks.accessEntries.map((entry) => releaseEntry(release, entry, outputs));
  if (ownPrincipalArn === undefined) return entries;
  const named = entries.find((entry) => entry.principalArn === ownPrincipalArn);
  const own: DesiredAccessEntry = {
    principalArn: ownPrincipalArn,
    kubernetesGroups: named?.kubernetesGroups ?? [],
    accessPolicies: [...new Set([...(named?.accessPolicies ?? []), clusterAdminPolicy(ownPrincipalArn)])],
    tags: ownerTags(release.cluster.name, { [accessTag]: 'own' }),
    own: true,
  };
  return [own, ...entries.filter((entry) => entry !== named)];
}

function releaseEntry(release: Release, entry: ReleaseAccessEntry, outputs: Outputs): DesiredAccessEntry {
  return {
    principalArn: resolveLate(entry.principalArn, outputs).value,
    kubernetesGroups: entry.kubernetesGroups,
    accessPolicies: entry.accessPolicies,
    tags: ownerTags(release.cluster.name),
    own: false,
  };
}

/** What late values can be filled with: outputs of stacks at rest, and the control plane's own. */
export function knownOutputs(release: Release, observed: Pick<ObservedAws, 'stacks' | 'eks'>): Outputs {
  const stacks = release.stacks.flatMap((stack) => {
    const found = observed.stacks[stack.stackName];
    return found === undefined || !isUsable(found) ? [] : [[stack.id, found.outputs] as const];
  });
  const cluster = observed.eks === undefined ? undefined : clusterOutputs(observed.eks);
  return { ...Object.fromEntries(stacks), ...(cluster === undefined ? {} : { cluster }) };
}

/** Outputs hold only when the last operation ended well or was rolled back to what was before. */
export function isUsable(stack: Pick<ObservedStack, 'status'>): boolean {
  return /^(CREATE|UPDATE|UPDATE_ROLLBACK|IMPORT|IMPORT_ROLLBACK)_COMPLETE(_CLEANUP_IN_PROGRESS)?$/.test(stack.status);
}

/** `outputs.cluster.…` of a control plane that answers; those it does not have yet are missing. */
export function clusterOutputs(cluster: ObservedCluster): { readonly [output: string]: string } {
  const values = {
    Arn: cluster.arn,
    Name: text(at(cluster.described, 'name')),
    Endpoint: cluster.endpoint,
    CertificateAuthority: cluster.certificateAuthority,
    SecurityGroupId: cluster.securityGroupId,
    OidcIssuer: cluster.oidcIssuer,
  };
  const known = Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return Object.fromEntries(known);
}

function text(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function asObject(value: Json | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}
