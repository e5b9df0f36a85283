import { referencesIn } from '../template/references.ts';
import type { Template } from '../template/template.ts';

/** For each node, the nodes that must be done before it. */
export type Dependencies = ReadonlyMap<string, ReadonlySet<string>>;

/** What each of the named resources waits for: what its expressions name and its DependsOn, of the named ones only. */
export function dependenciesOf(template: Template, names: readonly string[]): Dependencies {
  const kept = new Set(names);
  return new Map(
    names.map((name) => {
      const resource = template.resources[name];
      const named = [...(resource?.dependsOn ?? []), ...referencesIn(resource?.properties).map((each) => each.name)];
      return [name, new Set(named.filter((each) => kept.has(each) && each !== name))];
    }),
  );
}

/** The same graph with every edge turned: what must be gone before each node may go. */
export function reversed(dependencies: Dependencies): Dependencies {
  const result = new Map([...dependencies.keys()].map((node): [string, Set<string>] => [node, new Set()]));
  for (const [node, needs] of dependencies) for (const need of needs) result.get(need)?.add(node);
  return result;
}

/** The nodes that are on a cycle or wait for one, in order of name; empty when the graph can be worked off. */
export function nodesOnCycles(dependencies: Dependencies): string[] {
  const open = new Map([...dependencies].map(([node, needs]) => [node, new Set(needs)]));
  for (;;) {
    const free = [...open].filter(([, needs]) => [...needs].every((need) => !open.has(need))).map(([node]) => node);
    if (free.length === 0) return [...open.keys()].sort();
    for (const node of free) open.delete(node);
  }
}
