import type { Path } from '@roadstead/definition';
import type { Json, JsonObject } from '@roadstead/foundation';

/** Shows every member of every map in a value, with its path. */
export function walkMembers(value: Json, each: (key: string, member: Json, path: Path) => void, path: Path = []): void {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const [index, item] of (value as readonly Json[]).entries()) walkMembers(item, each, [...path, index]);
    return;
  }
  for (const [key, member] of Object.entries(value as JsonObject)) {
    each(key, member, [...path, key]);
    walkMembers(member, each, [...path, key]);
  }
}

/** The late values in a value: their names, and the paths at which they stand. */
export function lateValuesIn(value: Json): { readonly name: string; readonly path: Path }[] {
  const found: { readonly name: string; readonly path: Path }[] = [];
  walkMembers(value, (key, member, path) => {
    if (key === '$late' && typeof member === 'string') found.push({ name: member, path: path.slice(0, -1) });
  });
  return found;
}
