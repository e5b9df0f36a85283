import { canonicalJson } from '@roadstead/foundation';
import { isRecord, type JsonRecord, type KubernetesObject } from '../objects/kubernetes-object.ts';
import { isSecret } from './secret-values.ts';

/** One field of a plan line. `from` is absent for what is added, `to` for what goes. */
export type FieldChange =
  | { readonly path: string; readonly from?: unknown; readonly to?: unknown; readonly sensitive?: false }
  /** A Secret's value: that it changes is told, never what it is. */
  | { readonly path: string; readonly sensitive: true };

const serverMade = new Set([
  'managedFields',
  'resourceVersion',
  'uid',
  'generation',
  'creationTimestamp',
  'selfLink',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
]);
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/** What differs between two readings of one object, by path in reading order; the server's bookkeeping and `status` are left out. */
export function diffFields(from: KubernetesObject, to: KubernetesObject): readonly FieldChange[] {
  const changes = diffValues('', comparable(from), comparable(to));
  return isSecret(to) ? changes.map(hideSecret) : changes;
}

function comparable(object: KubernetesObject): JsonRecord {
  const { status: _status, metadata, ...rest } = object;
  const kept = Object.entries(metadata).filter(([name]) => !serverMade.has(name));
  return { metadata: Object.fromEntries(kept), ...rest };
}

function hideSecret(change: FieldChange): FieldChange {
  const hidden =
    change.path === 'data' ||
    change.path.startsWith('data.') ||
    change.path.startsWith('data[') ||
    change.path.startsWith('stringData') ||
    change.path.includes(lastApplied) ||
    change.path === 'metadata.annotations';
  return hidden ? { path: change.path, sensitive: true } : change;
}

function diffValues(path: string, from: unknown, to: unknown): readonly FieldChange[] {
  if (canonicalJson(from ?? null) === canonicalJson(to ?? null)) return [];
  if (isRecord(from) && isRecord(to)) {
    const names = [...new Set([...Object.keys(from), ...Object.keys(to)])];
    return names.flatMap((name) => diffValues(memberPath(path, name), from[name], to[name]));
  }
  if (Array.isArray(from) && Array.isArray(to)) return diffLists(path, from, to);
  return [{ path, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }];
}

/** Lists whose items all have a name are compared by name, others whole when they hold plain values, else by place. */
function diffLists(path: string, from: readonly unknown[], to: readonly unknown[]): readonly FieldChange[] {
  const [left, right] = [byName(from), byName(to)];
  if (left !== undefined && right !== undefined) {
    const names = [...new Set([...left.keys(), ...right.keys()])];
    const changes = names.flatMap((name) => diffValues(`${path}[name=${name}]`, left.get(name), right.get(name)));
    return changes.length > 0 ? changes : [{ path, from: [...left.keys()], to: [...right.keys()] }];
  }
  if (![...from, ...to].every((item) => isRecord(item))) return [{ path, from, to }];
  const length = Math.max(from.length, to.length);
  return Array.from({ length }, (_, index) => diffValues(`${path}[${index}]`, from[index], to[index])).flat();
}

function byName(list: readonly unknown[]): ReadonlyMap<string, unknown> | undefined {
  const named = list.flatMap((item): [string, unknown][] =>
    isRecord(item) && typeof item.name === 'string' ? [[item.name, item]] : [],
  );
  const map = new Map(named);
  return map.size === list.length ? map : undefined;
}

function memberPath(path: string, name: string): string {
  if (!/^[\w$-]+$/.test(name)) return `${path}[${JSON.stringify(name)}]`;
  return path === '' ? name : `${path}.${name}`;
}
