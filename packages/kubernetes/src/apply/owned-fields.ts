import { canonicalJson, sha256Hex } from '@roadstead/foundation';
import {
  isRecord,
  type JsonRecord,
  type KubernetesObject,
  type ManagedFieldsEntry,
} from '../objects/kubernetes-object.ts';

export interface OwnedField {
  /** As the API server writes paths in conflicts: `.spec.containers[name="web"].image`. */
  readonly path: string;
  /** `undefined` where the object no longer has the field. */
  readonly value: unknown;
}

/** What a manager owns by server-side apply, or `undefined` when it owns nothing (any more). */
export function appliedEntryOf(object: KubernetesObject, manager: string): ManagedFieldsEntry | undefined {
  return object.metadata.managedFields?.find(
    (entry) => entry.manager === manager && entry.operation === 'Apply' && (entry.subresource ?? '') === '',
  );
}

/** The leaves that a manager owns by server-side apply and the values they have now. */
export function ownedFieldsOf(object: KubernetesObject, manager: string): readonly OwnedField[] {
  const entry = appliedEntryOf(object, manager);
  const found: OwnedField[] = [];
  if (entry?.fieldsV1 !== undefined) addLeaves(found, entry.fieldsV1, object, '');
  return found;
}

/** Appends to one list, as this runs over every field of every object each time a plan is made. */
function addLeaves(found: OwnedField[], fields: JsonRecord, value: unknown, path: string): void {
  const names = Object.keys(fields);
  const whole = '.' in fields;
  // Only '.' or nothing below: the manager owns the thing as a whole (or just its being there).
  if (whole || names.length === 0) found.push({ path, value: whole ? presenceOf(value) : value });
  for (const name of names) {
    if (name === '.') continue;
    const step = stepInto(name, value);
    const below = fields[name];
    addLeaves(found, isRecord(below) ? below : {}, step.value, path + step.path);
  }
}

/** Owning a map or list as such says nothing of what others put into it. */
function presenceOf(value: unknown): unknown {
  if (Array.isArray(value)) return '[]';
  return isRecord(value) ? '{}' : value;
}

/** Follows one step of FieldsV1: `f:name`, `k:{keys}`, `v:value`, `i:index`. */
function stepInto(step: string, value: unknown): { readonly path: string; readonly value: unknown } {
  const rest = step.slice(2);
  const list = Array.isArray(value) ? value : [];
  switch (step.slice(0, 2)) {
    case 'f:':
      return { path: `.${rest}`, value: isRecord(value) ? value[rest] : undefined };
    case 'k:': {
      const keys = parseOr(rest, {});
      const pairs = isRecord(keys) ? Object.entries(keys) : [];
      const path = `[${pairs.map(([name, key]) => `${name}=${JSON.stringify(key)}`).join(',')}]`;
      return { path, value: list.find((item) => isRecord(item) && pairs.every(([name, key]) => item[name] === key)) };
    }
    case 'v:': {
      const wanted = canonicalJson(parseOr(rest, rest));
      return { path: `[=${rest}]`, value: list.find((item) => canonicalJson(item) === wanted) };
    }
    default:
      return { path: `[${rest}]`, value: list[Number(rest)] };
  }
}

function parseOr(text: string, fallback: unknown): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return fallback;
  }
}

const bytesPerPath = 4;
const mostPaths = 400;

/**
 * The paths that a manager owns, each as four bytes of its hash, in base64. Lets a later pass tell a field that was
 * ours and was taken from us (drift, mended) from one that never was (a conflict, reported). Empty beyond 400 paths.
 */
export function packPaths(paths: readonly string[]): string {
  if (paths.length > mostPaths) return '';
  return Buffer.concat(paths.map(hashOf)).toString('base64');
}

export function packHas(pack: string, path: string): boolean {
  const wanted = hashOf(path);
  const bytes = Buffer.from(pack, 'base64');
  for (let at = 0; at + bytesPerPath <= bytes.length; at += bytesPerPath) {
    if (bytes.compare(wanted, 0, bytesPerPath, at, at + bytesPerPath) === 0) return true;
  }
  return false;
}

function hashOf(path: string): Buffer {
  return Buffer.from(sha256Hex(path).slice(0, bytesPerPath * 2), 'hex');
}
