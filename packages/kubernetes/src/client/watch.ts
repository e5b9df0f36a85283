import {
  type BackoffPolicy,
  backoffDelayMs,
  type Clock,
  isRoadsteadError,
  type RoadsteadError,
} from '@roadstead/foundation';
import { isKubernetesObject, isRecord, type KubernetesObject, stringAt } from '../objects/kubernetes-object.ts';
import { type ListOptions, listAll, withoutManagedFields } from './list.ts';
import { type ResourceMapping, resourcePath } from './resource-path.ts';
import { parseStatus, statusError } from './status-error.ts';
import type { Transport } from './transport.ts';

/**
 * What a watcher learns. `snapshot` replaces all that was known (at the start and after every new list), `put` and
 * `remove` change one object. `trouble` tells that the connection is lost and when it is tried again; nothing is missed,
 * as what happened meanwhile follows from the last version or as a new snapshot.
 */
export type WatchEvent =
  | { readonly type: 'snapshot'; readonly objects: readonly KubernetesObject[] }
  | { readonly type: 'put'; readonly object: KubernetesObject }
  | { readonly type: 'remove'; readonly object: KubernetesObject }
  | { readonly type: 'trouble'; readonly error: RoadsteadError; readonly retryInMs: number };

export interface WatchOptions extends ListOptions {
  readonly signal: AbortSignal;
  /** How long the server may hold one watch open; default 290 s, under the idle timeout of common load balancers. */
  readonly holdSeconds?: number;
}

interface WatchParts {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: () => number;
  readonly mapping: () => Promise<ResourceMapping>;
}

export const watchBackoff: BackoffPolicy = { firstMs: 200, factor: 2, maxMs: 30_000, jitter: 0.5 };

/** Lists, then follows; lists anew when the server has lost our place; backs off and goes on after every other fault. */
export async function* watchForever(parts: WatchParts, options: WatchOptions): AsyncGenerator<WatchEvent> {
  let resourceVersion: string | undefined;
  let failures = 0;
  while (!options.signal.aborted) {
    try {
      const mapping = await parts.mapping();
      if (resourceVersion === undefined) {
        const listed = await listAll(parts.transport, mapping, options);
        resourceVersion = listed.resourceVersion;
        failures = 0;
        yield { type: 'snapshot', objects: listed.items };
      }
      let silent = true;
      for await (const change of followOnce(parts.transport, mapping, resourceVersion, options)) {
        if ('lost' in change) {
          resourceVersion = undefined;
          throw change.lost;
        }
        resourceVersion = change.resourceVersion ?? resourceVersion;
        failures = 0;
        silent = false;
        if (change.event !== undefined) yield change.event;
      }
      // A server (or a proxy) that closes every watch at once must not be asked in a tight loop.
      if (silent) await parts.clock.sleep(backoffDelayMs(1, parts.random(), watchBackoff), options.signal);
    } catch (error) {
      if (options.signal.aborted) return;
      if (!isRoadsteadError(error)) throw error;
      if (error.code === 'KUBE_EXPIRED') resourceVersion = undefined;
      failures += 1;
      const retryInMs = backoffDelayMs(failures, parts.random(), watchBackoff);
      if (error.code !== 'KUBE_EXPIRED' || failures > 1) {
        yield { type: 'trouble', error, retryInMs };
        await parts.clock.sleep(retryInMs, options.signal).catch(() => undefined);
      }
    }
  }
}

type Change =
  /** `event` is absent for a bookmark. */
  | { readonly resourceVersion: string | undefined; readonly event?: WatchEvent }
  /** The server cannot go on from here; whoever asks it to may hear the same for ever. */
  | { readonly lost: RoadsteadError };

/** One watch request, until the server or the network ends it. */
async function* followOnce(
  transport: Transport,
  mapping: ResourceMapping,
  since: string,
  options: WatchOptions,
): AsyncGenerator<Change> {
  const holdSeconds = options.holdSeconds ?? 290;
  const query = {
    watch: true,
    allowWatchBookmarks: true,
    resourceVersion: since,
    timeoutSeconds: holdSeconds,
    labelSelector: options.labelSelector,
    fieldSelector: options.fieldSelector,
  };
  const what = `watch ${mapping.resource}`;
  // A connection that died without a word is noticed when the server should long have closed it.
  const giveUp = AbortSignal.timeout((holdSeconds + 30) * 1000);
  const signal = AbortSignal.any([options.signal, giveUp]);
  const body = await transport.stream({
    method: 'GET',
    path: resourcePath(mapping, { namespace: options.namespace, query }),
    what,
    idempotent: true,
    signal,
  });
  try {
    for await (const line of linesOf(body)) {
      const change = toChange(line, what, options.dropManagedFields === true);
      if (change !== undefined) yield change;
    }
  } catch (error) {
    if (isRoadsteadError(error) || options.signal.aborted) throw error;
    // The stream broke: the caller watches again from the last version that it saw.
  }
}

function toChange(line: string, what: string, dropManagedFields: boolean): Change | undefined {
  const event: unknown = JSON.parse(line);
  if (!isRecord(event)) return undefined;
  if (event.type === 'ERROR') {
    return { lost: statusError(what, parseStatus(500, JSON.stringify(event.object))) };
  }
  const resourceVersion = stringAt(event.object, 'metadata', 'resourceVersion');
  if (event.type === 'BOOKMARK') return { resourceVersion };
  if (!isKubernetesObject(event.object)) return undefined;
  const object = dropManagedFields ? withoutManagedFields(event.object) : event.object;
  return { resourceVersion, event: { type: event.type === 'DELETED' ? 'remove' : 'put', object } };
}

/** Splits a byte stream into lines; a character may be cut anywhere. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    yield* parts.filter((line) => line.trim() !== '');
  }
  if (rest.trim() !== '') yield rest;
}
