import { isRoadsteadError, RoadsteadError } from '@roadstead/foundation';
import { type Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import type { Engine } from './engine.ts';

/**
 * Brings the store to the newest schema. Safe to run from several processes at once: every statement is idempotent. SQLite has
 * no lock for it, so several may find a migration to do, and all but one then find it recorded: they look again. Each look finds
 * one more recorded, or the tables of the migrator itself.
 */
export async function migrate(engine: Engine): Promise<void> {
  const provided = migrations(engine);
  const migrator = new Migrator({ db: engine.db, provider: { getMigrations: async () => provided } });
  let result = await migrator.migrateToLatest();
  for (let looks = Object.keys(provided).length + 2; looks > 0 && mayHaveLost(result.error); looks--)
    result = await migrator.migrateToLatest();
  if (result.error === undefined) return;
  if (isRoadsteadError(result.error)) throw result.error;
  throw notMigrated(result.error);
}

function notMigrated(cause?: unknown): RoadsteadError {
  return new RoadsteadError('The store could not be brought to the newest schema', {
    code: 'STORE_MIGRATION',
    ...(cause === undefined ? {} : { cause }),
    hint: 'Was it written by a newer Roadstead? Use that one, or another directory by ROADSTEAD_STATE.',
  });
}

/** How old what is there is. `none`: nothing was ever recorded. Rejects with `STORE_MIGRATION` for what a newer Roadstead wrote. */
export async function schemaAge(engine: Engine): Promise<'none' | 'older' | 'newest'> {
  if (!(await engine.hasTable('kysely_migration'))) return 'none';
  const done = sql<{ name: string }>`select name from kysely_migration`;
  const { rows } = await done.execute(engine.db);
  const known = Object.keys(migrations(engine));
  if (rows.some(({ name }) => !known.includes(name))) throw notMigrated();
  if (rows.length === known.length) return 'newest';
  return rows.length === 0 ? 'none' : 'older';
}

function mayHaveLost(error: unknown): boolean {
  return error !== undefined && !isRoadsteadError(error);
}

function migrations(engine: Engine): Record<string, Migration> {
  return {
    '0001-first': { up: (db) => createFirst(db, engine) },
    '0002-fenced-runs': { up: (db) => addFencing(db, engine) },
  };
}

async function createFirst(db: Kysely<unknown>, engine: Engine): Promise<void> {
  const text = sql.raw(engine.text);
  const create = (table: string) => db.schema.createTable(table).ifNotExists();
  await create('clusters')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('definition', text, (column) => column.notNull())
    .addColumn('inputs', text)
    .addColumn('next_version', text)
    .addColumn('current_version', text)
    .addColumn('last_version', text)
    .addColumn('verified_digest', text)
    .addColumn('problems', text, (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .execute();
  await create('leases')
    .addColumn('key', text, (column) => column.primaryKey())
    .addColumn('holder', text, (column) => column.notNull())
    .addColumn('token', 'bigint', (column) => column.notNull())
    .addColumn('acquired_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .execute();
  await create('runs')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('cluster_id', text, (column) => column.notNull())
    .addColumn('kind', text, (column) => column.notNull())
    .addColumn('version', text)
    .addColumn('digest', text)
    .addColumn('plan', text, (column) => column.notNull())
    .addColumn('state', text, (column) => column.notNull())
    .addColumn('started_at', 'bigint', (column) => column.notNull())
    .addColumn('ended_at', 'bigint')
    .addColumn('failure', text)
    .execute();
  await create('steps')
    .addColumn('run_id', text, (column) => column.notNull())
    .addColumn('change_id', text, (column) => column.notNull())
    .addColumn('state', text, (column) => column.notNull())
    .addColumn('started_at', 'bigint', (column) => column.notNull())
    .addColumn('ended_at', 'bigint')
    .addColumn('failure', text)
    .addPrimaryKeyConstraint('steps_pk', ['run_id', 'change_id'])
    .execute();
  await growing(db, engine, 'events')
    .addColumn('run_id', text, (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('event', text, (column) => column.notNull())
    .execute();
  await growing(db, engine, 'audit')
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('actor', text, (column) => column.notNull())
    .addColumn('action', text, (column) => column.notNull())
    .addColumn('subject', text, (column) => column.notNull())
    .addColumn('detail', text, (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex('runs_by_cluster')
    .ifNotExists()
    .on('runs')
    .columns(['cluster_id', 'started_at'])
    .execute();
  await db.schema.createIndex('events_by_run').ifNotExists().on('events').columns(['run_id', 'seq']).execute();
}

/** What a run writes is told by the token of its lease, and inputs by what they were chosen from. */
async function addFencing(db: Kysely<unknown>, engine: Engine): Promise<void> {
  await engine.addColumn(db, 'clusters', 'inputs_base', `${engine.text}`);
  await engine.addColumn(db, 'runs', 'token', 'bigint not null default 0');
}

function growing(db: Kysely<unknown>, engine: Engine, table: string) {
  return db.schema
    .createTable(table)
    .ifNotExists()
    .addColumn('seq', sql.raw(engine.serial), (column) => column.primaryKey());
}
