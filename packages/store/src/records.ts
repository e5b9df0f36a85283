import type { Inputs } from '@roadstead/definition';
import type { Kysely } from 'kysely';
import type { Failure } from './journal.ts';
import type { Tables } from './schema.ts';

/** What is recorded of one cluster. The store is journal and cache, never truth: all of it can be read back or done again. */
export interface ClusterRecord {
  /** `aws:<account>:<region>:<name>`. */
  readonly id: string;
  /** The cluster file as it was last declared. */
  readonly definition: string;
  readonly inputs?: Inputs;
  readonly nextVersion?: string;
  readonly currentVersion?: string;
  /** Known good: what a rollback goes to. */
  readonly lastVersion?: string;
  /** Digest of the release that was verified last. */
  readonly verifiedDigest?: string;
  readonly problems: readonly Failure[];
}

/** Desired and observed state are different columns, written by different owners: `declare` and the two below it. */
export class ClusterRecords {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  async read(id: string): Promise<ClusterRecord | undefined> {
    const row = await this.#db.selectFrom('clusters').selectAll().where('id', '=', id).executeTakeFirst();
    if (row === undefined) return undefined;
    return {
      id: row.id,
      definition: row.definition,
      ...(row.inputs === null ? {} : { inputs: JSON.parse(row.inputs) as Inputs }),
      ...(row.next_version === null ? {} : { nextVersion: row.next_version }),
      ...(row.current_version === null ? {} : { currentVersion: row.current_version }),
      ...(row.last_version === null ? {} : { lastVersion: row.last_version }),
      ...(row.verified_digest === null ? {} : { verifiedDigest: row.verified_digest }),
      problems: JSON.parse(row.problems) as Failure[],
    };
  }

  /** What is wanted from now on. */
  async declare(
    id: string,
    wanted: { definition: string; inputs: Inputs; nextVersion: string },
    now: number,
  ): Promise<void> {
    const desired = {
      definition: wanted.definition,
      inputs: JSON.stringify(wanted.inputs),
      next_version: wanted.nextVersion,
      updated_at: now,
    };
    await this.#db
      .insertInto('clusters')
      .values({ id, ...desired, current_version: null, last_version: null, verified_digest: null, problems: '[]' })
      .onConflict((conflict) => conflict.column('id').doUpdateSet(desired))
      .execute();
  }

  /** The version is verified: it becomes current and known good. */
  async verified(id: string, version: string, digest: string, now: number): Promise<void> {
    await this.#db
      .updateTable('clusters')
      .set({
        current_version: version,
        last_version: version,
        verified_digest: digest,
        problems: '[]',
        updated_at: now,
      })
      .where('id', '=', id)
      .execute();
  }

  async reportProblems(id: string, problems: readonly Failure[], now: number): Promise<void> {
    await this.#db
      .updateTable('clusters')
      .set({ problems: JSON.stringify(problems), updated_at: now })
      .where('id', '=', id)
      .execute();
  }

  async forget(id: string): Promise<void> {
    await this.#db.deleteFrom('clusters').where('id', '=', id).execute();
  }
}
