import { type Clock, type ProxySettings, systemClock } from '@roadstead/foundation';
import type { JsonRecord, KubernetesObject } from '../objects/kubernetes-object.ts';
import type { KindRef, ObjectRef } from '../objects/object-ref.ts';
import type { ApiCatalog } from './api-catalog.ts';
import type { ApplyOptions } from './apply-request.ts';
import type { CredentialSource } from './credentials.ts';
import { createCatalogCache } from './discovery.ts';
import type { ListOptions, ListResult } from './list.ts';
import { createReader } from './reader.ts';
import type { ResourceMapping } from './resource-path.ts';
import type { Shared } from './shared.ts';
import { createTransport } from './transport.ts';
import type { WatchEvent, WatchOptions } from './watch.ts';
import { createWriter } from './writer.ts';

/**
 * Connections of a client, and so the requests that it has under way. Applies are bound by the API server's processors:
 * 24 keep two of them busy, and are half the seats that priority and fairness gives `global-default`.
 */
export const requestsAtOnce = 24;

export interface ClientOptions {
  /** `https://host[:port]`, as a kubeconfig has it. */
  readonly server: string;
  readonly caPem?: string;
  readonly tlsServerName?: string;
  /** Absent: always the direct way. */
  readonly proxy?: ProxySettings;
  readonly credentials: CredentialSource;
  readonly userAgent: string;
  readonly timeouts?: { readonly connectMs?: number; readonly requestMs?: number };
  /** Open connections at most; default `requestsAtOnce`. */
  readonly connections?: number;
  readonly clock?: Clock;
  /** In [0, 1); jitters the retries. */
  readonly random?: () => number;
}

export interface AccessQuestion {
  readonly verb: string;
  readonly group?: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
}

export interface PodLogOptions {
  readonly container?: string;
  readonly tailLines?: number;
  /** The run before the present one: what a crash loop's last words are in. */
  readonly previous?: boolean;
}

/** Everything that only looks. A missing object or kind is `undefined`, never an error. */
export interface KubernetesReader {
  readonly server: string;
  version(
    signal?: AbortSignal,
  ): Promise<{ readonly gitVersion: string; readonly major: string; readonly minor: string }>;
  /** What the server serves; cached until `refresh`. */
  discover(options?: { readonly refresh?: boolean; readonly signal?: AbortSignal }): Promise<ApiCatalog>;
  mapping(kind: KindRef, signal?: AbortSignal): Promise<ResourceMapping | undefined>;
  get(ref: ObjectRef, signal?: AbortSignal): Promise<KubernetesObject | undefined>;
  /** All pages. A kind that is not served is an error (`KUBE_KIND_NOT_SERVED`). */
  list(kind: KindRef, options?: ListOptions): Promise<ListResult>;
  /** Never ends but by the signal: see `WatchEvent`. */
  watch(kind: KindRef, options: WatchOptions): AsyncIterable<WatchEvent>;
  /** The answer of any path as text: `/readyz`, `/metrics`. */
  getRaw(path: string, signal?: AbortSignal): Promise<string>;
  podLog(
    pod: { readonly namespace: string; readonly name: string },
    options?: PodLogOptions,
    signal?: AbortSignal,
  ): Promise<string>;
  /** SelfSubjectAccessReview: may this identity do that? Stores nothing. */
  canI(question: AccessQuestion, signal?: AbortSignal): Promise<boolean>;
  /** The user name the server knows this identity by. */
  whoAmI(signal?: AbortSignal): Promise<{ readonly username: string; readonly groups: readonly string[] }>;
  close(): Promise<void>;
}

/** What came of an apply. */
export interface Applied {
  readonly object: KubernetesObject;
  /** True when there was no such object before. */
  readonly created: boolean;
}

/** The planner's one request that is no read by verb; always sent with `dryRun=All`, so nothing is stored. */
export interface DryRunner {
  dryRunApply(object: KubernetesObject, options: ApplyOptions, signal?: AbortSignal): Promise<Applied>;
}

export interface DeleteOptions {
  /** Default `Background`. */
  readonly propagation?: 'Background' | 'Foreground' | 'Orphan';
  /** Deletes only this very object, not one of its name made since. */
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly gracePeriodSeconds?: number;
}

export type PatchType = 'merge' | 'json' | 'strategic';

/** Everything that changes. */
export interface KubernetesWriter {
  /** Server-side apply; repeatable. */
  apply(object: KubernetesObject, options: ApplyOptions, signal?: AbortSignal): Promise<Applied>;
  /** Not repeated when the answer is lost, as the object may be there. */
  create(object: KubernetesObject, signal?: AbortSignal): Promise<KubernetesObject>;
  patch(
    ref: ObjectRef,
    type: PatchType,
    patch: unknown,
    options?: { readonly subresource?: string; readonly signal?: AbortSignal },
  ): Promise<KubernetesObject>;
  /** `gone` when there was nothing to delete. */
  delete(ref: ObjectRef, options?: DeleteOptions, signal?: AbortSignal): Promise<'accepted' | 'gone'>;
  /** The Eviction subresource. `blocked` when a disruption budget says not now (429). */
  evict(
    pod: { readonly namespace: string; readonly name: string },
    signal?: AbortSignal,
  ): Promise<'accepted' | 'gone' | 'blocked'>;
  /** POST to a subresource, as TokenRequest and Binding want it. */
  createSubresource(ref: ObjectRef, subresource: string, body: JsonRecord, signal?: AbortSignal): Promise<unknown>;
}

export type ReadOnlyKubernetesClient = KubernetesReader & DryRunner;
export type KubernetesClient = ReadOnlyKubernetesClient & KubernetesWriter;

/** A client of one API server. With `readOnly` neither its type nor its value has a verb that writes. */
export function createKubernetesClient(options: ClientOptions & { readonly readOnly: true }): ReadOnlyKubernetesClient;
export function createKubernetesClient(options: ClientOptions & { readonly readOnly?: false }): KubernetesClient;
export function createKubernetesClient(
  options: ClientOptions & { readonly readOnly?: boolean },
): ReadOnlyKubernetesClient {
  const clock = options.clock ?? systemClock;
  const random = options.random ?? Math.random;
  const transport = createTransport({
    server: options.server,
    credentials: options.credentials,
    userAgent: options.userAgent,
    connections: options.connections ?? requestsAtOnce,
    requestTimeoutMs: options.timeouts?.requestMs ?? 30_000,
    connectTimeoutMs: options.timeouts?.connectMs ?? 10_000,
    clock,
    random,
    ...(options.caPem === undefined ? {} : { caPem: options.caPem }),
    ...(options.tlsServerName === undefined ? {} : { tlsServerName: options.tlsServerName }),
    ...(options.proxy === undefined ? {} : { proxy: options.proxy }),
  });
  const shared: Shared = {
    server: options.server,
    transport,
    clock,
    random,
    catalog: createCatalogCache(transport, () => clock.monotonic()),
  };
  const reader = createReader(shared);
  return options.readOnly === true ? reader : { ...reader, ...createWriter(shared) };
}
