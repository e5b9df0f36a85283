import { type Clock, RoadsteadError } from '@roadstead/foundation';
import type { Transaction } from 'kysely';
import type { Engine } from './engine.ts';
import { describeWork, type Lease, leaseOf } from './leases.ts';
import type { Tables } from './schema.ts';

/** One transaction: the check that the lease is still its holder's, then the write. `now` is when it was checked. */
export type FencedWrite = <T>(write: (db: Transaction<Tables>, now: number) => Promise<T>) => Promise<T>;

/**
 * What a holder writes through. A lease that was taken over, let go or has run out refuses the write with `LEASE_LOST`,
 * and nothing is written; who took it over can do so only before the check or after the commit.
 */
export function fence({ db, keepLease }: Pick<Engine, 'db' | 'keepLease'>, lease: Lease, clock: Clock): FencedWrite {
  return (write) =>
    db.transaction().execute(async (transaction) => {
      const query = transaction.selectFrom('leases').selectAll().where('key', '=', lease.key);
      const row = await keepLease(query).executeTakeFirst();
      const now = clock.now();
      if (row?.token !== lease.token || row.expires_at <= now)
        throw leaseLost(lease, row === undefined ? undefined : leaseOf(row));
      return write(transaction, now);
    });
}

/** Says why a lease is no longer its holder's: by what the row says now. */
export function leaseLost(mine: Lease, now: Lease | undefined): RoadsteadError {
  const isTaken = now !== undefined && now.token !== mine.token;
  return new RoadsteadError(
    isTaken
      ? `The lease was taken by ${now.holder.user}: ${describeWork(now)}`
      : 'The lease has run out, as it was not renewed in time',
    {
      code: 'LEASE_LOST',
      value: isTaken ? now.holder : mine.holder,
      hint: 'Nothing more was begun. roadstead status shows who works on the cluster; run the same command again when that has ended.',
    },
  );
}
