import type { ResourceMapping } from '../client/resource-path.ts';

/** A kind as discovery tells it, in the least detail that planning needs. */
export function servedKind(group: string, version: string, kind: string, scope = 'Namespaced'): ResourceMapping {
  return {
    group,
    version,
    kind,
    resource: `${kind.toLowerCase()}s`,
    namespaced: scope === 'Namespaced',
    verbs: ['list'],
    subresources: [],
  };
}
