import type { Kysely } from 'kysely';
import type { Tables } from './schema.ts';

/** `interrupted`: its process died; the next run of the cluster found it so. */
export type RunState = 'running' | 'done' | 'failed' | 'stopped' | 'interrupted';
export type StepState = 'running' | 'done' | 'failed';

/** One execution of a plan. `plan` is the plan as it was shown, as plain data. */
export interface Run {
  readonly id: string;
  readonly clusterId: string;
  readonly kind: 'up' | 'down';
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

/** What was begun, done and seen, for whoever follows. It is written by the holder of the cluster's lease: see `RunJournal`. */
export class Journal {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  async lastRun(clusterId: string): Promise<Run | undefined> {
    const [last] = await this.runs(clusterId, 1);
    return last;
  }

  /** Runs of a cluster, also of one that is gone, newest first: by lease, as clocks differ between machines. */
  async runs(clusterId: string, limit: number): Promise<Run[]> {
    const rows = await this.#db
      .selectFrom('runs')
      .selectAll()
      .where('cluster_id', '=', clusterId)
      .orderBy('token', 'desc')
      .orderBy('started_at', 'desc')
      .orderBy('id', 'desc')
      .limit(limit)
      .execute();
    return rows.map((row) => ({
      id: row.id,
      clusterId: row.cluster_id,
      kind: row.kind as Run['kind'],
      ...(row.version === null ? {} : { version: row.version }),
      ...(row.digest === null ? {} : { digest: row.digest }),
      plan: JSON.parse(row.plan) as unknown,
      state: row.state as RunState,
      startedAt: row.started_at,
      ...endOf(row),
    }));
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
