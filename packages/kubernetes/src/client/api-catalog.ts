import { isRecord, type JsonRecord, recordsAt, stringAt, valueAt } from '../objects/kubernetes-object.ts';
import { groupOf, type KindRef, versionOf } from '../objects/object-ref.ts';
import type { ResourceMapping } from './resource-path.ts';

/** What an API server serves; groups' versions in the server's order of preference. */
export interface ApiCatalog {
  readonly resources: readonly ResourceMapping[];
  /** Group and version pairs that discovery could not read: their kinds are unknown, not absent. */
  readonly unreadable: readonly string[];
}

/** The resource of a kind in just this version. */
export function findMapping(catalog: ApiCatalog, ref: KindRef): ResourceMapping | undefined {
  const group = groupOf(ref.apiVersion);
  const version = versionOf(ref.apiVersion);
  return catalog.resources.find((each) => each.kind === ref.kind && each.group === group && each.version === version);
}

/** The resource of a kind in the version that the server prefers among those that serve it. */
export function preferredMapping(catalog: ApiCatalog, group: string, kind: string): ResourceMapping | undefined {
  return catalog.resources.find((each) => each.kind === kind && each.group === group);
}

/** True when discovery could not read all of a group: a kind of it that is not in the catalogue may be there. */
export function isUnreadable(catalog: ApiCatalog, group: string): boolean {
  return catalog.unreadable.some((each) => groupOf(each) === group);
}

/** Reads `APIGroupDiscoveryList` (v2 or v2beta1): one answer for all groups of one root. */
export function parseAggregatedDiscovery(body: unknown): ApiCatalog {
  const resources: ResourceMapping[] = [];
  const unreadable: string[] = [];
  for (const item of recordsAt(body, 'items')) {
    const group = stringAt(item, 'metadata', 'name') ?? '';
    for (const version of recordsAt(item, 'versions')) {
      const name = stringAt(version, 'version') ?? '';
      if (stringAt(version, 'freshness') === 'Stale') unreadable.push(`${group}/${name}`);
      resources.push(
        ...recordsAt(version, 'resources').flatMap((resource) => aggregatedMapping(group, name, resource)),
      );
    }
  }
  return { resources, unreadable };
}

function aggregatedMapping(group: string, version: string, resource: JsonRecord): ResourceMapping[] {
  const kind = stringAt(resource, 'responseKind', 'kind');
  const plural = stringAt(resource, 'resource');
  if (kind === undefined || plural === undefined || kind === '') return [];
  const subresources = recordsAt(resource, 'subresources').flatMap((each) => stringAt(each, 'subresource') ?? []);
  return [
    {
      group,
      version,
      kind,
      resource: plural,
      namespaced: resource.scope === 'Namespaced',
      verbs: stringsAt(resource, 'verbs'),
      subresources,
    },
  ];
}

/** Reads one `APIResourceList` of the older protocol. */
export function parseResourceList(group: string, version: string, body: unknown): readonly ResourceMapping[] {
  const entries = recordsAt(body, 'resources');
  return entries.flatMap((entry) => {
    const name = stringAt(entry, 'name') ?? '';
    const kind = stringAt(entry, 'kind');
    if (kind === undefined || name === '' || name.includes('/')) return [];
    const subresources = entries
      .map((other) => stringAt(other, 'name') ?? '')
      .filter((other) => other.startsWith(`${name}/`))
      .map((other) => other.slice(name.length + 1));
    return [
      {
        group,
        version,
        kind,
        resource: name,
        namespaced: entry.namespaced === true,
        verbs: stringsAt(entry, 'verbs'),
        subresources,
      },
    ];
  });
}

/** Groups and versions of `/apis` (an `APIGroupList`), the preferred version first. */
export function parseGroupList(body: unknown): readonly { readonly group: string; readonly version: string }[] {
  return recordsAt(body, 'groups').flatMap((entry) => {
    const group = stringAt(entry, 'name') ?? '';
    const preferred = stringAt(entry, 'preferredVersion', 'version');
    const versions = recordsAt(entry, 'versions').flatMap((each) => stringAt(each, 'version') ?? []);
    const ordered = [...versions].sort((a, b) => Number(b === preferred) - Number(a === preferred));
    return ordered.map((version) => ({ group, version }));
  });
}

export function isAggregatedDiscovery(body: unknown): boolean {
  return isRecord(body) && body.kind === 'APIGroupDiscoveryList';
}

function stringsAt(value: unknown, ...path: readonly string[]): readonly string[] {
  const found = valueAt(value, ...path);
  return Array.isArray(found) ? found.filter((each) => typeof each === 'string') : [];
}
