import type { RuleInput } from './check-cluster.ts';
import type { ClusterFile } from './cluster-schema.ts';
import { parseTaint } from './normalise-cluster.ts';
import type { Path } from './positions.ts';

type FilePool = ClusterFile['spec']['nodePools'][number];
type Report = RuleInput['report'];

/** What the EKS API takes of the keys and values of labels and taints (service model: labelKey, labelValue, taintKey). */
const longest = 63;
const labelName = /^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)$/;
const labelPrefix = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

function keyFault(key: string): string | undefined {
  const [prefix, name, rest] = key.includes('/') ? key.split('/') : [undefined, key];
  if (rest !== undefined || name === undefined || !labelName.test(name))
    return `letters, digits, - _ . with one / at most, a letter or digit at both ends, ${longest} at most`;
  if (prefix !== undefined && !labelPrefix.test(prefix)) return 'before the / stands a DNS name, as example.org/team';
  return key.length > longest ? `EKS takes ${longest} characters, the part before the / among them` : undefined;
}

/**
 * The owner of a label that no file may set: EKS refuses what is under Kubernetes' domains and its own (containers-roadmap#1451), and nodes that set
 * them do not join; the pool's own label is what Roadstead finds its nodes by.
 */
function labelOwner(key: string): string | undefined {
  if (!key.includes('/')) return undefined;
  const prefix = key.split('/')[0] ?? '';
  if (/(^|\.)(kubernetes\.io|k8s\.io)$/.test(prefix)) return 'Kubernetes';
  if (prefix === 'eks.amazonaws.com') return 'EKS';
  return prefix === 'roadstead.dev' ? 'Roadstead' : undefined;
}

/** Labels of the nodes, as Kubernetes and EKS take them. */
export function checkLabels(pool: FilePool, path: Path, report: Report): void {
  for (const [key, value] of Object.entries(pool.labels)) {
    const at = [...path, 'labels', key];
    const hint = keyFault(key);
    const owner = labelOwner(key);
    if (hint !== undefined) {
      const message = `${JSON.stringify(key)} is not the key of a label`;
      report(at, { code: 'WRONG_LABEL', message, hint, value: key }, 'key');
    } else if (owner !== undefined) {
      const message = `the label ${key} belongs to ${owner}`;
      report(
        at,
        { code: 'RESERVED_LABEL', message, hint: 'a domain of your own, as example.org/team', value: key },
        'key',
      );
    }
    if (labelName.test(value)) continue;
    report(at, {
      code: 'WRONG_LABEL',
      message: `${JSON.stringify(value)} is not the value of a label`,
      hint: `letters, digits, - _ . with a letter or digit at both ends, 1 to ${longest}`,
      value,
    });
  }
}

/** Taints of the nodes, each key and effect once. */
export function checkTaints(pool: FilePool, path: Path, report: Report): void {
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
        hint: fault ?? `the value has letters, digits, - _ . and ${longest} at most`,
        value: text,
      });
      continue;
    }
    const owner = labelOwner(taint.key);
    if (owner !== undefined) {
      const message = `the taint ${taint.key} belongs to ${owner}`;
      report(at, { code: 'RESERVED_TAINT', message, hint: 'a key of your own, as example.org/team', value: text });
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
