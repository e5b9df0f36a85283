import type { RuleInput } from './check-cluster.ts';
import { isName } from './check-identity.ts';
import { checkLabels, checkTaints } from './check-labels.ts';
import { checkReserve } from './check-reserve.ts';
import type { Cluster } from './cluster.ts';
import type { ClusterFile } from './cluster-schema.ts';
import type { Path } from './positions.ts';

type FilePool = ClusterFile['spec']['nodePools'][number];
type Report = RuleInput['report'];

const instanceTypeGrammar = /^[a-z][a-z0-9-]*\.[a-z0-9-]+$/;
/** Node groups of a cluster and nodes of a group that EKS gives without asking (user guide, "Service quotas"). */
const quotas = { nodeGroups: 30, nodes: 450 } as const;

/** Node pools, each by itself and together. */
export function checkPools({ parsed: { spec }, cluster, report }: RuleInput): void {
  for (const [index, pool] of spec.nodePools.entries()) {
    const path = ['spec', 'nodePools', index];
    const first = spec.nodePools.findIndex((other) => other.name === pool.name);
    if (first < index) {
      report([...path, 'name'], {
        code: 'DUPLICATE_POOL',
        message: `a pool named ${pool.name} is there already, nodePools[${first}]`,
        hint: 'each pool has a name of its own',
        value: pool.name,
      });
    }
    checkShape(pool, path, report);
    checkSize(pool, path, report);
    checkLabels(pool, path, report);
    checkTaints(pool, path, report);
    checkReserve(pool, path, report);
  }
  const pools = cluster.nodePools;
  checkGroups(cluster, report);
  if (pools.every((pool) => pool.taints.some(({ effect }) => effect !== 'PreferNoSchedule'))) {
    report(['spec', 'nodePools'], {
      severity: 'warning',
      code: 'ALL_POOLS_TAINTED',
      message: 'every pool is tainted: an ordinary pod finds no node',
      hint: 'leave one pool without taints',
    });
  }
  if (pools.every((pool) => pool.discount === 'spot') && cluster.environment === 'production') {
    report(['spec', 'nodePools'], {
      severity: 'warning',
      code: 'ONLY_SPOT',
      message: 'every pool is spot capacity, which AWS takes back at two minutes notice',
      hint: 'a pool with discount: none for what the cluster needs itself',
    });
  }
}

function checkGroups({ nodePools, network }: Cluster, report: Report): void {
  const zones = typeof network.zones === 'number' ? network.zones : network.zones.length;
  const groups = nodePools.reduce((sum, pool) => sum + (pool.zones === 'each' ? zones : 1), 0);
  if (groups <= quotas.nodeGroups) return;
  report(['spec', 'nodePools'], {
    severity: 'warning',
    code: 'OVER_QUOTA',
    message: `the pools make ${groups} node groups; EKS allows ${quotas.nodeGroups} in a cluster unless the quota was raised`,
    hint: 'fewer pools, zones: spread, or ask for the quota first',
    value: groups,
  });
}

function checkShape(pool: FilePool, path: Path, report: Report): void {
  if (!isName(pool.name, 30)) {
    report([...path, 'name'], {
      code: 'WRONG_NAME',
      message: `the name ${JSON.stringify(pool.name)} cannot be used`,
      hint: 'lower-case letters, digits and hyphens, a letter first, at most 30',
      value: pool.name,
    });
  }
  for (const [index, type] of pool.instanceTypes.entries()) {
    const at = [...path, 'instanceTypes', index];
    if (!instanceTypeGrammar.test(type)) {
      report(at, {
        code: 'WRONG_INSTANCE_TYPE',
        message: `${JSON.stringify(type)} is not an instance type`,
        hint: `as ${instanceTypeMeant(type)}`,
        value: type,
      });
    }
    if (pool.instanceTypes.indexOf(type) < index)
      report(at, {
        code: 'DUPLICATE_INSTANCE_TYPE',
        message: `${type} is named twice`,
        hint: 'each type once',
        value: type,
      });
  }
  if (pool.instanceTypes.length > 20) {
    report([...path, 'instanceTypes'], {
      code: 'TOO_MANY_TYPES',
      message: `a node group takes 20 types, not ${pool.instanceTypes.length}`,
      hint: 'keep the best twenty',
      value: pool.instanceTypes.length,
    });
  }
  if (pool.discount === 'spot' && pool.instanceTypes.length === 1) {
    report([...path, 'instanceTypes'], {
      severity: 'warning',
      code: 'SPOT_ONE_TYPE',
      message: `spot pool ${pool.name} has one type: when AWS has none left, it has no nodes`,
      hint: 'name several types of like size',
    });
  }
  if (
    pool.localStorage !== undefined &&
    !/^(\/[a-z0-9][a-z0-9_-]*)*\/([a-z0-9][a-z0-9_-]*)?[a-z_-]$/.test(pool.localStorage)
  ) {
    report([...path, 'localStorage'], {
      code: 'WRONG_MOUNT',
      message: `${JSON.stringify(pool.localStorage)} cannot be a mount point`,
      hint: 'an absolute path whose end takes a number, as /ephemeral',
      value: pool.localStorage,
    });
  }
}

/** Upper case, spaces, and the types of databases and caches: `db.m7g.large`. */
function instanceTypeMeant(type: string): string {
  const meant = type
    .trim()
    .toLowerCase()
    .replace(/^(db|cache|ml)\./, '');
  return instanceTypeGrammar.test(meant) ? meant : 'm7g.large';
}

function checkSize(pool: FilePool, path: Path, report: Report): void {
  const { min, max, desired = min } = pool.size;
  const at = [...path, 'size'];
  if (min > max) {
    report([...at, 'min'], {
      code: 'MIN_OVER_MAX',
      message: `min ${min} is more than max ${max}`,
      hint: `min of at most ${max}, or a larger max`,
      value: min,
    });
  } else if (desired < min || desired > max) {
    report([...at, 'desired'], {
      code: 'DESIRED_OUT_OF_RANGE',
      message: `desired ${desired} is not between ${min} and ${max}`,
      hint: 'leave it out: it starts at min',
      value: desired,
    });
  }
  if (max > quotas.nodes)
    report([...at, 'max'], {
      severity: 'warning',
      code: 'OVER_QUOTA',
      message: `EKS allows ${quotas.nodes} nodes in a node group unless the quota was raised, not ${max}`,
      hint: 'ask for the quota first',
      value: max,
    });
}
