import { createSecureContext, type SecureContext } from 'node:tls';
import { type Clock, isRoadsteadError, messageOf, type ProxySettings, RoadsteadError } from '@roadstead/foundation';
import { type Dispatcher, Pool } from 'undici';
import { connectOf } from './connect-by-proxy.ts';
import type { Credential, CredentialSource } from './credentials.ts';
import { type Attempt, parseRetryAfterMs, retryDelayMs } from './retry-rule.ts';
import { parseStatus, statusError } from './status-error.ts';

export interface TransportOptions {
  readonly server: string;
  readonly caPem?: string;
  readonly tlsServerName?: string;
  readonly proxy?: ProxySettings;
  readonly credentials: CredentialSource;
  readonly userAgent: string;
  readonly connections: number;
  readonly requestTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly clock: Clock;
  readonly random: () => number;
}

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query, encoded. */
  readonly path: string;
  /** In an operator's words, for messages: `apply Deployment shop/web`. */
  readonly what: string;
  readonly body?: string;
  readonly contentType?: string;
  readonly accept?: string;
  /** Safe to repeat when it is not known whether the server did it. */
  readonly idempotent: boolean;
  readonly timeoutMs?: number;
  /** Attempts at most, the first included; the rule's own limit when absent. */
  readonly maxAttempts?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface Transport {
  /** The answer's body. A refusal is a `KubernetesStatusError`; no answer is `KUBE_UNREACHABLE`, `KUBE_TIMEOUT` or a proxy's `PROXY_…`. */
  request(request: ApiRequest): Promise<string>;
  /** The same, with the HTTP status: an apply answers 201 when it made the object. */
  exchange(request: ApiRequest): Promise<{ readonly status: number; readonly text: string }>;
  /** The body as it comes. The timeout covers the headers only; the caller ends the stream with its signal. */
  stream(request: ApiRequest): Promise<AsyncIterable<Buffer>>;
  close(): Promise<void>;
}

type Answer = {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: Dispatcher.ResponseData['body'];
};

/**
 * HTTP/1.1 with keep-alive to one API server. One pool for the whole client: a TLS handshake per request is what makes
 * other clients slow.
 */
export function createTransport(options: TransportOptions): Transport {
  const pools = createPools(options);
  const origin = new URL(options.server);
  const basePath = origin.pathname.replace(/\/$/, '');

  async function send(
    request: ApiRequest,
    credential: Credential,
    signal: AbortSignal,
    holdsOpen: boolean,
  ): Promise<Answer> {
    const headers: Record<string, string> = {
      accept: request.accept ?? 'application/json',
      'user-agent': options.userAgent,
    };
    if (credential.token !== undefined) headers.authorization = `Bearer ${credential.token}`;
    if (request.contentType !== undefined) headers['content-type'] = request.contentType;
    const answer = await pools.for(credential, holdsOpen).request({
      method: request.method,
      path: basePath + request.path,
      headers,
      body: request.body ?? null,
      signal,
      // A DELETE has a body here, after which undici would give up the connection.
      reset: false,
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    const retryAfter = answer.headers['retry-after'];
    return {
      status: answer.statusCode,
      retryAfter: Array.isArray(retryAfter) ? retryAfter[0] : retryAfter,
      body: answer.body,
    };
  }

  async function attempts<T>(
    request: ApiRequest,
    read: (answer: Answer) => Promise<T>,
    holdsOpen: boolean,
  ): Promise<T> {
    let refreshed = false;
    for (let attempt = 1; ; attempt++) {
      request.signal?.throwIfAborted();
      const credential = await credentialFor(request, options.credentials);
      const deadline = deadlineFor(request, options.requestTimeoutMs);
      let failure: { readonly outcome: Attempt; readonly error: RoadsteadError };
      try {
        const answer = await send(request, credential, deadline.signal, holdsOpen);
        if (holdsOpen && answer.status < 400) deadline.clear();
        if (answer.status < 400) return await read(answer);
        const error = statusError(request.what, parseStatus(answer.status, await answer.body.text()));
        if (answer.status === 401 && !refreshed && options.credentials.reject(credential)) {
          refreshed = true;
          continue;
        }
        const retryAfterMs = parseRetryAfterMs(answer.retryAfter, options.clock.now());
        failure = {
          error,
          outcome: { kind: 'status', code: answer.status, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) },
        };
      } catch (error) {
        request.signal?.throwIfAborted();
        failure = deadline.expired() ? timedOut(request, deadline.ms) : unreachable(request, options.server, error);
      } finally {
        deadline.clear();
      }
      const delay = retryDelayMs(attempt, failure.outcome, request.idempotent, options.random());
      const hopeless = ['KUBE_INVALID', 'KUBE_TOO_LARGE'].includes(failure.error.code);
      if (delay === undefined || hopeless || attempt >= (request.maxAttempts ?? Number.POSITIVE_INFINITY))
        throw failure.error;
      await options.clock.sleep(delay, request.signal);
    }
  }

  return {
    request: (request) => attempts(request, (answer) => answer.body.text(), false),
    exchange: (request) =>
      attempts(request, async (answer) => ({ status: answer.status, text: await answer.body.text() }), false),
    stream: (request) => attempts(request, async (answer) => answer.body, true),
    close: () => pools.close(),
  };
}

async function credentialFor(request: ApiRequest, credentials: CredentialSource): Promise<Credential> {
  try {
    return await credentials.current(request.signal);
  } catch (error) {
    request.signal?.throwIfAborted();
    if (isRoadsteadError(error)) throw error;
    throw new RoadsteadError(`${request.what}: there are no credentials for it: ${messageOf(error)}`, {
      code: 'KUBE_NO_CREDENTIALS',
      retry: 'backoff',
      cause: error,
      hint: 'Sign in again; what signs the tokens of the API server has nothing to sign with.',
    });
  }
}

/** Connections for one client certificate. */
interface Connections {
  readonly certificate: string | undefined;
  readonly requests: Pool;
  /** As many as there are watches, so that those who hold one open keep none from a request. */
  readonly streams: Pool;
}

/** A pair of pools per client certificate; exec plugins may hand out a new one when the old expires. */
function createPools(options: TransportOptions) {
  let held: Connections | undefined;
  const retired: Connections[] = [];
  const open = (secureContext: SecureContext, connections: number | null) =>
    new Pool(new URL(options.server).origin, {
      connections,
      pipelining: 1,
      allowH2: false,
      keepAliveTimeout: 60_000,
      connect: connectOf({
        server: options.server,
        timeoutMs: options.connectTimeoutMs,
        ...(options.proxy === undefined ? {} : { proxy: options.proxy }),
        tls: {
          secureContext,
          ...(options.tlsServerName === undefined ? {} : { servername: options.tlsServerName }),
        },
      }),
    });
  return {
    for(credential: Credential, holdsOpen: boolean): Pool {
      const certificate = credential.clientCertificatePem;
      if (held === undefined || held.certificate !== certificate) {
        if (held !== undefined) retired.push(held);
        const secureContext = secureContextOf(options, credential);
        held = { certificate, requests: open(secureContext, options.connections), streams: open(secureContext, null) };
      }
      return holdsOpen ? held.streams : held.requests;
    },
    async close(): Promise<void> {
      const all = [...retired.splice(0), ...(held === undefined ? [] : [held])];
      held = undefined;
      await Promise.all(all.flatMap(({ requests, streams }) => [requests.destroy(), streams.destroy()]));
    },
  };
}

/** Made once for all connections: reading the certificates for each anew would be most of what a connection costs. */
function secureContextOf({ caPem }: TransportOptions, credential: Credential): SecureContext {
  return createSecureContext({
    ...(caPem === undefined ? {} : { ca: caPem }),
    ...(credential.clientCertificatePem === undefined ? {} : { cert: credential.clientCertificatePem }),
    ...(credential.clientKeyPem === undefined ? {} : { key: credential.clientKeyPem }),
  });
}

function deadlineFor(request: ApiRequest, defaultMs: number) {
  const controller = new AbortController();
  const ms = request.timeoutMs ?? defaultMs;
  let expired = false;
  const timer = setTimeout(() => {
    expired = true;
    controller.abort(new Error(`no answer within ${ms} ms`));
  }, ms);
  const signal =
    request.signal === undefined ? controller.signal : AbortSignal.any([controller.signal, request.signal]);
  return { signal, ms, expired: () => expired, clear: () => clearTimeout(timer) };
}

function timedOut(request: ApiRequest, ms: number): { outcome: Attempt; error: RoadsteadError } {
  const error = new RoadsteadError(`${request.what}: no answer within ${ms / 1000} s`, {
    code: 'KUBE_TIMEOUT',
    value: request.path,
    retry: 'backoff',
    hint: 'The API server is slow or a firewall drops packets.',
  });
  return { outcome: { kind: 'timeout' }, error };
}

function unreachable(request: ApiRequest, server: string, cause: unknown): { outcome: Attempt; error: RoadsteadError } {
  if (isRoadsteadError(cause))
    return { outcome: { kind: 'connection', errorCode: cause.code }, error: wantedBy(request, cause) };
  const errorCode = connectionErrorCode(cause);
  const error = new RoadsteadError(`${request.what}: ${server} cannot be reached: ${messageOf(cause) || errorCode}`, {
    code: 'KUBE_UNREACHABLE',
    value: server,
    retry: 'backoff',
    cause,
    hint: hintFor(errorCode),
  });
  return { outcome: { kind: 'connection', errorCode }, error };
}

/** A failure that has its words already, with what was wanted. */
function wantedBy({ what }: ApiRequest, { message, code, value, hint, retry, cause }: RoadsteadError): RoadsteadError {
  const known = { code, value, retry, cause };
  return new RoadsteadError(`${what}: ${message}`, hint === undefined ? known : { ...known, hint });
}

function connectionErrorCode(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return connectionErrorCode(error.errors[0]);
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'UNKNOWN';
}

function hintFor(errorCode: string): string {
  if (/CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO_VERIFY/.test(errorCode))
    return 'The certificate is not signed by the CA of this cluster: is the kubeconfig of another cluster, or does a proxy in between open TLS? Then it must leave this host alone.';
  if (errorCode === 'ENOTFOUND' || errorCode === 'EAI_AGAIN')
    return 'The name does not resolve: is the endpoint private, or does the cluster no longer exist?';
  return 'Is the cluster up, and does its endpoint allow this address? Behind a company proxy, set HTTPS_PROXY.';
}
