import { backoffDelayMs, type Clock } from '@roadstead/foundation';
import { type KubeApi, KubeRefusal } from './kube-api.ts';
import type { KubeObject } from './objects.ts';

export type WatchedApi = Pick<KubeApi, 'list' | 'watch'>;

export interface MirrorOptions {
  readonly api: WatchedApi;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** A collection, with its selectors: `/api/v1/pods`. */
  readonly path: string;
  /** After each change; `gone` when the object left the collection. */
  readonly onChange?: (object: KubeObject, gone: boolean) => void;
  readonly onTrouble?: (error: unknown) => void;
}

/**
 * A collection of the API server, held in memory and kept current. Watches again where the stream ends, lists again
 * where the server says that the version is too old, waits by a back-off rule where nobody answers.
 */
export class Mirror<T extends KubeObject> {
  readonly #options: MirrorOptions;
  readonly #objects = new Map<string, T>();
  #version = '';
  #synced: () => void = () => undefined;
  /** Resolves after the first list. Never rejects. */
  readonly synced: Promise<void>;

  constructor(options: MirrorOptions) {
    this.#options = options;
    this.synced = new Promise((resolve) => {
      this.#synced = resolve;
    });
  }

  all(): readonly T[] {
    return [...this.#objects.values()];
  }

  get(name: string, namespace?: string): T | undefined {
    return this.#objects.get(namespace === undefined ? name : `${namespace}/${name}`);
  }

  /** What a write answered is often newer than what the watch has brought so far; where it is older, nothing changes. */
  learn(object: T): void {
    const known = this.#objects.get(keyOf(object));
    if (known !== undefined && known.metadata.uid === object.metadata.uid && isNewer(object, known))
      this.#objects.set(keyOf(object), object);
  }

  /** Runs until the signal. */
  async run(): Promise<void> {
    const { signal, clock, onTrouble } = this.#options;
    let failures = 0;
    while (!signal.aborted) {
      try {
        if (this.#version === '') await this.#list();
        await this.#watch();
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        this.#version = '';
        failures = error instanceof KubeRefusal ? 1 : failures + 1;
        onTrouble?.(error);
        await clock.sleep(backoffDelayMs(failures, 0, mirrorBackoff), signal).catch(() => undefined);
      }
    }
  }

  async #list(): Promise<void> {
    const { api, path, signal } = this.#options;
    const answer = await api.list<T>(path, signal);
    const seen = new Set(answer.items.map(keyOf));
    for (const [key, object] of this.#objects) if (!seen.has(key)) this.#forget(object);
    for (const object of answer.items) this.#remember(object);
    this.#version = answer.resourceVersion;
    this.#synced();
  }

  async #watch(): Promise<void> {
    const { api, path, signal } = this.#options;
    for await (const event of api.watch<T>(path, this.#version, signal)) {
      this.#version = event.object.metadata.resourceVersion;
      if (event.type === 'DELETED') this.#forget(event.object);
      else if (event.type !== 'BOOKMARK') this.#remember(event.object);
    }
  }

  #remember(object: T): void {
    const known = this.#objects.get(keyOf(object));
    if (known === undefined || known.metadata.uid !== object.metadata.uid || isNewer(object, known))
      this.#objects.set(keyOf(object), object);
    this.#options.onChange?.(object, false);
  }

  #forget(object: T): void {
    this.#objects.delete(keyOf(object));
    this.#options.onChange?.(object, true);
  }
}

/** Versions of one object count up: they are etcd's revisions (and comparable by contract since Kubernetes 1.35). */
function isNewer(object: KubeObject, known: KubeObject): boolean {
  return Number(object.metadata.resourceVersion) >= Number(known.metadata.resourceVersion);
}

const mirrorBackoff = { firstMs: 200, factor: 2, maxMs: 5_000, jitter: 0 };

function keyOf(object: KubeObject): string {
  const { name, namespace } = object.metadata;
  return namespace === undefined ? name : `${namespace}/${name}`;
}
