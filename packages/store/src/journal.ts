import type { Kysely } from 'kysely';
import type { Tables } from './schema.ts';

export type RunState = 'running' | 'done' | 'failed' | 'stopped';
export type StepState = 'running' | 'done' | 'failed';

/** One execution of a plan. `plan` is the plan as it was shown, as plain data. */
export interface Run {
  readonly id: string;
  readonly clusterId: string;
  readonly kind: 'up' | 'apply' | 'down';
  readonly version?: string;
  readonly digest?: string;
  readonly plan: unknown;
  readonly state: RunState;
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly failure?: Failure;
}

export interface Step {
  readonly changeId: string;
  readonly state: StepState;
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly failure?: Failure;
}

/** Why something ended badly, as the error said it. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

export interface RunEvent {
  readonly seq: number;
  readonly at: number;
  readonly event: unknown;
}

/** What was begun, done and seen. Written before and after each step, so that a second terminal can follow. */
export class Journal {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  async begin(run: Omit<Run, 'state' | 'endedAt' | 'failure'>): Promise<void> {
    await this.#db
      .insertInto('runs')
      .values({
        id: run.id,
        cluster_id: run.clusterId,
        kind: run.kind,
        version: run.version ?? null,
        digest: run.digest ?? null,
        plan: JSON.stringify(run.plan),
        state: 'running',
        started_at: run.startedAt,
        ended_at: null,
        failure: null,
      })
      .execute();
  }

  async end(runId: string, state: RunState, at: number, failure?: Failure): Promise<void> {
    await this.#db
      .updateTable('runs')
      .set({ state, ended_at: at, failure: failure === undefined ? null : JSON.stringify(failure) })
      .where('id', '=', runId)
      .execute();
  }

  async beginStep(runId: string, changeId: string, at: number): Promise<void> {
    await this.#db
      .insertInto('steps')
      .values({ run_id: runId, change_id: changeId, state: 'running', started_at: at, ended_at: null, failure: null })
      .onConflict((conflict) =>
        conflict.columns(['run_id', 'change_id']).doUpdateSet({ state: 'running', ended_at: null, failure: null }),
      )
      .execute();
  }

  async endStep(runId: string, changeId: string, state: StepState, at: number, failure?: Failure): Promise<void> {
    await this.#db
      .updateTable('steps')
      .set({ state, ended_at: at, failure: failure === undefined ? null : JSON.stringify(failure) })
      .where('run_id', '=', runId)
      .where('change_id', '=', changeId)
      .execute();
  }

  async record(runId: string, at: number, event: unknown): Promise<void> {
    await this.#db
      .insertInto('events')
      .values({ run_id: runId, at, event: JSON.stringify(event) })
      .execute();
  }

  async lastRun(clusterId: string): Promise<Run | undefined> {
    const row = await this.#db
      .selectFrom('runs')
      .selectAll()
      .where('cluster_id', '=', clusterId)
      .orderBy('started_at', 'desc')
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirst();
    if (row === undefined) return undefined;
    return {
      id: row.id,
      clusterId: row.cluster_id,
      kind: row.kind as Run['kind'],
      ...(row.version === null ? {} : { version: row.version }),
      ...(row.digest === null ? {} : { digest: row.digest }),
      plan: JSON.parse(row.plan),
      state: row.state as RunState,
      startedAt: row.started_at,
      ...endOf(row),
    };
  }

  async steps(runId: string): Promise<Step[]> {
    const rows = await this.#db
      .selectFrom('steps')
      .selectAll()
      .where('run_id', '=', runId)
      .orderBy('started_at')
      .orderBy('change_id')
      .execute();
    return rows.map((row) => ({
      changeId: row.change_id,
      state: row.state as StepState,
      startedAt: row.started_at,
      ...endOf(row),
    }));
  }

  /** Events after a sequence number, oldest first, at most 1,000: what a follower asks for again and again. */
  async events(runId: string, afterSeq = 0): Promise<RunEvent[]> {
    const rows = await this.#db
      .selectFrom('events')
      .selectAll()
      .where('run_id', '=', runId)
      .where('seq', '>', afterSeq)
      .orderBy('seq')
      .limit(1000)
      .execute();
    return rows.map((row) => ({ seq: row.seq, at: row.at, event: JSON.parse(row.event) as unknown }));
  }
}

function endOf(row: { ended_at: number | null; failure: string | null }): { endedAt?: number; failure?: Failure } {
  return {
    ...(row.ended_at === null ? {} : { endedAt: row.ended_at }),
    ...(row.failure === null ? {} : { failure: JSON.parse(row.failure) as Failure }),
  };
}
