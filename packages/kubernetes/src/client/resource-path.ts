import { apiVersionOf } from '../objects/object-ref.ts';

/** Which resource of the REST API a kind is. */
export interface ResourceMapping {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** Plural, lower case: the word in the path. */
  readonly resource: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly subresources: readonly string[];
}

export interface PathParts {
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly subresource?: string | undefined;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>> | undefined;
}

/** Path and query of a request. Every part is encoded, so that odd names (`system:node`, `a%b`) stay one segment. */
export function resourcePath(mapping: ResourceMapping, parts: PathParts = {}): string {
  const root = mapping.group === '' ? '/api' : '/apis';
  const segments = [root, ...apiVersionOf(mapping.group, mapping.version).split('/')];
  if (mapping.namespaced && parts.namespace !== undefined)
    segments.push('namespaces', encodeURIComponent(parts.namespace));
  segments.push(mapping.resource);
  if (parts.name !== undefined) segments.push(encodeURIComponent(parts.name));
  if (parts.subresource !== undefined) segments.push(parts.subresource);
  return segments.join('/') + queryText(parts.query);
}

/** `?a=1&b=2`, or nothing; members that are undefined are left out. */
export function queryText(query: PathParts['query']): string {
  const pairs = Object.entries(query ?? {}).filter(([, value]) => value !== undefined);
  if (pairs.length === 0) return '';
  return `?${pairs.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`).join('&')}`;
}
