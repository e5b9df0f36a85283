import { type Clock, isRoadsteadError, messageOf, RoadsteadError } from '@roadstead/foundation';
import { describeWork, type Holder, type Lease, leaseLost, type Store } from '@roadstead/store';

export interface HoldLeaseRequest {
  readonly store: Store;
  readonly clock: Clock;
  readonly key: string;
  readonly holder: Holder;
  readonly ttlMs: number;
  /** Says whether a holder is known to be gone: its process of this host has ended. */
  readonly isGone: (holder: Holder) => boolean;
}

/** A lease that renews itself until it is let go. */
export interface HeldLease {
  readonly lease: Lease;
  /** Aborted when the lease was lost: another owner may be at work, so no further request may begin. */
  readonly lost: AbortSignal;
  /**
   * Asked before each request that changes something. Rejects once the lease is lost; when a clock says that it has run out,
   * as after the machine slept, it is renewed first or lost.
   */
  demand(): Promise<void>;
  release(): Promise<void>;
}

/** Takes the lease or says who works since when. */
export async function holdLease(request: HoldLeaseRequest): Promise<HeldLease> {
  const { store, clock, key, holder, ttlMs } = request;
  const asked = clock.monotonic();
  const answer = await store.leases.acquire({ key, holder, now: clock.now(), ttlMs, isGone: request.isGone });
  if (answer.kind === 'held') throw workedOn(answer.by);
  const held = new Renewal(request, answer.lease, asked + ttlMs);
  const ended = new AbortController();
  const renewing = held.keepRenewing(ended.signal);
  return {
    lease: answer.lease,
    lost: held.lost,
    demand: () => held.demand(),
    release: async () => {
      ended.abort();
      await renewing;
      // A lease that cannot be let go runs out by itself; what was done must be told all the same.
      await store.leases.release(answer.lease).catch(() => undefined);
    },
  };
}

/** How long a lease is still ours, by both clocks: the one does not jump, the other goes on while the machine sleeps. */
class Renewal {
  readonly #request: HoldLeaseRequest;
  readonly #lease: Lease;
  readonly #lost = new AbortController();
  #validUntil: number;
  #expiresAt: number;

  constructor(request: HoldLeaseRequest, lease: Lease, validUntil: number) {
    this.#request = request;
    this.#lease = lease;
    this.#validUntil = validUntil;
    this.#expiresAt = lease.expiresAt;
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Renews at a third of the time to live. A store that does not answer until the lease has run out means it is lost. */
  async keepRenewing(ended: AbortSignal): Promise<void> {
    const { clock, ttlMs } = this.#request;
    while (!ended.aborted && !this.lost.aborted) {
      await clock.sleep(ttlMs / 3, ended).catch(() => undefined);
      if (!ended.aborted) await this.#renew(ended);
    }
  }

  async demand(): Promise<void> {
    const { clock } = this.#request;
    if (clock.monotonic() >= this.#validUntil || clock.now() >= this.#expiresAt) await this.#renew();
    this.lost.throwIfAborted();
  }

  async #renew(ended?: AbortSignal): Promise<void> {
    const { store, clock, ttlMs } = this.#request;
    const asked = { monotonic: clock.monotonic(), now: clock.now() };
    const renewal = store.leases.renew(this.#lease, asked.now, ttlMs);
    // A process that slept past the end may still have its lease: the store knows, and nothing begins while it is asked.
    const patience = Math.max(ttlMs / 6, this.#validUntil - asked.monotonic);
    const renewed = await answerWithin(clock, patience, renewal, ended);
    if (renewed === true) {
      this.#validUntil = asked.monotonic + ttlMs;
      this.#expiresAt = asked.now + ttlMs;
    } else if (renewed === false) {
      this.#lose(leaseLost(this.#lease, await store.leases.read(this.#lease.key).catch(() => undefined)));
    } else if (clock.monotonic() >= this.#validUntil) {
      this.#lose(notRenewed(renewed));
    }
  }

  #lose(reason: RoadsteadError): void {
    if (!this.lost.aborted) this.#lost.abort(reason);
  }
}

/** The answer, or why there is none: an error, also for a store that says nothing in time. A silent database is no renewal. */
async function answerWithin(
  clock: Clock,
  ms: number,
  answer: Promise<boolean>,
  ended: AbortSignal | undefined,
): Promise<boolean | Error> {
  const enough = new AbortController();
  const signal = ended === undefined ? enough.signal : AbortSignal.any([enough.signal, ended]);
  const silence = clock.sleep(ms, signal).catch(() => undefined);
  try {
    return await Promise.race([
      answer.catch((error: unknown) => (error instanceof Error ? error : new Error(messageOf(error)))),
      silence.then(() => new Error('the store did not answer')),
    ]);
  } finally {
    enough.abort();
  }
}

function notRenewed(cause: Error): RoadsteadError {
  if (isRoadsteadError(cause)) return cause;
  return new RoadsteadError(`The lease could not be renewed in time: ${cause.message}`, {
    code: 'LEASE_LOST',
    cause,
    hint: 'Nothing more was begun. roadstead status shows who works on the cluster; run the same command again when the store answers.',
  });
}

function workedOn(lease: Lease): RoadsteadError {
  return new RoadsteadError(`${lease.holder.user} is working on this cluster: ${describeWork(lease)}`, {
    code: 'CLUSTER_BUSY',
    value: lease.holder,
    hint: 'roadstead status follows it. A process that has died frees the cluster by itself within a minute.',
  });
}
