import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { RoadsteadError } from '@roadstead/foundation';
import { type Engine, openPostgres, openSqlite } from './engine.ts';
import { Journal } from './journal.ts';
import { Leases } from './leases.ts';
import { migrate } from './migrations.ts';
import { ClusterRecords } from './records.ts';

/** Journal and cache, never truth. Any number of processes may have it open. */
export interface Store {
  readonly records: ClusterRecords;
  readonly journal: Journal;
  readonly leases: Leases;
  /** Adds to what is never changed or deleted. */
  audit(entry: { at: number; actor: string; action: string; subject: string; detail?: object }): Promise<void>;
  close(): Promise<void>;
}

/** `directory` holds an embedded SQLite store; `databaseUrl` names a PostgreSQL one. */
export type StoreLocation = { readonly directory: string } | { readonly databaseUrl: string };

export async function openStore(location: StoreLocation): Promise<Store> {
  const engine = open(location);
  const { db } = engine;
  try {
    await migrate(engine);
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return {
    records: new ClusterRecords(db),
    journal: new Journal(db),
    leases: new Leases(db),
    audit: async ({ at, actor, action, subject, detail }) => {
      await db
        .insertInto('audit')
        .values({ at, actor, action, subject, detail: JSON.stringify(detail ?? {}) })
        .execute();
    },
    close: () => db.destroy(),
  };
}

function open(location: StoreLocation): Engine {
  if ('databaseUrl' in location) return openPostgres(location.databaseUrl);
  try {
    mkdirSync(location.directory, { recursive: true, mode: 0o700 });
    return openSqlite(join(location.directory, 'roadstead.db'));
  } catch (cause) {
    throw new RoadsteadError(`The state directory ${location.directory} cannot be used`, {
      code: 'STORE_UNUSABLE',
      value: location.directory,
      cause,
      hint: 'Name another one by ROADSTEAD_STATE, or free the disk; everything in it can be read back from AWS.',
    });
  }
}
