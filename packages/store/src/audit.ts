import type { Kysely } from 'kysely';
import type { Tables } from './schema.ts';

/** What was done, by whom, to what. */
export interface AuditEntry {
  readonly at: number;
  /** Who did it, as AWS or the operating system names them. */
  readonly actor: string;
  /** As `up-begun`, `down-done`, `lease-taken-over`. */
  readonly action: string;
  /** The id of a cluster. */
  readonly subject: string;
  /** What a person would ask next; never a secret. */
  readonly detail: unknown;
}

/** Only grows: there is no way here to change or delete an entry, also not with the cluster that it is about. */
export class Audit {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  /** The newest entries about a cluster, newest first. */
  async latest(subject: string, limit: number): Promise<AuditEntry[]> {
    const rows = await this.#db
      .selectFrom('audit')
      .selectAll()
      .where('subject', '=', subject)
      .orderBy('seq', 'desc')
      .limit(limit)
      .execute();
    return rows.map(({ at, actor, action, detail }) => ({
      at,
      actor,
      action,
      subject,
      detail: JSON.parse(detail) as unknown,
    }));
  }
}

/** Adds an entry in the transaction of what it tells, so that neither is there without the other. */
export async function writeAudit(db: Kysely<Tables>, entry: AuditEntry): Promise<void> {
  await db
    .insertInto('audit')
    .values({ ...entry, detail: JSON.stringify(entry.detail) })
    .execute();
}
