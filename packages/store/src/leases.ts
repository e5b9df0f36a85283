import type { Kysely } from 'kysely';
import { writeAudit } from './audit.ts';
import type { LeaseRow, Tables } from './schema.ts';

/** Who works on something: enough to tell a person, and to tell whether the process still lives. */
export interface Holder {
  readonly host: string;
  readonly pid: number;
  /** What the process is called by, as `up`. */
  readonly purpose: string;
  /** Who started it, as the operating system or the server names them. */
  readonly user: string;
  /** How the kernel knows the process; absent where it does not say. Then only time tells that it is gone. */
  readonly process?: ProcessIdentity;
}

/** A process for as long as its kernel runs: `pid` alone is used again, and means nothing in another container. */
export interface ProcessIdentity {
  /** Random, made at each boot: the same in every container of one kernel, different on every machine. */
  readonly boot: string;
  /** The namespaces in which pid and start time are counted. */
  readonly namespaces: string;
  /** When it started, as the kernel counts. */
  readonly started: string;
}

export interface Lease {
  readonly key: string;
  readonly holder: Holder;
  /** Grows with each new holder: what a stale owner's late write is told by. */
  readonly token: number;
  readonly acquiredAt: number;
  readonly expiresAt: number;
}

export type Acquisition =
  | { readonly kind: 'acquired'; readonly lease: Lease }
  | { readonly kind: 'held'; readonly by: Lease };

export interface AcquireRequest {
  readonly key: string;
  readonly holder: Holder;
  readonly now: number;
  readonly ttlMs: number;
  /** Says whether a holder is known to be gone, though its lease has time left: a killed process of this host. */
  readonly isGone: (holder: Holder) => boolean;
}

/** One owner at a time for each key. Every call is safe to repeat; only the token's owner can renew or release. */
export class Leases {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  /** A lease that was not let go is taken over in the open: the audit says from whom. */
  async acquire(request: AcquireRequest): Promise<Acquisition> {
    const { key, now } = request;
    const found = await this.read(key);
    if (found === undefined) return this.#insert(request);
    if (found.expiresAt > now && !request.isGone(found.holder)) return { kind: 'held', by: found };
    return this.#outcome(key, await this.#takeOver(request, found), found.token + 1);
  }

  /** False when the lease is no longer ours. One that has run out is ours for as long as nobody took it. */
  async renew(lease: Lease, now: number, ttlMs: number): Promise<boolean> {
    const renewed = await this.#db
      .updateTable('leases')
      .set({ expires_at: now + ttlMs })
      .where('key', '=', lease.key)
      .where('token', '=', lease.token)
      .where('expires_at', '!=', released)
      .executeTakeFirst();
    return renewed.numUpdatedRows === 1n;
  }

  /** Ends the lease but keeps its token, so that tokens only grow. */
  async release(lease: Lease): Promise<void> {
    await this.#db
      .updateTable('leases')
      .set({ expires_at: released })
      .where('key', '=', lease.key)
      .where('token', '=', lease.token)
      .execute();
  }

  async read(key: string): Promise<Lease | undefined> {
    const row = await this.#db.selectFrom('leases').selectAll().where('key', '=', key).executeTakeFirst();
    return row === undefined ? undefined : leaseOf(row);
  }

  /** Only of the row as it was found: a holder that renewed in between keeps its lease. */
  #takeOver({ key, holder, now, ttlMs }: AcquireRequest, found: Lease): Promise<boolean> {
    return this.#db.transaction().execute(async (transaction) => {
      const taken = await transaction
        .updateTable('leases')
        .set({ holder: JSON.stringify(holder), token: found.token + 1, acquired_at: now, expires_at: now + ttlMs })
        .where('key', '=', key)
        .where('token', '=', found.token)
        .where('expires_at', '=', found.expiresAt)
        .executeTakeFirst();
      const won = taken.numUpdatedRows === 1n;
      if (won && found.expiresAt !== released) {
        const detail = { from: found.holder, since: found.acquiredAt };
        const actor = `${holder.user}@${holder.host}`;
        await writeAudit(transaction, { at: now, actor, action: 'lease-taken-over', subject: key, detail });
      }
      return won;
    });
  }

  async #insert({ key, holder, now, ttlMs }: AcquireRequest): Promise<Acquisition> {
    const inserted = await this.#db
      .insertInto('leases')
      .values({ key, holder: JSON.stringify(holder), token: 1, acquired_at: now, expires_at: now + ttlMs })
      .onConflict((conflict) => conflict.column('key').doNothing())
      .executeTakeFirst();
    return this.#outcome(key, (inserted.numInsertedOrUpdatedRows ?? 0n) === 1n, 1);
  }

  async #outcome(key: string, won: boolean, token: number): Promise<Acquisition> {
    const lease = await this.read(key);
    if (lease === undefined) throw new Error(`lease ${key} vanished`);
    return won && lease.token === token ? { kind: 'acquired', lease } : { kind: 'held', by: lease };
  }
}

/** The end of a lease that was let go: before any time. */
const released = 0;

export function leaseOf(row: LeaseRow): Lease {
  return {
    key: row.key,
    holder: JSON.parse(row.holder) as Holder,
    token: row.token,
    acquiredAt: row.acquired_at,
    expiresAt: row.expires_at,
  };
}

/** As `` `up` since 2026-11-21T03:00:00.000Z (process 7 on here) ``. */
export function describeWork({ holder, acquiredAt }: Pick<Lease, 'holder' | 'acquiredAt'>): string {
  return `\`${holder.purpose}\` since ${new Date(acquiredAt).toISOString()} (process ${holder.pid} on ${holder.host})`;
}
