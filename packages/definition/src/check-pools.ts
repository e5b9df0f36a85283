import type { RuleInput } from './check-cluster.ts';
import { isName } from './check-identity.ts';
import type { ClusterFile } from './cluster-schema.ts';
import { parseTaint } from './normalise-cluster.ts';
import type { Path } from './positions.ts';
import { parseQuantity } from './quantity.ts';

type FilePool = ClusterFile['spec']['nodePools'][number];
type Report = RuleInput['report'];

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
    if (!/^[a-z][a-z0-9-]*\.[a-z0-9-]+$/.test(type)) {
      report(at, {
        code: 'WRONG_INSTANCE_TYPE',
        message: `${JSON.stringify(type)} is not an instance type`,
        hint: 'as m7g.large',
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
  if (pool.localStorage !== undefined && !/^\/[a-z0-9][a-z0-9/_-]*[a-z_-]$/.test(pool.localStorage)) {
    report([...path, 'localStorage'], {
      code: 'WRONG_MOUNT',
      message: `${JSON.stringify(pool.localStorage)} cannot be a mount point`,
      hint: 'an absolute path whose end takes a number, as /ephemeral',
      value: pool.localStorage,
    });
  }
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
  if (max > 450)
    report([...at, 'max'], {
      severity: 'warning',
      code: 'OVER_QUOTA',
      message: `EKS allows 450 nodes in a node group unless the quota was raised, not ${max}`,
      hint: 'ask for the quota first',
      value: max,
    });
}

const labelName = /^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)$/;
const labelPrefix = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

function keyFault(key: string): string | undefined {
  const [prefix, name, rest] = key.includes('/') ? key.split('/') : [undefined, key];
  if (rest !== undefined || name === undefined || !labelName.test(name))
    return 'letters, digits, - _ . with one / at most, a letter or digit at both ends, 63 at most';
  if (prefix !== undefined && (!labelPrefix.test(prefix) || prefix.length > 253))
    return 'before the / stands a DNS name, as example.org/team';
  return undefined;
}

/** The kubelet may not set labels of these domains on its own node, but for those under the exceptions (NodeRestriction). */
function isReservedLabel(key: string): boolean {
  const prefix = key.split('/')[0] ?? '';
  if (!key.includes('/')) return false;
  if (/(^|\.)(kubelet|node)\.kubernetes\.io$/.test(prefix)) return false;
  return /(^|\.)(kubernetes\.io|k8s\.io)$/.test(prefix) || prefix === 'eks.amazonaws.com';
}

function checkLabels(pool: FilePool, path: Path, report: Report): void {
  for (const [key, value] of Object.entries(pool.labels)) {
    const at = [...path, 'labels', key];
    const hint = keyFault(key);
    if (hint !== undefined)
      report(
        at,
        { code: 'WRONG_LABEL', message: `${JSON.stringify(key)} is not the key of a label`, hint, value: key },
        'key',
      );
    else if (isReservedLabel(key))
      report(
        at,
        {
          code: 'RESERVED_LABEL',
          message: `the label ${key} belongs to Kubernetes or EKS`,
          hint: 'a domain of your own, as example.org/team',
          value: key,
        },
        'key',
      );
    if (value !== '' && !labelName.test(value)) {
      report(at, {
        code: 'WRONG_LABEL',
        message: `${JSON.stringify(value)} is not the value of a label`,
        hint: 'letters, digits, - _ . with a letter or digit at both ends, 63 at most',
        value,
      });
    }
  }
}

function checkTaints(pool: FilePool, path: Path, report: Report): void {
  const seen = new Set<string>();
  for (const [index, text] of pool.taints.entries()) {
    const at = [...path, 'taints', index];
    const taint = parseTaint(text);
    const fault =
      taint === undefined
        ? 'key=value:Effect, Effect one of NoSchedule, PreferNoSchedule, NoExecute'
        : keyFault(taint.key);
    if (taint === undefined || fault !== undefined || (taint.value !== '' && !labelName.test(taint.value))) {
      report(at, {
        code: 'WRONG_TAINT',
        message: `${JSON.stringify(text)} is not a taint`,
        hint: fault ?? 'the value has letters, digits, - _ . and 63 at most',
        value: text,
      });
      continue;
    }
    const identity = `${taint.key}:${taint.effect}`;
    if (seen.has(identity))
      report(at, {
        code: 'DUPLICATE_TAINT',
        message: `${identity} is there already`,
        hint: 'a key has each effect once',
        value: text,
      });
    seen.add(identity);
  }
}

function checkReserve(pool: FilePool, path: Path, report: Report): void {
  const { kube = {}, system = {}, evict = {} } = pool.reserve ?? {};
  for (const [part, resources] of Object.entries({ kube, system })) {
    for (const [resource, text] of Object.entries(resources))
      checkQuantity(text, [...path, 'reserve', part, resource], report);
  }
  for (const [resource, text] of Object.entries(evict)) {
    const at = [...path, 'reserve', 'evict', resource];
    const percent = /^(\d+(?:\.\d+)?)%$/.exec(text ?? '')?.[1];
    if (percent === undefined) checkQuantity(text, at, report);
    else if (Number(percent) <= 0 || Number(percent) >= 100)
      report(at, {
        code: 'WRONG_QUANTITY',
        message: `${text} leaves nothing to decide`,
        hint: 'between 0% and 100%, as 10%',
        value: text,
      });
  }
}

function checkQuantity(text: string | undefined, at: Path, report: Report): void {
  if (text === undefined) return;
  const quantity = parseQuantity(text);
  if (quantity !== undefined && quantity > 0n) return;
  const hint = /^\d+(\.\d+)?\s*[kmgt]i?b$/i.test(text)
    ? `as Kubernetes writes it: ${text.replace(/\s*([kmgt])i?b$/i, (_, unit: string) => `${unit.toUpperCase()}i`)}`
    : text.startsWith('-')
      ? 'more than nothing'
      : 'as 250m for CPU, 1Gi for memory and disk';
  report(at, { code: 'WRONG_QUANTITY', message: `${JSON.stringify(text)} is not a quantity`, hint, value: text });
}
