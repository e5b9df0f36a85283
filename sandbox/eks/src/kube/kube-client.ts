import { createSecureContext } from 'node:tls';
import { Agent, type Dispatcher, request } from 'undici';
import { type Members, members, records, text, within } from '../shared/read.ts';
import { type ObjectAddress, pathOf } from './resources.ts';

/** An object as Kubernetes gives and takes it. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly [key: string]: unknown;
  };
  readonly [key: string]: unknown;
}

/** The API server said no. `conflicts` are the fields that another manager owns, as `.spec.replicas`. */
export class KubeError extends Error {
  override readonly name = 'KubeError';
  readonly status: number;
  readonly conflicts: readonly string[];

  constructor(status: number, message: string, conflicts: readonly string[]) {
    super(message);
    this.status = status;
    this.conflicts = conflicts;
  }
}

export interface KubeClientOptions {
  readonly endpoint: string;
  readonly caPem: string;
  readonly certPem: string;
  readonly keyPem: string;
  /** For each request; 15 s unless told. */
  readonly timeoutMs?: number;
}

/** A small client of one API server: what EKS itself needs, no watch. Every call times out. */
export class KubeClient {
  readonly #options: KubeClientOptions;
  readonly #agent: Agent;

  constructor(options: KubeClientOptions) {
    this.#options = options;
    this.#agent = new Agent({
      // Read once: for each connection anew it would be most of what a connection costs.
      connect: {
        secureContext: createSecureContext({ ca: options.caPem, cert: options.certPem, key: options.keyPem }),
      },
      connections: 8,
      keepAliveTimeout: 60_000,
    });
  }

  /** Server-side apply. Rejects with a `KubeError` of status 409 and its conflicts unless forced. */
  async apply(
    object: KubeObject,
    options: { readonly fieldManager: string; readonly force: boolean; readonly dryRun?: boolean },
    signal?: AbortSignal,
  ): Promise<KubeObject> {
    const dryRun = options.dryRun === true ? '&dryRun=All' : '';
    const query = `fieldManager=${encodeURIComponent(options.fieldManager)}&force=${options.force}${dryRun}`;
    const path = `${pathOf({ ...object, ...object.metadata })}?${query}`;
    return (await this.#send('PATCH', path, object, 'application/apply-patch+yaml', signal)) as unknown as KubeObject;
  }

  /** A missing object is `undefined`. */
  async get(address: ObjectAddress, signal?: AbortSignal): Promise<Members | undefined> {
    try {
      return await this.#send('GET', pathOf(address), undefined, undefined, signal);
    } catch (error) {
      if (error instanceof KubeError && error.status === 404) return undefined;
      throw error;
    }
  }

  /** Without a namespace, over all of them. `query` as in `labelSelector=a%3Db`. */
  async list(address: ObjectAddress, query = '', signal?: AbortSignal): Promise<readonly Members[]> {
    const answer = await this.#send('GET', `${pathOf(address)}?${query}`, undefined, undefined, signal);
    return records(answer, 'items');
  }

  /** A missing object is success. */
  async delete(address: ObjectAddress, signal?: AbortSignal): Promise<void> {
    await this.#delete(address, { propagationPolicy: 'Background' }, signal);
  }

  async #delete(address: ObjectAddress, options: object, signal: AbortSignal | undefined): Promise<void> {
    try {
      await this.#send('DELETE', pathOf(address), options, 'application/json', signal);
    } catch (error) {
      if (!(error instanceof KubeError && error.status === 404)) throw error;
    }
  }

  async merge(address: ObjectAddress, patch: object, signal?: AbortSignal): Promise<Members> {
    return this.#send('PATCH', pathOf(address), patch, 'application/merge-patch+json', signal);
  }

  /** Merges into an object's status subresource. */
  async status(address: ObjectAddress, status: object, signal?: AbortSignal): Promise<Members> {
    const path = `${pathOf(address)}/status`;
    return this.#send('PATCH', path, { status }, 'application/strategic-merge-patch+json', signal);
  }

  /** Deletes without grace, as a kubelet does when a pod has ended. */
  async forceDelete(address: ObjectAddress, signal?: AbortSignal): Promise<void> {
    await this.#delete(address, { gracePeriodSeconds: 0 }, signal);
  }

  /** `blocked` = a disruption budget says not now. A pod that is gone is `evicted`. */
  async evict(namespace: string, name: string, signal?: AbortSignal): Promise<'evicted' | 'blocked'> {
    const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } };
    try {
      await this.#send(
        'POST',
        `${pathOf({ apiVersion: 'v1', kind: 'Pod', namespace, name })}/eviction`,
        body,
        'application/json',
        signal,
      );
      return 'evicted';
    } catch (error) {
      if (error instanceof KubeError && error.status === 404) return 'evicted';
      if (error instanceof KubeError && error.status === 429) return 'blocked';
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async #send(
    method: Dispatcher.HttpMethod,
    path: string,
    body: object | undefined,
    contentType: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Members> {
    const timeout = AbortSignal.timeout(this.#options.timeoutMs ?? 15_000);
    const answer = await request(`${this.#options.endpoint}${path}`, {
      method,
      dispatcher: this.#agent,
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      // A DELETE with a body keeps its connection too.
      reset: false,
      headers: {
        accept: 'application/json',
        'user-agent': 'eks-sandbox',
        ...(contentType === undefined ? {} : { 'content-type': contentType }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const content = await answer.body.text();
    const parsed = parse(content);
    if (answer.statusCode >= 400) throw refusal(answer.statusCode, parsed, content);
    return parsed;
  }
}

function parse(content: string): Members {
  try {
    return members(JSON.parse(content));
  } catch {
    return {};
  }
}

function refusal(status: number, answer: Members, content: string): KubeError {
  const causes = records(within(answer, 'details'), 'causes');
  const conflicts = causes
    .filter((cause) => text(cause, 'reason') === 'FieldManagerConflict')
    .map((cause) => text(cause, 'field') ?? '');
  return new KubeError(status, text(answer, 'message') ?? content.slice(0, 300), conflicts);
}
