import type { Path } from '@roadstead/definition';
import type { Json, JsonObject } from '@roadstead/foundation';

/** Shows every member of every map in a value. The path is the same list each time and goes on changing: copy it to keep it. */
export function walkMembers(value: Json, each: (key: string, member: Json, path: Path) => void): void {
  const path: (string | number)[] = [];
  const walk = (inner: Json): void => {
    if (typeof inner !== 'object' || inner === null) return;
    const isList = Array.isArray(inner);
    for (const [key, member] of Object.entries(inner as JsonObject)) {
      path.push(isList ? Number(key) : key);
      if (!isList) each(key, member, path);
      walk(member);
      path.pop();
    }
  };
  walk(value);
}

/** The late values in a value: their names, and the paths at which they stand. */
export function lateValuesIn(value: Json): { readonly name: string; readonly path: Path }[] {
  const found: { readonly name: string; readonly path: Path }[] = [];
  walkMembers(value, (key, member, path) => {
    if (key === '$late' && typeof member === 'string') found.push({ name: member, path: path.slice(0, -1) });
  });
  return found;
}
