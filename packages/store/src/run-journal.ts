import type { Inputs } from '@roadstead/definition';
import type { Clock } from '@roadstead/foundation';
import type { Transaction } from 'kysely';
import { writeAudit } from './audit.ts';
import type { Engine } from './engine.ts';
import { type FencedWrite, fence } from './fence.ts';
import type { Failure, RunState, StepState } from './journal.ts';
import type { Lease } from './leases.ts';
import type { Tables } from './schema.ts';

/** What an `up` wants from now on. */
export interface Declaration {
  /** The cluster file. */
  readonly definition: string;
  readonly inputs: Inputs;
  /** Digest of the inputs that the cluster itself carried when these were chosen; absent when it carried none. */
  readonly inputsBase?: string;
}

interface AnyRun {
  readonly id: string;
  /** The plan as it was shown. */
  readonly plan: unknown;
  /** Who runs it, as AWS names them. */
  readonly actor: string;
}

/** A run that begins; its cluster is the key of the lease that it is begun under. */
export type NewRun =
  | (AnyRun & {
      readonly kind: 'up';
      readonly version: string;
      readonly digest: string;
      readonly declared: Declaration;
    })
  | (AnyRun & { readonly kind: 'down' });

/** How a run ends. A failed one says why, at least once. */
export type RunEnd =
  | { readonly state: 'done' | 'stopped' }
  | { readonly state: 'failed'; readonly problems: readonly Failure[] };

/**
 * Begins a run: what it wants is declared, a run whose process died is closed, and the audit says who began it, all in one
 * transaction under the lease.
 */
export async function beginRun(
  engine: Pick<Engine, 'db' | 'keepLease'>,
  lease: Lease,
  clock: Clock,
  run: NewRun,
): Promise<RunJournal> {
  const write = fence(engine, lease, clock);
  await write(async (db, now) => {
    if (run.kind === 'up') await declare(db, lease.key, run, now);
    await db
      .updateTable('runs')
      .set({ state: 'interrupted' satisfies RunState, ended_at: now })
      .where('cluster_id', '=', lease.key)
      .where('state', '=', 'running' satisfies RunState)
      .execute();
    await db
      .insertInto('runs')
      .values({
        id: run.id,
        cluster_id: lease.key,
        token: lease.token,
        kind: run.kind,
        version: run.kind === 'up' ? run.version : null,
        digest: run.kind === 'up' ? run.digest : null,
        plan: JSON.stringify(run.plan),
        state: 'running',
        started_at: now,
        ended_at: null,
        failure: null,
      })
      .execute();
    await forgetOldRuns(db, lease.key);
    await writeAudit(db, entryOf(lease, run, now, 'begun'));
  });
  return new RunJournal(write, lease, run);
}

/**
 * What a run writes while it works: before and after each step, so that a second terminal can follow, and its end. Every
 * write is refused with `LEASE_LOST` when the lease is no longer its holder's.
 */
export class RunJournal {
  readonly #write: FencedWrite;
  readonly #lease: Lease;
  readonly #run: NewRun;

  constructor(write: FencedWrite, lease: Lease, run: NewRun) {
    this.#write = write;
    this.#lease = lease;
    this.#run = run;
  }

  get id(): string {
    return this.#run.id;
  }

  /** Safe to repeat: a step that is begun again is running again. */
  async beginStep(changeId: string): Promise<void> {
    await this.#write((db, now) =>
      db
        .insertInto('steps')
        .values({
          run_id: this.id,
          change_id: changeId,
          state: 'running',
          started_at: now,
          ended_at: null,
          failure: null,
        })
        .onConflict((conflict) =>
          conflict.columns(['run_id', 'change_id']).doUpdateSet({ state: 'running', ended_at: null, failure: null }),
        )
        .execute(),
    );
  }

  async endStep(changeId: string, state: StepState, failure?: Failure): Promise<void> {
    await this.#write((db, now) =>
      db
        .updateTable('steps')
        .set({ state, ended_at: now, failure: failure === undefined ? null : JSON.stringify(failure) })
        .where('run_id', '=', this.id)
        .where('change_id', '=', changeId)
        .execute(),
    );
  }

  async record(event: unknown): Promise<void> {
    await this.#write((db, now) =>
      db
        .insertInto('events')
        .values({ run_id: this.id, at: now, event: JSON.stringify(event) })
        .execute(),
    );
  }

  /**
   * Ends the run and says what it means for the cluster, in one transaction: an `up` that is done was verified, so its
   * version becomes current and known good; after a `down` that is done nothing is recorded; a failure is a problem.
   */
  async end(end: RunEnd): Promise<void> {
    const [first] = end.state === 'failed' ? end.problems : [];
    await this.#write(async (db, now) => {
      await db
        .updateTable('runs')
        .set({ state: end.state, ended_at: now, failure: first === undefined ? null : JSON.stringify(first) })
        .where('id', '=', this.id)
        .execute();
      await this.#settle(db, end, now);
      await writeAudit(db, entryOf(this.#lease, this.#run, now, end.state));
    });
  }

  async #settle(db: Transaction<Tables>, end: RunEnd, now: number): Promise<void> {
    const id = this.#lease.key;
    const record = db.updateTable('clusters').where('id', '=', id);
    if (end.state === 'failed') {
      await record.set({ problems: JSON.stringify(end.problems), updated_at: now }).execute();
    } else if (end.state === 'done' && this.#run.kind === 'up') {
      const { version, digest } = this.#run;
      const verified = { current_version: version, last_version: version, verified_digest: digest };
      await record.set({ ...verified, problems: '[]', updated_at: now }).execute();
    } else if (end.state === 'done') {
      await db.deleteFrom('clusters').where('id', '=', id).execute();
    }
  }
}

/** A journal is for the runs that somebody may still ask about; that there were others the audit knows for ever. */
export const keptRuns = 50;

async function forgetOldRuns(db: Transaction<Tables>, clusterId: string): Promise<void> {
  const runs = await db
    .selectFrom('runs')
    .select('id')
    .where('cluster_id', '=', clusterId)
    .orderBy('token', 'desc')
    .orderBy('started_at', 'desc')
    .execute();
  const old = runs.slice(keptRuns).map(({ id }) => id);
  if (old.length === 0) return;
  await db.deleteFrom('events').where('run_id', 'in', old).execute();
  await db.deleteFrom('steps').where('run_id', 'in', old).execute();
  await db.deleteFrom('runs').where('id', 'in', old).execute();
}

/** What is wanted from now on. What was verified stays: those columns have another owner. */
async function declare(
  db: Transaction<Tables>,
  id: string,
  { declared, version }: Extract<NewRun, { kind: 'up' }>,
  now: number,
): Promise<void> {
  const desired = {
    definition: declared.definition,
    inputs: JSON.stringify(declared.inputs),
    inputs_base: declared.inputsBase ?? null,
    next_version: version,
    updated_at: now,
  };
  await db
    .insertInto('clusters')
    .values({ id, ...desired, current_version: null, last_version: null, verified_digest: null, problems: '[]' })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(desired))
    .execute();
}

function entryOf(lease: Lease, run: NewRun, at: number, what: string) {
  const { user, host } = lease.holder;
  const detail = {
    run: run.id,
    user,
    host,
    ...(run.kind === 'up' ? { version: run.version, digest: run.digest } : {}),
  };
  return { at, actor: run.actor, action: `${run.kind}-${what}`, subject: lease.key, detail };
}
