import {
  type Cluster,
  type Inputs,
  type NetworkPlan,
  type NodePool,
  planNetwork,
  type Zone,
} from '@roadstead/definition';
import type { Json, JsonObject } from '@roadstead/foundation';
import type { Bindings } from './cel.ts';
import { toCel } from './cel-values.ts';

/**
 * What every expression of a release sees, but for `outputs`. Members that are not set are null. Zones are in the order of their ids,
 * whatever order they were recorded in: with the record lost, what is read back renders to the same release.
 */
export function scopeOf(cluster: Cluster, inputs: Inputs, config: JsonObject): Bindings {
  const zones = inputs.zones.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  return {
    cluster: toCel(clusterScope(cluster)),
    inputs: toCel({ ...inputs, zones } as unknown as JsonObject),
    config: toCel(config),
    network: toCel(networkScope(planNetwork(cluster, zones))),
  };
}

function clusterScope(cluster: Cluster): Json {
  return {
    ...(cluster as unknown as JsonObject),
    owner: cluster.owner ?? null,
    dns: cluster.dns ?? null,
    nodePools: cluster.nodePools.map(poolScope),
  };
}

function poolScope(pool: NodePool): Json {
  const { reserve } = pool;
  const resources = (part: NonNullable<NodePool['reserve']>['kube']): Json =>
    part === undefined ? null : { cpu: part.cpu ?? null, memory: part.memory ?? null, disk: part.disk ?? null };
  return {
    ...(pool as unknown as JsonObject),
    reserve:
      reserve === undefined
        ? null
        : {
            kube: resources(reserve.kube),
            system: resources(reserve.system),
            evict:
              reserve.evict === undefined
                ? null
                : { memory: reserve.evict.memory ?? null, disk: reserve.evict.disk ?? null },
          },
    localStorage: pool.localStorage ?? null,
    maxPods: pool.maxPods ?? null,
  };
}

function networkScope(plan: NetworkPlan): Json {
  return {
    cidr: plan.vpcCidr,
    zones: plan.zones.map((zone) => ({
      name: zone.name,
      id: zone.id,
      suffix: zoneSuffix(zone),
      az: zone.name.replace(/^.*-/, ''),
      private: zone.privateCidr,
      public: zone.publicCidr,
      controlPlane: zone.controlPlaneCidr,
    })),
  };
}

/** Ends the logical ids of what a zone has: `Az2` of `euc1-az2`. The same for every account, and it never moves. */
export function zoneSuffix(zone: Pick<Zone, 'id'>): string {
  const number = zone.id.replace(/^.*-az/, '');
  return `Az${number}`;
}

/** What the control plane tells once it is there. */
export const clusterOutputs = [
  'Arn',
  'CertificateAuthority',
  'Endpoint',
  'Name',
  'OidcIssuer',
  'SecurityGroupId',
] as const;

/** Late values by stack and output, as `outputs` in expressions. */
export function outputsScope(
  stacks: readonly { readonly id: string; readonly outputs: readonly string[] }[],
  withCluster: boolean,
): Bindings {
  const all = withCluster ? [...stacks, { id: 'cluster', outputs: clusterOutputs }] : stacks;
  const late = (id: string, outputs: readonly string[]): Json =>
    Object.fromEntries(outputs.map((output) => [output, { $late: `outputs.${id}.${output}` }]));
  return { outputs: toCel(Object.fromEntries(all.map(({ id, outputs }) => [id, late(id, outputs)]))) };
}
