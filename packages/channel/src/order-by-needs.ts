interface Needing {
  readonly name: string;
  readonly needs: readonly string[];
}

/** Sorts so that what is needed comes first, and else by name; or names a circle of needs. Needs that are not there are left aside. */
export function orderByNeeds<T extends Needing>(
  items: readonly T[],
): { readonly order: T[] } | { readonly circle: readonly string[] } {
  const waiting = new Map(items.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map((item) => [item.name, item]));
  const order: T[] = [];
  while (waiting.size > 0) {
    const next = [...waiting.values()].find((item) => item.needs.every((need) => !waiting.has(need)));
    if (next === undefined) return { circle: circleIn(waiting) };
    order.push(next);
    waiting.delete(next.name);
  }
  return { order };
}

/** Follows needs from any item until one comes back. */
function circleIn(waiting: ReadonlyMap<string, Needing>): string[] {
  const path: string[] = [];
  let name = [...waiting.keys()][0] ?? '';
  while (!path.includes(name)) {
    path.push(name);
    name = waiting.get(name)?.needs.find((need) => waiting.has(need)) ?? name;
  }
  return [...path.slice(path.indexOf(name)), name];
}
