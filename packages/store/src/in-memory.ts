import { type Engine, openSqlite } from './engine.ts';
import { migrate } from './migrations.ts';
import type { Tables } from './schema.ts';

/**
 * A store of the newest schema that nobody keeps, with what an older one holds. A migration adds columns with defaults and tables,
 * so rows of before it fit.
 */
export async function inMemory(older: Engine | undefined): Promise<Engine> {
  const engine = openSqlite(':memory:');
  await migrate(engine);
  if (older === undefined) return engine;
  for (const table of Object.keys(tables) as (keyof Tables)[]) {
    if (await older.hasTable(table)) await copy(older, engine, table);
  }
  return engine;
}

const tables: Readonly<Record<keyof Tables, true>> = {
  clusters: true,
  leases: true,
  runs: true,
  steps: true,
  events: true,
  audit: true,
};

async function copy(from: Engine, to: Engine, table: keyof Tables): Promise<void> {
  const rows = await from.db.selectFrom(table).selectAll().execute();
  await to.db.transaction().execute(async (transaction) => {
    for (const row of rows) await transaction.insertInto(table).values(row).execute();
  });
}
