import type { AccessRule, Cluster, NodePool, Reserve, RoleName, Taint } from './cluster.ts';
import type { ClusterFile } from './cluster-schema.ts';
import { roleSpellings } from './cluster-schema.ts';

type FilePool = ClusterFile['spec']['nodePools'][number];

/** Fills in what depends on other members and gives the file its typed form. Taints that cannot be read are left out. */
export function normaliseCluster(file: ClusterFile): Cluster {
  const { metadata, spec } = file;
  const production = spec.environment === 'production';
  return {
    name: metadata.name,
    account: spec.account.replace(/^aws:/, ''),
    region: spec.region,
    environment: spec.environment,
    criticality: spec.criticality,
    channel: spec.channel,
    kubernetes: spec.kubernetes,
    ...(metadata.owner === undefined ? {} : { owner: metadata.owner }),
    ...(spec.dns === undefined ? {} : { dns: spec.dns }),
    network: {
      cidr: spec.network.cidr,
      zones: spec.network.zones,
      nat: spec.network.nat ?? (production ? 'per-zone' : 'single'),
    },
    endpoint: spec.endpoint,
    logs: spec.logs,
    logRetentionDays: spec.logRetentionDays,
    deletionProtection: spec.deletionProtection ?? production,
    nodePools: spec.nodePools.map(normalisePool),
    access: spec.access.map(normaliseAccess),
    config: spec.config,
  };
}

function normalisePool(pool: FilePool): NodePool {
  const { min, max, desired = min } = pool.size;
  return {
    name: pool.name,
    instanceTypes: pool.instanceTypes,
    zones: pool.zones,
    discount: pool.discount,
    size: { min, max, desired },
    labels: pool.labels,
    taints: pool.taints.map(parseTaint).filter((taint) => taint !== undefined),
    ...(pool.reserve === undefined ? {} : { reserve: withoutUndefined(pool.reserve) as Reserve }),
    ...(pool.localStorage === undefined ? {} : { localStorage: pool.localStorage }),
    diskGiB: pool.diskGiB,
    ...(pool.maxPods === undefined ? {} : { maxPods: pool.maxPods }),
  };
}

function withoutUndefined(value: object): object {
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([key, member]) => [key, typeof member === 'object' && member !== null ? withoutUndefined(member) : member]),
  );
}

function normaliseAccess(rule: ClusterFile['spec']['access'][number]): AccessRule {
  return { role: roleOf(rule.role), principal: rule.principal };
}

/** The role that a spelling of the file or of the seeds means. */
export function roleOf(spelling: string): RoleName {
  const found = Object.entries(roleSpellings).find(([, others]) => (others as readonly string[]).includes(spelling));
  return (found?.[0] ?? spelling) as RoleName;
}

const taintGrammar = /^([^=:]+)(?:=([^:]*))?:(NoSchedule|PreferNoSchedule|NoExecute)$/;

/** Reads `key=value:Effect` or `key:Effect`; undefined when it is neither. */
export function parseTaint(text: string): Taint | undefined {
  const [, key, value = '', effect] = taintGrammar.exec(text) ?? [];
  if (key === undefined || effect === undefined) return undefined;
  return { key, value, effect: effect as Taint['effect'] };
}
