import { createSecureContext } from 'node:tls';
import { Agent, type Dispatcher, request } from 'undici';
import { at, type Fields, fieldsOf, textOf } from '../read.ts';
import type { KubeObject } from './objects.ts';

/** The API server said no. */
export class KubeRefusal extends Error {
  override readonly name = 'KubeRefusal';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export interface KubeApiOptions {
  readonly endpoint: string;
  readonly caPem: string;
  readonly certPem: string;
  readonly keyPem: string;
  /** For each call that is no watch. */
  readonly timeoutMs?: number;
}

export interface ListAnswer<T> {
  readonly resourceVersion: string;
  readonly items: readonly T[];
}

export interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: T;
}

type PatchKind = 'merge' | 'strategic-merge' | 'json';

/** One API server as kubelets and cloud controllers use it. Every call ends by its timeout or the given signal. */
export class KubeApi {
  readonly #options: KubeApiOptions;
  readonly #agent: Agent;

  constructor(options: KubeApiOptions) {
    this.#options = options;
    // Read once: for each connection anew it would be most of what a connection costs.
    const secureContext = createSecureContext({ ca: options.caPem, cert: options.certPem, key: options.keyPem });
    this.#agent = new Agent({
      connect: { secureContext },
      connections: 64,
      keepAliveTimeout: 60_000,
      bodyTimeout: 0,
      headersTimeout: 30_000,
    });
  }

  /** A missing object is `undefined`. */
  async get<T extends KubeObject>(path: string, signal?: AbortSignal): Promise<T | undefined> {
    try {
      return asKube<T>(await this.#send('GET', path, undefined, undefined, signal));
    } catch (error) {
      if (error instanceof KubeRefusal && error.status === 404) return undefined;
      throw error;
    }
  }

  async list<T extends KubeObject>(path: string, signal?: AbortSignal): Promise<ListAnswer<T>> {
    const answer = await this.#send('GET', path, undefined, undefined, signal);
    const items = at(answer, 'items');
    return {
      resourceVersion: textOf(at(answer, 'metadata', 'resourceVersion')) ?? '0',
      items: Array.isArray(items) ? items.map((item) => asKube<T>(fieldsOf(item))) : [],
    };
  }

  /** What is there already is success: `undefined` then. */
  async create<T extends KubeObject>(path: string, body: object, signal?: AbortSignal): Promise<T | undefined> {
    try {
      return asKube<T>(await this.#send('POST', path, body, 'application/json', signal));
    } catch (error) {
      if (error instanceof KubeRefusal && error.status === 409) return undefined;
      throw error;
    }
  }

  /** A missing object is `undefined`. */
  async patch<T extends KubeObject>(
    path: string,
    kind: PatchKind,
    body: unknown,
    signal?: AbortSignal,
  ): Promise<T | undefined> {
    try {
      return asKube<T>(await this.#send('PATCH', path, body, `application/${kind}-patch+json`, signal));
    } catch (error) {
      if (error instanceof KubeRefusal && error.status === 404) return undefined;
      throw error;
    }
  }

  /** A missing object, or another one of the name (by uid), is success. */
  async delete(path: string, body: object = {}, signal?: AbortSignal): Promise<void> {
    try {
      await this.#send('DELETE', path, body, 'application/json', signal);
    } catch (error) {
      if (!(error instanceof KubeRefusal && (error.status === 404 || error.status === 409))) throw error;
    }
  }

  /** Events from a resource version on. Ends when the server ends it; rejects with a `KubeRefusal`, as 410 when the version is too old. */
  async *watch<T extends KubeObject>(
    path: string,
    resourceVersion: string,
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent<T>> {
    const join = path.includes('?') ? '&' : '?';
    const query = `watch=1&allowWatchBookmarks=true&timeoutSeconds=240&resourceVersion=${resourceVersion}`;
    const answer = await request(`${this.#options.endpoint}${path}${join}${query}`, {
      dispatcher: this.#agent,
      headers,
      bodyTimeout: 300_000,
      signal,
    });
    if (answer.statusCode >= 400) throw refusal(answer.statusCode, await answer.body.text());
    for await (const line of linesOf(answer.body)) {
      const event = fieldsOf(JSON.parse(line));
      const object = fieldsOf(event.object);
      const type = event.type;
      if (type === 'ERROR')
        throw new KubeRefusal(Number(object.code ?? 410), textOf(object.message) ?? 'the watch was ended');
      if (type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED' || type === 'BOOKMARK') {
        yield { type, object: asKube<T>(object) };
      }
    }
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async #send(
    method: Dispatcher.HttpMethod,
    path: string,
    body: unknown,
    contentType: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Fields> {
    const timeout = AbortSignal.timeout(this.#options.timeoutMs ?? 15_000);
    const answer = await request(`${this.#options.endpoint}${path}`, {
      method,
      dispatcher: this.#agent,
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      // A DELETE with a body keeps its connection too.
      reset: false,
      headers: contentType === undefined ? headers : { ...headers, 'content-type': contentType },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 400) throw refusal(answer.statusCode, text);
    return fieldsOf(JSON.parse(text));
  }
}

const headers = { accept: 'application/json', 'user-agent': 'kubelet/sandbox' };

/** The API server has validated what it gives against its own schema. */
function asKube<T extends KubeObject>(fields: Fields): T {
  return fields as unknown as T;
}

function refusal(status: number, text: string): KubeRefusal {
  try {
    return new KubeRefusal(status, textOf(at(JSON.parse(text), 'message')) ?? text.slice(0, 300));
  } catch {
    return new KubeRefusal(status, text.slice(0, 300));
  }
}

async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') yield line;
  }
}
