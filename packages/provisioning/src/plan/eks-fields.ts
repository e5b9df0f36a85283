import { type ChangeClass, type FieldChange } from '@roadstead/definition';
import { canonicalJson, type Json, type JsonObject } from '@roadstead/foundation';
import { parse as parseYaml } from 'yaml';
import { lateReferences } from './late-values.ts';

/** The EKS request that changes a field in place. What follows the colon is the one kind of change such a request may carry. */
export type EksCall =
  | 'UpdateClusterConfig:access'
  | 'UpdateClusterConfig:compute'
  | 'UpdateClusterConfig:control-plane-scaling'
  | 'UpdateClusterConfig:deletion-protection'
  | 'UpdateClusterConfig:endpoint'
  | 'UpdateClusterConfig:logging'
  | 'UpdateClusterConfig:remote-network'
  | 'UpdateClusterConfig:subnets'
  | 'UpdateClusterConfig:upgrade-policy'
  | 'UpdateClusterConfig:zonal-shift'
  | 'AssociateEncryptionConfig'
  | 'UpdateNodegroupConfig'
  | 'UpdateNodegroupVersion'
  | 'UpdateAddon'
  | 'TagResource';

export type FieldRule =
  | {
      readonly path: string;
      readonly how: 'in-place';
      readonly call: EksCall;
      readonly class: ChangeClass;
      readonly as?: Normal;
      /** The change can be made once: a value that is there already cannot be replaced by another. */
      readonly once?: boolean;
    }
  /** A new thing takes the place of the old one. */
  | { readonly path: string; readonly how: 'replace'; readonly as?: Normal }
  /** Said at creation and never again; not compared. Also what another line of the plan compares. */
  | { readonly path: string; readonly how: 'not-compared' };

/** How two values are made comparable where plain equality would see a difference that is none. */
export type Normal = 'set' | 'log-types' | 'json-text' | 'stated-keys' | 'text';

export const clusterFields: readonly FieldRule[] = [
  { path: 'name', how: 'not-compared' },
  { path: 'version', how: 'not-compared' },
  { path: 'bootstrapSelfManagedAddons', how: 'not-compared' },
  { path: 'accessConfig.bootstrapClusterCreatorAdminPermissions', how: 'not-compared' },
  { path: 'accessConfig.authenticationMode', how: 'in-place', call: 'UpdateClusterConfig:access', class: 'one-way' },
  { path: 'roleArn', how: 'replace' },
  { path: 'kubernetesNetworkConfig.ipFamily', how: 'replace' },
  { path: 'kubernetesNetworkConfig.serviceIpv4Cidr', how: 'replace' },
  { path: 'outpostConfig', how: 'replace' },
  {
    path: 'resourcesVpcConfig.subnetIds',
    how: 'in-place',
    call: 'UpdateClusterConfig:subnets',
    class: 'disruptive',
    as: 'set',
  },
  {
    path: 'resourcesVpcConfig.securityGroupIds',
    how: 'in-place',
    call: 'UpdateClusterConfig:subnets',
    class: 'disruptive',
    as: 'set',
  },
  {
    path: 'resourcesVpcConfig.endpointPublicAccess',
    how: 'in-place',
    call: 'UpdateClusterConfig:endpoint',
    class: 'disruptive',
  },
  {
    path: 'resourcesVpcConfig.endpointPrivateAccess',
    how: 'in-place',
    call: 'UpdateClusterConfig:endpoint',
    class: 'disruptive',
  },
  {
    path: 'resourcesVpcConfig.publicAccessCidrs',
    how: 'in-place',
    call: 'UpdateClusterConfig:endpoint',
    class: 'safe',
    as: 'set',
  },
  { path: 'logging', how: 'in-place', call: 'UpdateClusterConfig:logging', class: 'safe', as: 'log-types' },
  { path: 'upgradePolicy.supportType', how: 'in-place', call: 'UpdateClusterConfig:upgrade-policy', class: 'safe' },
  { path: 'zonalShiftConfig.enabled', how: 'in-place', call: 'UpdateClusterConfig:zonal-shift', class: 'safe' },
  { path: 'deletionProtection', how: 'in-place', call: 'UpdateClusterConfig:deletion-protection', class: 'safe' },
  {
    path: 'controlPlaneScalingConfig.tier',
    how: 'in-place',
    call: 'UpdateClusterConfig:control-plane-scaling',
    class: 'disruptive',
  },
  { path: 'computeConfig', how: 'in-place', call: 'UpdateClusterConfig:compute', class: 'disruptive' },
  { path: 'storageConfig', how: 'in-place', call: 'UpdateClusterConfig:compute', class: 'disruptive' },
  {
    path: 'kubernetesNetworkConfig.elasticLoadBalancing',
    how: 'in-place',
    call: 'UpdateClusterConfig:compute',
    class: 'disruptive',
  },
  { path: 'remoteNetworkConfig', how: 'in-place', call: 'UpdateClusterConfig:remote-network', class: 'disruptive' },
  { path: 'encryptionConfig', how: 'in-place', call: 'AssociateEncryptionConfig', class: 'one-way', once: true },
  { path: 'tags', how: 'in-place', call: 'TagResource', class: 'safe', as: 'stated-keys' },
];

export const nodeGroupFields: readonly FieldRule[] = [
  { path: 'nodegroupName', how: 'not-compared' },
  // The autoscaler owns it after creation.
  { path: 'scalingConfig.desiredSize', how: 'not-compared' },
  { path: 'scalingConfig.minSize', how: 'in-place', call: 'UpdateNodegroupConfig', class: 'safe' },
  { path: 'scalingConfig.maxSize', how: 'in-place', call: 'UpdateNodegroupConfig', class: 'safe' },
  { path: 'labels', how: 'in-place', call: 'UpdateNodegroupConfig', class: 'safe' },
  { path: 'taints', how: 'in-place', call: 'UpdateNodegroupConfig', class: 'rolling', as: 'set' },
  { path: 'updateConfig.maxUnavailable', how: 'in-place', call: 'UpdateNodegroupConfig', class: 'safe' },
  { path: 'updateConfig.maxUnavailablePercentage', how: 'in-place', call: 'UpdateNodegroupConfig', class: 'safe' },
  { path: 'updateConfig.updateStrategy', how: 'in-place', call: 'UpdateNodegroupConfig', class: 'safe' },
  { path: 'nodeRepairConfig.enabled', how: 'in-place', call: 'UpdateNodegroupConfig', class: 'safe' },
  { path: 'launchTemplate.version', how: 'in-place', call: 'UpdateNodegroupVersion', class: 'rolling', as: 'text' },
  { path: 'version', how: 'in-place', call: 'UpdateNodegroupVersion', class: 'rolling' },
  { path: 'releaseVersion', how: 'in-place', call: 'UpdateNodegroupVersion', class: 'rolling' },
  { path: 'launchTemplate.id', how: 'replace' },
  { path: 'launchTemplate.name', how: 'replace' },
  { path: 'nodeRole', how: 'replace' },
  { path: 'subnets', how: 'replace', as: 'set' },
  { path: 'instanceTypes', how: 'replace' },
  { path: 'amiType', how: 'replace' },
  { path: 'capacityType', how: 'replace' },
  { path: 'diskSize', how: 'replace' },
  { path: 'remoteAccess', how: 'replace' },
  { path: 'tags', how: 'in-place', call: 'TagResource', class: 'safe', as: 'stated-keys' },
];

export const addonFields: readonly FieldRule[] = [
  { path: 'addonName', how: 'not-compared' },
  { path: 'resolveConflicts', how: 'not-compared' },
  { path: 'namespaceConfig', how: 'replace' },
  { path: 'addonVersion', how: 'in-place', call: 'UpdateAddon', class: 'rolling' },
  { path: 'configurationValues', how: 'in-place', call: 'UpdateAddon', class: 'rolling', as: 'json-text' },
  { path: 'serviceAccountRoleArn', how: 'in-place', call: 'UpdateAddon', class: 'rolling' },
  { path: 'podIdentityAssociations', how: 'in-place', call: 'UpdateAddon', class: 'rolling', as: 'set' },
  { path: 'tags', how: 'in-place', call: 'TagResource', class: 'safe', as: 'stated-keys' },
];

export interface FieldDifference extends FieldChange {
  readonly rule: Exclude<FieldRule, { how: 'not-compared' }>;
  /** References that must be known before it is sure that the field differs. */
  readonly unknown: readonly string[];
}

/**
 * Where what is described differs from what is asked for. Only fields that the request states are compared: what AWS
 * fills in by default is no difference. Order is the table's.
 */
export function compareFields(
  table: readonly FieldRule[],
  request: JsonObject,
  described: JsonObject,
): FieldDifference[] {
  return table.flatMap((rule) => {
    if (rule.how === 'not-compared') return [];
    const to = at(request, rule.path);
    if (to === undefined) return [];
    const from = at(described, rule.path);
    const unknown = lateReferences(to);
    if (unknown.length === 0 && isEqual(rule.as, to, from)) return [];
    return [{ path: rule.path, ...(from === undefined ? {} : { from }), to, rule, unknown }];
  });
}

/** Stated fields that the table does not know: nothing says how they could be changed. */
export function unlistedPaths(table: readonly FieldRule[], request: JsonObject): string[] {
  const listed = (path: string) => table.some((rule) => path === rule.path || path.startsWith(`${rule.path}.`));
  const walk = (value: Json, path: string): string[] => {
    if (listed(path)) return [];
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [path];
    return Object.entries(value).flatMap(([key, member]) => walk(member, path === '' ? key : `${path}.${key}`));
  };
  return walk(request, '');
}

/** The member at a dotted path. */
export function at(value: Json, path: string): Json | undefined {
  let here: Json | undefined = value;
  for (const key of path.split('.')) {
    if (typeof here !== 'object' || here === null || Array.isArray(here)) return undefined;
    here = (here as JsonObject)[key];
  }
  return here;
}

/** The log types that a `logging` member switches on, sorted. */
export function enabledLogTypes(logging: Json | undefined): readonly string[] {
  const setups = logging === undefined ? undefined : at(logging, 'clusterLogging');
  if (!Array.isArray(setups)) return [];
  return setups
    .filter((setup: Json) => at(setup, 'enabled') === true)
    .flatMap((setup: Json) => {
      const types = at(setup, 'types');
      return Array.isArray(types) ? types.map(String) : [];
    })
    .toSorted();
}

function isEqual(as: Normal | undefined, to: Json, from: Json | undefined): boolean {
  if (as === 'stated-keys') return statedKeysEqual(to, from);
  return canonicalJson(normal(as, to)) === canonicalJson(normal(as, from));
}

function statedKeysEqual(to: Json, from: Json | undefined): boolean {
  if (typeof to !== 'object' || to === null) return false;
  return Object.entries(to).every(
    ([key, value]) => from !== undefined && canonicalJson(at1(from, key)) === canonicalJson(value),
  );
}

/** A member by its literal key, which may hold dots. */
function at1(value: Json, key: string): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject)[key] : undefined;
}

function normal(as: Normal | undefined, value: Json | undefined): unknown {
  if (as === 'log-types') return enabledLogTypes(value);
  if (as === 'text') return value === undefined ? value : String(value);
  if (as === 'set') return Array.isArray(value) ? value.map((member: Json) => canonicalJson(member)).toSorted() : [];
  if (as === 'json-text') return typeof value === 'string' ? readStructured(value) : {};
  // A map or list that is empty and one that is absent are the same to EKS.
  if (isEmpty(value)) return undefined;
  return value;
}

function isEmpty(value: Json | undefined): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

/** Configuration values are JSON or YAML text; what cannot be read is compared as text. */
function readStructured(text: string): unknown {
  try {
    return parseYaml(text) ?? {};
  } catch {
    return text;
  }
}
