import { mapBounded } from '@roadstead/foundation';
import { parseAnswer } from '../objects/kubernetes-object.ts';
import type { KindRef } from '../objects/object-ref.ts';
import {
  type ApiCatalog,
  findMapping,
  isAggregatedDiscovery,
  parseAggregatedDiscovery,
  parseGroupList,
  parseResourceList,
} from './api-catalog.ts';
import type { ResourceMapping } from './resource-path.ts';
import type { Transport } from './transport.ts';

const aggregated = ['v2', 'v2beta1']
  .map((version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`)
  .concat('application/json')
  .join(',');

/** Reads all that the server serves: two requests where it speaks aggregated discovery (1.27 and up), else one per group. */
export async function discoverApis(transport: Transport, signal?: AbortSignal): Promise<ApiCatalog> {
  const [core, groups] = await Promise.all(
    ['/api', '/apis'].map((path) => getJson(transport, path, aggregated, signal)),
  );
  if (isAggregatedDiscovery(core) && isAggregatedDiscovery(groups)) {
    const parts = [parseAggregatedDiscovery(core), parseAggregatedDiscovery(groups)];
    return { resources: parts.flatMap((part) => part.resources), unreadable: parts.flatMap((part) => part.unreadable) };
  }
  const versions = [{ group: '', version: 'v1' }, ...parseGroupList(groups)];
  const unreadable: string[] = [];
  const lists = await mapBounded(versions, 8, async ({ group, version }) => {
    const path = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
    try {
      return parseResourceList(group, version, await getJson(transport, path, 'application/json', signal));
    } catch {
      // One aggregated API that is down must not hide all the others.
      signal?.throwIfAborted();
      unreadable.push(`${group}/${version}`);
      return [];
    }
  });
  return { resources: lists.flat(), unreadable };
}

/** A catalogue that is read once, and again when a kind is asked for that it does not have (at most once a second). */
export function createCatalogCache(transport: Transport, monotonic: () => number) {
  let held: Promise<ApiCatalog> | undefined;
  let readAt = Number.NEGATIVE_INFINITY;

  function read(refresh: boolean, signal?: AbortSignal): Promise<ApiCatalog> {
    if (held === undefined || refresh) {
      readAt = monotonic();
      const reading = discoverApis(transport, signal);
      held = reading;
      reading.catch(() => {
        if (held === reading) held = undefined;
      });
    }
    return held;
  }

  async function mapping(ref: KindRef, signal?: AbortSignal): Promise<ResourceMapping | undefined> {
    const found = findMapping(await read(false, signal), ref);
    if (found !== undefined || monotonic() - readAt < 1000) return found;
    return findMapping(await read(true, signal), ref);
  }

  return { read, mapping };
}

async function getJson(
  transport: Transport,
  path: string,
  accept: string,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  return parseAnswer(
    await transport.request({ method: 'GET', path, accept, what: `discover ${path}`, idempotent: true, signal }),
    path,
  );
}
