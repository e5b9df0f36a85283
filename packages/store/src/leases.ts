import type { Kysely } from 'kysely';
import type { Tables } from './schema.ts';

/** Who works on something: enough to tell a person, and to tell whether the process still lives. */
export interface Holder {
  readonly host: string;
  readonly pid: number;
  /** What the process is called by, as `up`. */
  readonly purpose: string;
  /** Who started it, as the operating system or the server names them. */
  readonly user: string;
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

  async acquire(request: AcquireRequest): Promise<Acquisition> {
    const { key, now } = request;
    const found = await this.read(key);
    if (found === undefined) return this.#insert(request);
    if (found.expiresAt > now && !request.isGone(found.holder)) return { kind: 'held', by: found };
    const next = {
      holder: JSON.stringify(request.holder),
      token: found.token + 1,
      acquired_at: now,
      expires_at: now + request.ttlMs,
    };
    const taken = await this.#db
      .updateTable('leases')
      .set(next)
      .where('key', '=', key)
      .where('token', '=', found.token)
      .where('expires_at', '=', found.expiresAt)
      .executeTakeFirst();
    return this.#outcome(key, taken.numUpdatedRows === 1n, found.token + 1);
  }

  /** False when the lease is no longer ours. */
  async renew(lease: Lease, now: number, ttlMs: number): Promise<boolean> {
    const renewed = await this.#db
      .updateTable('leases')
      .set({ expires_at: now + ttlMs })
      .where('key', '=', lease.key)
      .where('token', '=', lease.token)
      .executeTakeFirst();
    return renewed.numUpdatedRows === 1n;
  }

  /** Ends the lease but keeps its token, so that tokens only grow. */
  async release(lease: Lease): Promise<void> {
    await this.#db
      .updateTable('leases')
      .set({ expires_at: 0 })
      .where('key', '=', lease.key)
      .where('token', '=', lease.token)
      .execute();
  }

  async read(key: string): Promise<Lease | undefined> {
    const row = await this.#db.selectFrom('leases').selectAll().where('key', '=', key).executeTakeFirst();
    if (row === undefined) return undefined;
    return {
      key,
      holder: JSON.parse(row.holder) as Holder,
      token: row.token,
      acquiredAt: row.acquired_at,
      expiresAt: row.expires_at,
    };
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
