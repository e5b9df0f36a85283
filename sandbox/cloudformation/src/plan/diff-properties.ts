import { canonicalJson } from '@roadstead/foundation';
import type { PropertyType, ResourceSpec } from '../spec/resource-spec.ts';
import { Unknown, unknownCauses } from '../template/evaluate.ts';
import { isJsonObject, type JsonObject } from '../template/parse.ts';

export type Recreation = 'Never' | 'Conditionally' | 'Always';

/** One property that differs. `path` begins with the property's own name. */
export interface PropertyChange {
  readonly path: readonly string[];
  readonly recreation: Recreation;
  readonly before: unknown;
  readonly after: unknown;
  /** What the new value waits for (`Res` or `Res.Attr`); empty when it is known. */
  readonly causes: readonly string[];
}

/** How a resource's properties differ, at the deepest members that the specification names. In order of name. */
export function diffProperties(spec: ResourceSpec, before: JsonObject, after: JsonObject): PropertyChange[] {
  return diffMembers({ spec, members: spec.properties, path: [], inherited: 'Never' }, before, after);
}

/** The strongest of several changes' effects; `Never` when there is none. */
export function strongestRecreation(changes: readonly PropertyChange[]): Recreation {
  if (changes.some(({ recreation }) => recreation === 'Always')) return 'Always';
  return changes.some(({ recreation }) => recreation === 'Conditionally') ? 'Conditionally' : 'Never';
}

interface Level {
  readonly spec: ResourceSpec;
  readonly members: ResourceSpec['properties'];
  readonly path: readonly string[];
  readonly inherited: Recreation;
}

function diffMembers(level: Level, before: JsonObject, after: JsonObject): PropertyChange[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names.flatMap((name) => {
    const property = level.members[name];
    const recreation = stronger(level.inherited, property?.replace);
    return diffValue(
      { ...level, path: [...level.path, name], inherited: recreation },
      property?.type ?? 'json',
      before[name],
      after[name],
    );
  });
}

function diffValue(level: Level, type: PropertyType, before: unknown, after: unknown): PropertyChange[] {
  if (sameValue(before, after)) return [];
  const members =
    typeof type === 'object' && 'definition' in type ? level.spec.definitions[type.definition] : undefined;
  if (members !== undefined && isPlain(before) && isPlain(after))
    return diffMembers({ ...level, members }, before, after);
  return [{ path: level.path, recreation: level.inherited, before, after, causes: unknownCauses(after) }];
}

function isPlain(value: unknown): value is JsonObject {
  return isJsonObject(value) && !(value instanceof Unknown);
}

function stronger(inherited: Recreation, replace: 'yes' | 'maybe' | undefined): Recreation {
  if (inherited === 'Always' || replace === 'yes') return 'Always';
  return inherited === 'Conditionally' || replace === 'maybe' ? 'Conditionally' : 'Never';
}

function sameValue(before: unknown, after: unknown): boolean {
  return unknownCauses(after).length === 0 && canonicalJson(before) === canonicalJson(after);
}
