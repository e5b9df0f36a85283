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
  /** Digest of the inputs that the cluster itself carried when these were chosen; absent when it carried none. */
  readonly inputsBase?: string;
  readonly nextVersion?: string;
  readonly currentVersion?: string;
  /** Known good: what a rollback goes to. */
  readonly lastVersion?: string;
  /** Digest of the release that was verified last. */
  readonly verifiedDigest?: string;
  readonly problems: readonly Failure[];
}

/** Records as they are read. They are written by the runs of their cluster: desired state as one begins, observed as it ends. */
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
      ...(row.inputs_base === null ? {} : { inputsBase: row.inputs_base }),
      ...(row.next_version === null ? {} : { nextVersion: row.next_version }),
      ...(row.current_version === null ? {} : { currentVersion: row.current_version }),
      ...(row.last_version === null ? {} : { lastVersion: row.last_version }),
      ...(row.verified_digest === null ? {} : { verifiedDigest: row.verified_digest }),
      problems: JSON.parse(row.problems) as Failure[],
    };
  }
}
