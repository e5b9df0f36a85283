import { clusterOutputs } from './scope.ts';
import { bool, dyn, int, late, listOf, mapOf, nullable, type RecordType, record, string, type Type } from './types.ts';

const resources = record('reserve', { cpu: nullable(string), memory: nullable(string), disk: nullable(string) });

/** A node pool, as `scopeOf` gives it. */
const poolType: RecordType = record('pool', {
  name: string,
  instanceTypes: listOf(string),
  zones: string,
  discount: string,
  size: record('pool.size', { min: int, max: int, desired: int }),
  labels: mapOf(string),
  taints: listOf(record('taint', { key: string, value: string, effect: string })),
  reserve: nullable(
    record('pool.reserve', {
      kube: nullable(resources),
      system: nullable(resources),
      evict: nullable(record('pool.reserve.evict', { memory: nullable(string), disk: nullable(string) })),
    }),
  ),
  localStorage: nullable(string),
  diskGiB: int,
  maxPods: nullable(int),
});

const clusterType: RecordType = record('cluster', {
  name: string,
  account: string,
  region: string,
  environment: string,
  criticality: int,
  channel: string,
  kubernetes: string,
  owner: nullable(string),
  dns: nullable(record('cluster.dns', { zone: string })),
  network: record('cluster.network', { cidr: string, zones: dyn, nat: string }),
  endpoint: record('cluster.endpoint', { private: bool, public: bool, allow: listOf(string) }),
  logs: listOf(string),
  logRetentionDays: int,
  deletionProtection: bool,
  nodePools: listOf(poolType),
  access: listOf(record('access rule', { role: string, principal: string })),
  config: mapOf(dyn),
});

const inputsType: RecordType = record('inputs', {
  zones: listOf(record('inputs.zones', { name: string, id: string })),
  amiReleases: mapOf(string),
  addonVersions: mapOf(string),
  instanceTypes: mapOf(
    record('instance type', {
      vcpus: int,
      memoryMiB: int,
      architecture: string,
      maxEnis: int,
      ipv4PerEni: int,
      localDisks: int,
      zones: listOf(string),
    }),
  ),
});

const zoneType: RecordType = record('zone', {
  name: string,
  id: string,
  suffix: string,
  az: string,
  private: string,
  public: string,
  controlPlane: string,
});

const networkType: RecordType = record('network', { cidr: string, zones: listOf(zoneType) });

/** The types of everything that `scopeOf` gives. */
export function scopeTypes(config: RecordType): Readonly<Record<string, Type>> {
  return { cluster: clusterType, config, inputs: inputsType, network: networkType };
}

/** Outputs that a stack declares: by name, and by how the names of a `forEach` begin. */
export interface DeclaredOutputs {
  readonly id: string;
  /** True for the stacks of pools, whose id is `pool-<name>`. */
  readonly isOfPool: boolean;
  readonly names: readonly string[];
  readonly prefixes: readonly string[];
}

/** The type of `outputs` where these stacks are there; `later` says why others are not. */
export function outputsType(
  stacks: readonly DeclaredOutputs[],
  withCluster: boolean,
  later: Readonly<Record<string, string>>,
): RecordType {
  const fields: Record<string, Type> = {};
  const prefixes: { readonly prefix: string; readonly type: Type }[] = [];
  for (const stack of stacks) {
    const name = stack.isOfPool ? 'outputs["pool-…"]' : `outputs.${stack.id}`;
    const type: RecordType = {
      ...record(name, Object.fromEntries(stack.names.map((output) => [output, late]))),
      prefixes: stack.prefixes.map((prefix) => ({ prefix, type: late })),
    };
    if (stack.isOfPool) prefixes.push({ prefix: 'pool-', type });
    else fields[stack.id] = type;
  }
  if (withCluster)
    fields['cluster'] = record('outputs.cluster', Object.fromEntries(clusterOutputs.map((output) => [output, late])));
  return { ...record('outputs', fields), prefixes, later };
}
