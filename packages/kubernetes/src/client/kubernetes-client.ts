import { type Clock, isRoadsteadError, RoadsteadError, systemClock } from '@roadstead/foundation';
import {
  type JsonRecord,
  type KubernetesObject,
  parseAnswer,
  stringAt,
  toKubernetesObject,
  valueAt,
} from '../objects/kubernetes-object.ts';
import { describeRef, type KindRef, type ObjectRef, refOf } from '../objects/object-ref.ts';
import type { ApiCatalog } from './api-catalog.ts';
import { type ApplyOptions, applyRequest } from './apply-request.ts';
import type { CredentialSource } from './credentials.ts';
import { createCatalogCache } from './discovery.ts';
import { type ListOptions, type ListResult, listAll } from './list.ts';
import { queryText, type ResourceMapping, resourcePath } from './resource-path.ts';
import { type ApiRequest, createTransport, type Transport } from './transport.ts';
import { type WatchEvent, type WatchOptions, watchForever } from './watch.ts';

export interface ClientOptions {
  /** `https://host[:port]`, as a kubeconfig has it. */
  readonly server: string;
  readonly caPem?: string;
  readonly tlsServerName?: string;
  readonly credentials: CredentialSource;
  readonly userAgent: string;
  readonly timeouts?: { readonly connectMs?: number; readonly requestMs?: number };
  /** Open connections at most; default 16. */
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
    connections: options.connections ?? 16,
    requestTimeoutMs: options.timeouts?.requestMs ?? 30_000,
    connectTimeoutMs: options.timeouts?.connectMs ?? 10_000,
    clock,
    random,
    ...(options.caPem === undefined ? {} : { caPem: options.caPem }),
    ...(options.tlsServerName === undefined ? {} : { tlsServerName: options.tlsServerName }),
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

interface Shared {
  readonly server: string;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: () => number;
  readonly catalog: ReturnType<typeof createCatalogCache>;
}

function createReader(shared: Shared): ReadOnlyKubernetesClient {
  const { transport, catalog } = shared;
  const getText = (path: string, what: string, signal?: AbortSignal) =>
    transport.request({ method: 'GET', path, what, idempotent: true, signal });
  const review = async (path: string, kind: string, spec: JsonRecord, signal?: AbortSignal): Promise<unknown> => {
    const body = JSON.stringify({ apiVersion: path.slice('/apis/'.length, path.lastIndexOf('/')), kind, spec });
    return JSON.parse(
      await transport.request({
        method: 'POST',
        path,
        what: `ask ${kind}`,
        body,
        contentType: 'application/json',
        idempotent: true,
        signal,
      }),
    );
  };
  return {
    server: shared.server,
    version: async (signal) => {
      const answer: unknown = parseAnswer(await getText('/version', 'read the version', signal), 'read the version');
      return {
        gitVersion: stringAt(answer, 'gitVersion') ?? '',
        major: stringAt(answer, 'major') ?? '',
        minor: stringAt(answer, 'minor') ?? '',
      };
    },
    discover: (options = {}) => catalog.read(options.refresh === true, options.signal),
    mapping: (kind, signal) => catalog.mapping(kind, signal),
    get: async (ref, signal) => {
      const mapping = await catalog.mapping(ref, signal);
      if (mapping === undefined) return undefined;
      const what = `read ${describeRef(ref)}`;
      try {
        return toKubernetesObject(parseAnswer(await getText(resourcePath(mapping, ref), what, signal), what), what);
      } catch (error) {
        if (isRoadsteadError(error, 'KUBE_NOT_FOUND')) return undefined;
        throw error;
      }
    },
    list: async (kind, options = {}) => listAll(transport, await servedMapping(shared, kind, options.signal), options),
    watch: (kind, options) =>
      watchForever({ ...shared, mapping: () => servedMapping(shared, kind, options.signal) }, options),
    getRaw: (path, signal) => getText(path, `read ${path}`, signal),
    podLog: (pod, options = {}, signal) =>
      getText(logPath(pod, options), `read the log of pod ${pod.namespace}/${pod.name}`, signal),
    canI: async (question, signal) => {
      const answer = await review(
        '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
        'SelfSubjectAccessReview',
        { resourceAttributes: question },
        signal,
      );
      return valueAt(answer, 'status', 'allowed') === true;
    },
    whoAmI: async (signal) => {
      const answer = await review('/apis/authentication.k8s.io/v1/selfsubjectreviews', 'SelfSubjectReview', {}, signal);
      const groups = valueAt(answer, 'status', 'userInfo', 'groups');
      return {
        username: stringAt(answer, 'status', 'userInfo', 'username') ?? '',
        groups: Array.isArray(groups) ? groups.filter((group) => typeof group === 'string') : [],
      };
    },
    dryRunApply: (object, options, signal) => sendApply(shared, object, { ...options, dryRun: true }, signal),
    close: () => transport.close(),
  };
}

function createWriter(shared: Shared): KubernetesWriter {
  const { transport } = shared;
  const sendObject = async (request: ApiRequest) =>
    toKubernetesObject(parseAnswer(await transport.request(request), request.what), request.what);
  return {
    apply: (object, options, signal) => sendApply(shared, object, { ...options, dryRun: false }, signal),
    create: async (object, signal) => {
      const path = resourcePath(await servedMapping(shared, object, signal), { namespace: object.metadata.namespace });
      const what = `create ${describeRef(refOf(object))}`;
      return sendObject({
        method: 'POST',
        path,
        what,
        body: JSON.stringify(object),
        contentType: 'application/json',
        idempotent: false,
        signal,
      });
    },
    patch: async (ref, type, patch, { subresource, signal } = {}) => {
      const path = resourcePath(await servedMapping(shared, ref, signal), { ...ref, subresource });
      const contentType = `application/${type === 'strategic' ? 'strategic-merge' : type === 'json' ? 'json' : 'merge'}-patch+json`;
      return sendObject({
        method: 'PATCH',
        path,
        what: `patch ${describeRef(ref)}`,
        body: JSON.stringify(patch),
        contentType,
        idempotent: type !== 'json',
        signal,
      });
    },
    delete: async (ref, options = {}, signal) => {
      const path = resourcePath(await servedMapping(shared, ref, signal), ref);
      const body = JSON.stringify(deleteBody(options));
      return sendUnlessGone(transport, {
        method: 'DELETE',
        path,
        what: `delete ${describeRef(ref)}`,
        body,
        contentType: 'application/json',
        idempotent: true,
        signal,
      });
    },
    evict: async (pod, signal) => {
      const path = `/api/v1/namespaces/${encodeURIComponent(pod.namespace)}/pods/${encodeURIComponent(pod.name)}/eviction`;
      const body = JSON.stringify({ apiVersion: 'policy/v1', kind: 'Eviction', metadata: pod });
      try {
        // One attempt: a 429 here is a disruption budget's answer, and the caller decides how long to wait.
        return await sendUnlessGone(transport, {
          method: 'POST',
          path,
          what: `evict pod ${pod.namespace}/${pod.name}`,
          body,
          contentType: 'application/json',
          idempotent: false,
          maxAttempts: 1,
          signal,
        });
      } catch (error) {
        if (isRoadsteadError(error, 'KUBE_THROTTLED')) return 'blocked';
        throw error;
      }
    },
    createSubresource: async (ref, subresource, body, signal) => {
      const path = resourcePath(await servedMapping(shared, ref, signal), { ...ref, subresource });
      return JSON.parse(
        await transport.request({
          method: 'POST',
          path,
          what: `create ${subresource} of ${describeRef(ref)}`,
          body: JSON.stringify(body),
          contentType: 'application/json',
          idempotent: false,
          signal,
        }),
      );
    },
  };
}

async function sendApply(
  shared: Shared,
  object: KubernetesObject,
  options: ApplyOptions & { readonly dryRun: boolean },
  signal?: AbortSignal,
): Promise<Applied> {
  const request = applyRequest(await servedMapping(shared, object, signal), object, options);
  const { status, text } = await shared.transport.exchange({ ...request, signal });
  return { object: toKubernetesObject(parseAnswer(text, request.what), request.what), created: status === 201 };
}

async function sendUnlessGone(transport: Transport, request: ApiRequest): Promise<'accepted' | 'gone'> {
  try {
    await transport.request(request);
    return 'accepted';
  } catch (error) {
    if (isRoadsteadError(error, 'KUBE_NOT_FOUND')) return 'gone';
    throw error;
  }
}

async function servedMapping(shared: Shared, kind: KindRef, signal: AbortSignal | undefined): Promise<ResourceMapping> {
  const mapping = await shared.catalog.mapping(kind, signal);
  if (mapping !== undefined) return mapping;
  throw new RoadsteadError(`this API server does not serve ${kind.kind} in ${kind.apiVersion}`, {
    code: 'KUBE_KIND_NOT_SERVED',
    value: `${kind.apiVersion}/${kind.kind}`,
    hint: 'Its CustomResourceDefinition is missing, or this Kubernetes version no longer has that API version.',
  });
}

function deleteBody(options: DeleteOptions): JsonRecord {
  const preconditions = { uid: options.uid, resourceVersion: options.resourceVersion };
  return {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    propagationPolicy: options.propagation ?? 'Background',
    gracePeriodSeconds: options.gracePeriodSeconds,
    preconditions: options.uid === undefined && options.resourceVersion === undefined ? undefined : preconditions,
  };
}

function logPath(pod: { readonly namespace: string; readonly name: string }, options: PodLogOptions): string {
  const path = `/api/v1/namespaces/${encodeURIComponent(pod.namespace)}/pods/${encodeURIComponent(pod.name)}/log`;
  return path + queryText({ container: options.container, tailLines: options.tailLines, previous: options.previous });
}
