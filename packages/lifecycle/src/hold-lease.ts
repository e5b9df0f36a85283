import { type Clock, RoadsteadError } from '@roadstead/foundation';
import type { Holder, Lease, Store } from '@roadstead/store';

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
  release(): Promise<void>;
}

/** Takes the lease or says who works since when. */
export async function holdLease(request: HoldLeaseRequest): Promise<HeldLease> {
  const { store, clock, key, holder, ttlMs } = request;
  const answer = await store.leases.acquire({ key, holder, now: clock.now(), ttlMs, isGone: request.isGone });
  if (answer.kind === 'held') throw workedOn(answer.by);
  const lost = new AbortController();
  const ended = new AbortController();
  const renewing = keepRenewing(request, answer.lease, lost, ended.signal);
  return {
    lease: answer.lease,
    lost: lost.signal,
    release: async () => {
      ended.abort();
      await renewing;
      // A lease that cannot be let go runs out by itself; what was done must be told all the same.
      await store.leases.release(answer.lease).catch(() => undefined);
    },
  };
}

/** Renews at a third of the time to live. A store that does not answer until the lease has run out means it is lost. */
async function keepRenewing(
  request: HoldLeaseRequest,
  lease: Lease,
  lost: AbortController,
  ended: AbortSignal,
): Promise<void> {
  const { store, clock, ttlMs } = request;
  let validUntil = clock.monotonic() + ttlMs;
  while (!ended.aborted) {
    await clock.sleep(ttlMs / 3, ended).catch(() => undefined);
    if (ended.aborted) return;
    const asked = clock.monotonic();
    const renewed = await answerBefore(clock, validUntil, store.leases.renew(lease, clock.now(), ttlMs));
    if (renewed === true) validUntil = asked + ttlMs;
    if (renewed === false || clock.monotonic() >= validUntil) {
      lost.abort(
        new RoadsteadError('Another process has taken over this cluster', {
          code: 'LEASE_LOST',
          hint: 'roadstead status shows who works on it.',
        }),
      );
      return;
    }
  }
}

/** Undefined when the store fails, or says nothing until the lease has run out: a silent database is no renewal. */
async function answerBefore(clock: Clock, deadline: number, answer: Promise<boolean>): Promise<boolean | undefined> {
  const enough = new AbortController();
  const silence = clock.sleep(Math.max(0, deadline - clock.monotonic()), enough.signal).catch(() => undefined);
  try {
    return await Promise.race([answer.catch(() => undefined), silence.then(() => undefined)]);
  } finally {
    enough.abort();
  }
}

function workedOn({ holder, acquiredAt }: Lease): RoadsteadError {
  const since = new Date(acquiredAt).toISOString();
  return new RoadsteadError(
    `${holder.user} is working on this cluster: \`${holder.purpose}\` since ${since} (process ${holder.pid} on ${holder.host})`,
    {
      code: 'CLUSTER_BUSY',
      value: holder,
      hint: 'roadstead status follows it. A process that has died frees the cluster by itself within a minute.',
    },
  );
}
