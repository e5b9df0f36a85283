import { isRoadsteadError, mapBounded } from '@roadstead/foundation';
import { type ApiCatalog, findMapping, preferredMapping } from '../client/api-catalog.ts';
import { type KubernetesReader, requestsAtOnce } from '../client/kubernetes-client.ts';
import type { ResourceMapping } from '../client/resource-path.ts';
import type { KubernetesObject } from '../objects/kubernetes-object.ts';
import { apiVersionOf, type KindRef, keyOf, type ObjectRef, refOf } from '../objects/object-ref.ts';
import { applySetIdOf, idLabel, inventoryNamespace, parseGroupKind, partOfLabel, readParent } from './applyset.ts';
import { parseInventory } from './inventory.ts';
import type { ObservedMember, ObservedParent, ObservedRelease } from './release-types.ts';

/**
 * Reads what is there: the parents, the names of namespaces, and one list per kind by label over all components.
 * Kinds that only earlier releases held come
 * from the parents.
 */
export async function observeRelease(
  client: KubernetesReader,
  components: readonly string[],
  desired: readonly ObjectRef[],
  signal?: AbortSignal,
): Promise<ObservedRelease> {
  const listed = signal === undefined ? {} : { signal };
  // Read anew: a definition may have come or gone since, and a list of a kind that is gone would fail.
  const catalog = await client.discover({ ...listed, refresh: true });
  const wanted = kindsToList(catalog, desired, []);
  const [parentList, namespaceList, wantedMembers] = await Promise.all([
    client.list(
      { apiVersion: 'v1', kind: 'ConfigMap' },
      { ...listed, namespace: inventoryNamespace, labelSelector: idLabel, dropManagedFields: true },
    ),
    client.list({ apiVersion: 'v1', kind: 'Namespace' }, listed),
    listMembers(client, wanted, signal),
  ]);
  const parents = new Map(parentList.items.flatMap(toParent).map((parent) => [parent.component, parent]));
  const groupKinds = [...parents.values()].flatMap((parent) => parent.groupKinds);
  // What earlier releases held and this one does not: known only now.
  const former = kindsToList(catalog, desired, groupKinds).slice(wanted.length);
  const formerMembers = await listMembers(client, former, signal);
  const namespaces = [...wanted, ...former].some(isNamespace) ? namespaceList.items : [];
  const componentOf = new Map(
    [...components, ...parents.keys()].map((component) => [applySetIdOf(component), component]),
  );
  const objects = [...wantedMembers.objects, ...formerMembers.objects, ...namespaces];
  const members = new Map<string, ObservedMember>();
  const written = versionsByKey(catalog, desired);
  for (const object of objects) {
    const component = componentOf.get(object.metadata.labels?.[partOfLabel] ?? '');
    const key = keyOf(refOf(object));
    if (component !== undefined && (!members.has(key) || object.apiVersion === written.get(key)))
      members.set(key, { component, object });
  }
  return {
    catalog: withoutKinds(catalog, [...wantedMembers.gone, ...formerMembers.gone]),
    parents,
    members,
    namespaces: new Set(
      namespaceList.items
        .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
        .map(({ metadata }) => metadata.name),
    ),
  };
}

/** In which version the release writes each object; its fields are compared in that one. */
function versionsByKey(catalog: ApiCatalog, desired: readonly ObjectRef[]): ReadonlyMap<string, string> {
  return new Map(
    desired.map(({ namespace, ...ref }) => {
      const isInNamespace = findMapping(catalog, ref)?.namespaced !== false;
      return [keyOf(isInNamespace ? { ...ref, namespace: namespace ?? 'default' } : ref), ref.apiVersion];
    }),
  );
}

interface Members {
  readonly objects: readonly KubernetesObject[];
  /** Kinds that discovery still names though their definition was deleted a moment ago. */
  readonly gone: readonly ResourceMapping[];
}

/** One list for each kind, by label over all components; namespaces are left to the caller, who has them. */
async function listMembers(
  client: KubernetesReader,
  kinds: readonly ResourceMapping[],
  signal: AbortSignal | undefined,
): Promise<Members> {
  const listed = signal === undefined ? {} : { signal };
  const gone: ResourceMapping[] = [];
  const rest = kinds.filter((mapping) => !isNamespace(mapping));
  // A consistent list waits up to 100 ms for the API server's cache, whatever it holds: so they wait together.
  const lists = await mapBounded(rest, requestsAtOnce, async (mapping) => {
    const kind = { apiVersion: apiVersionOf(mapping.group, mapping.version), kind: mapping.kind };
    try {
      return (await client.list(kind, { ...listed, labelSelector: partOfLabel })).items;
    } catch (error) {
      if (!isRoadsteadError(error, 'KUBE_NOT_FOUND')) throw error;
      gone.push(mapping);
      return [];
    }
  });
  return { objects: lists.flat(), gone };
}

function isNamespace({ group, kind }: ResourceMapping): boolean {
  return kind === 'Namespace' && group === '';
}

function withoutKinds(catalog: ApiCatalog, gone: readonly ResourceMapping[]): ApiCatalog {
  const isGone = (each: ResourceMapping) => gone.some(({ group, kind }) => each.group === group && each.kind === kind);
  return gone.length === 0 ? catalog : { ...catalog, resources: catalog.resources.filter((each) => !isGone(each)) };
}

/** Each kind in every version that the release writes it in (mostly one), else once, in the server's preferred one. */
export function kindsToList(
  catalog: ApiCatalog,
  desired: readonly KindRef[],
  groupKinds: readonly string[],
): readonly ResourceMapping[] {
  const chosen = new Set<ResourceMapping>();
  const choose = (mapping: ResourceMapping | undefined) => {
    if (mapping?.verbs.includes('list') === true) chosen.add(mapping);
  };
  for (const kind of desired) choose(findMapping(catalog, kind));
  const written = new Set([...chosen].map(({ group, kind }) => `${kind}.${group}`));
  for (const text of groupKinds) {
    const { group, kind } = parseGroupKind(text);
    if (!written.has(`${kind}.${group}`)) choose(preferredMapping(catalog, group, kind));
  }
  return [...chosen];
}

function toParent(object: Parameters<typeof readParent>[0]): ObservedParent[] {
  const set = readParent(object);
  if (set === undefined) return [];
  const { component, groupKinds, namespaces, inventory } = set;
  return [{ component, groupKinds, namespaces, inventory: parseInventory(inventory), inventoryText: inventory }];
}
