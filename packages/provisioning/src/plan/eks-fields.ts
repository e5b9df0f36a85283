import { type ChangeClass, type FieldChange } from '@roadstead/definition';
import { canonicalJson, type Json, type JsonObject } from '@roadstead/foundation';
import { parse as parseYaml } from 'yaml';
import { lateReferences } from './late-values.ts';

/** The EKS request that changes a field in place. What follows the colon is the one kind of change such a request may carry. */
export type EksCall =
  | 'UpdateClusterConfig:access'
  | 'UpdateClusterConfig:components'
  | 'UpdateClusterConfig:compute'
  | 'UpdateClusterConfig:control-plane-scaling'
  | 'UpdateClusterConfig:deletion-protection'
  | 'UpdateClusterConfig:egress'
  | 'UpdateClusterConfig:endpoint'
  | 'UpdateClusterConfig:logging'
  | 'UpdateClusterConfig:remote-network'
  | 'UpdateClusterConfig:security-groups'
  | 'UpdateClusterConfig:subnets'
  | 'UpdateClusterConfig:upgrade-policy'
  | 'UpdateClusterConfig:zonal-shift'
  | 'AssociateEncryptionConfig'
  | 'UpdateNodegroupConfig'
  | 'UpdateNodegroupVersion'
  | 'UpdateAddon'
  | 'TagResource';

export type FieldRule =
  | (InPlace & { readonly path: string; readonly how: 'in-place'; readonly call: EksCall; readonly class: ChangeClass })
  /** A new thing takes the place of the old one. */
  | { readonly path: string; readonly how: 'replace'; readonly as?: Normal }
  /** Said at creation and never again; not compared. Also what another line of the plan compares. */
  | { readonly path: string; readonly how: 'not-compared' };

interface InPlace {
  readonly as?: Normal;
  /** The change can be made once: a value that is there already cannot be replaced by another. */
  readonly once?: boolean;
  /** Values in the only direction in which EKS goes. */
  readonly order?: readonly string[];
}

/** How two values are made comparable where plain equality would see a difference that is none. */
export type Normal = 'set' | 'log-types' | 'json-text' | 'stated-keys' | 'text';

const notCompared = (...paths: readonly string[]): FieldRule[] => paths.map((path) => ({ path, how: 'not-compared' }));
const replaces = (...paths: readonly string[]): FieldRule[] => paths.map((path) => ({ path, how: 'replace' }));
const inPlace = (call: EksCall, level: ChangeClass, paths: readonly string[], more: InPlace = {}): FieldRule[] =>
  paths.map((path) => ({ path, how: 'in-place', call, class: level, ...more }));
const tags = inPlace('TagResource', 'safe', ['tags'], { as: 'stated-keys' });

export const clusterFields: readonly FieldRule[] = [
  ...notCompared(
    'name',
    'version',
    'bootstrapSelfManagedAddons',
    'accessConfig.bootstrapClusterCreatorAdminPermissions',
  ),
  ...inPlace('UpdateClusterConfig:access', 'one-way', ['accessConfig.authenticationMode'], {
    order: ['CONFIG_MAP', 'API_AND_CONFIG_MAP', 'API'],
  }),
  ...replaces(
    'roleArn',
    'kubernetesNetworkConfig.ipFamily',
    'kubernetesNetworkConfig.serviceIpv4Cidr',
    'outpostConfig.outpostArns',
    'outpostConfig.controlPlaneInstanceType',
    'outpostConfig.controlPlanePlacement.groupName',
    'outpostConfig.controlPlanePlacement.spreadLevel',
    'outpostConfig.etcdInstanceType',
    'outpostConfig.etcdPlacement.spreadLevel',
  ),
  ...inPlace('UpdateClusterConfig:subnets', 'disruptive', ['resourcesVpcConfig.subnetIds'], { as: 'set' }),
  ...inPlace('UpdateClusterConfig:security-groups', 'disruptive', ['resourcesVpcConfig.securityGroupIds'], {
    as: 'set',
  }),
  ...inPlace('UpdateClusterConfig:endpoint', 'disruptive', [
    'resourcesVpcConfig.endpointPublicAccess',
    'resourcesVpcConfig.endpointPrivateAccess',
  ]),
  ...inPlace('UpdateClusterConfig:endpoint', 'safe', ['resourcesVpcConfig.publicAccessCidrs'], { as: 'set' }),
  ...inPlace('UpdateClusterConfig:egress', 'one-way', ['resourcesVpcConfig.controlPlaneEgressMode'], {
    order: ['AWS_MANAGED', 'CUSTOMER_ROUTED'],
  }),
  ...inPlace('UpdateClusterConfig:logging', 'safe', ['logging'], { as: 'log-types' }),
  ...inPlace('UpdateClusterConfig:upgrade-policy', 'safe', ['upgradePolicy.supportType']),
  ...inPlace('UpdateClusterConfig:zonal-shift', 'safe', ['zonalShiftConfig.enabled']),
  ...inPlace('UpdateClusterConfig:deletion-protection', 'safe', ['deletionProtection']),
  ...inPlace('UpdateClusterConfig:control-plane-scaling', 'disruptive', ['controlPlaneScalingConfig.tier']),
  // Auto Mode: EKS wants its three switches together.
  ...inPlace('UpdateClusterConfig:compute', 'disruptive', [
    'computeConfig.enabled',
    'storageConfig.blockStorage.enabled',
    'kubernetesNetworkConfig.elasticLoadBalancing.enabled',
    'kubernetesNetworkConfig.elasticLoadBalancing.gatewayApi.crds.managed',
  ]),
  ...inPlace('UpdateClusterConfig:compute', 'disruptive', ['computeConfig.nodePools'], { as: 'set' }),
  ...inPlace('UpdateClusterConfig:compute', 'disruptive', ['computeConfig.nodeRoleArn'], { once: true }),
  ...inPlace(
    'UpdateClusterConfig:remote-network',
    'disruptive',
    ['remoteNetworkConfig.remoteNodeNetworks', 'remoteNetworkConfig.remotePodNetworks'],
    { as: 'set' },
  ),
  ...inPlace('UpdateClusterConfig:components', 'disruptive', [
    'kubeApiServerConfig.eventTtl',
    'kubeApiServerConfig.serviceNodePortRange.minPort',
    'kubeApiServerConfig.serviceNodePortRange.maxPort',
    'kubeSchedulerConfig.nodeResourcesFit.scoringStrategy.type',
    'kubeSchedulerConfig.nodeResourcesFit.scoringStrategy.resources',
    'kubeControllerManagerConfig.podGcControllerConfig.terminatedPodGcThreshold',
    'kubeControllerManagerConfig.horizontalPodAutoscalerControllerConfig.horizontalPodAutoscalerSyncPeriod',
  ]),
  ...inPlace('AssociateEncryptionConfig', 'one-way', ['encryptionConfig'], { once: true }),
  ...tags,
];

export const nodeGroupFields: readonly FieldRule[] = [
  // The autoscaler owns the desired size after creation.
  ...notCompared('nodegroupName', 'scalingConfig.desiredSize'),
  ...inPlace('UpdateNodegroupConfig', 'safe', ['scalingConfig.minSize', 'scalingConfig.maxSize', 'labels']),
  ...inPlace('UpdateNodegroupConfig', 'rolling', ['taints'], { as: 'set' }),
  ...inPlace('UpdateNodegroupConfig', 'safe', [
    'updateConfig.maxUnavailable',
    'updateConfig.maxUnavailablePercentage',
    'updateConfig.updateStrategy',
    'nodeRepairConfig.enabled',
    'nodeRepairConfig.maxUnhealthyNodeThresholdCount',
    'nodeRepairConfig.maxUnhealthyNodeThresholdPercentage',
    'nodeRepairConfig.maxParallelNodesRepairedCount',
    'nodeRepairConfig.maxParallelNodesRepairedPercentage',
    'warmPoolConfig.enabled',
    'warmPoolConfig.minSize',
    'warmPoolConfig.maxGroupPreparedCapacity',
    'warmPoolConfig.poolState',
    'warmPoolConfig.reuseOnScaleIn',
  ]),
  ...inPlace('UpdateNodegroupConfig', 'safe', ['nodeRepairConfig.nodeRepairConfigOverrides'], { as: 'set' }),
  ...inPlace('UpdateNodegroupVersion', 'rolling', ['launchTemplate.version'], { as: 'text' }),
  ...inPlace('UpdateNodegroupVersion', 'rolling', ['version', 'releaseVersion']),
  ...replaces(
    'launchTemplate.id',
    'launchTemplate.name',
    'nodeRole',
    'instanceTypes',
    'amiType',
    'capacityType',
    'diskSize',
  ),
  ...replaces('remoteAccess.ec2SshKey'),
  { path: 'remoteAccess.sourceSecurityGroups', how: 'replace', as: 'set' },
  { path: 'subnets', how: 'replace', as: 'set' },
  ...tags,
];

export const addonFields: readonly FieldRule[] = [
  ...notCompared('addonName', 'resolveConflicts'),
  ...replaces('namespaceConfig.namespace'),
  ...inPlace('UpdateAddon', 'rolling', ['addonVersion', 'serviceAccountRoleArn']),
  ...inPlace('UpdateAddon', 'rolling', ['configurationValues'], { as: 'json-text' }),
  ...inPlace('UpdateAddon', 'rolling', ['podIdentityAssociations'], { as: 'set' }),
  ...tags,
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
