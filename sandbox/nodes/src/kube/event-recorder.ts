import { type Clock, sha256Hex } from '@roadstead/foundation';
import { isoSeconds, type KubeletEvent } from '../pod/container-machine.ts';
import type { KubeApi } from './kube-api.ts';

export interface EventSubject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** `undefined` for objects of the cluster: their events live in `default`. */
  readonly namespace: string | undefined;
  readonly uid: string;
}

interface Known {
  readonly name: string;
  readonly firstAt: string;
  count: number;
}

const rememberedEvents = 4_000;

/** Writes events as client-go's recorder does: the same event about the same thing counts up. Never throws. */
export class EventRecorder {
  readonly #api: KubeApi;
  readonly #clock: Clock;
  readonly #known = new Map<string, Known>();

  constructor(api: KubeApi, clock: Clock) {
    this.#api = api;
    this.#clock = clock;
  }

  async record(
    subject: EventSubject,
    event: KubeletEvent,
    source: { readonly component: string; readonly host?: string },
  ): Promise<void> {
    const key = [subject.uid, event.reason, event.message, event.fieldPath ?? ''].join('|');
    const now = isoSeconds(this.#clock.now());
    const namespace = subject.namespace ?? 'default';
    const base = `/api/v1/namespaces/${namespace}/events`;
    const known = this.#known.get(key);
    try {
      if (known !== undefined) {
        known.count += 1;
        await this.#api.patch(`${base}/${known.name}`, 'merge', { count: known.count, lastTimestamp: now });
        return;
      }
      const name = `${subject.name}.${sha256Hex(`${key}|${this.#clock.now()}`).slice(0, 16)}`;
      this.#remember(key, { name, firstAt: now, count: 1 });
      await this.#api.create(base, {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name, namespace },
        involvedObject: { ...subject, ...(event.fieldPath === undefined ? {} : { fieldPath: event.fieldPath }) },
        type: event.type,
        reason: event.reason,
        message: event.message.slice(0, 1_024),
        source,
        reportingComponent: source.component,
        reportingInstance: source.host ?? '',
        firstTimestamp: now,
        lastTimestamp: now,
        count: 1,
      });
    } catch {
      // An event is a note: a namespace being deleted takes none, and nothing depends on it.
      this.#known.delete(key);
    }
  }

  #remember(key: string, known: Known): void {
    this.#known.set(key, known);
    const oldest = this.#known.keys().next().value;
    if (this.#known.size > rememberedEvents && oldest !== undefined) this.#known.delete(oldest);
  }
}
