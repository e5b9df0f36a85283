import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { messageOf } from '@roadstead/foundation';
import {
  Kysely,
  PostgresDialect,
  type PostgresPool,
  type PostgresPoolClient,
  type SelectQueryBuilder,
  type SqliteDatabase,
  SqliteDialect,
  sql,
} from 'kysely';
import pg from 'pg';
import { postgresFailure, type StateFile, sqliteFailure } from './engine-failure.ts';
import { readStateFile } from './read-state-file.ts';
import type { Tables } from './schema.ts';

/** A lease row as it is read. */
export type LeaseQuery = SelectQueryBuilder<Tables, 'leases', Tables['leases']>;

/** What differs between the two engines lives here and nowhere else. */
export interface Engine {
  readonly name: 'sqlite' | 'postgres';
  readonly db: Kysely<Tables>;
  /** Column type of an ever-growing key. */
  readonly serial: 'integer' | 'bigserial';
  /** Column type of text that is compared byte by byte. */
  readonly text: string;
  /** What time the database's own clock says; undefined where it is this machine's. */
  serverNow(): Promise<number | undefined>;
  /** Keeps a lease row as it is until the transaction ends, so that nobody takes the lease over before a write is done. */
  keepLease(query: LeaseQuery): LeaseQuery;
  hasTable(name: string): Promise<boolean>;
  /** Adds a column unless it is there. `definition` is SQL, with the type first. */
  addColumn(db: Kysely<unknown>, table: string, column: string, definition: string): Promise<void>;
}

export function openSqlite(file: string): Engine {
  const state = stateOf(file);
  const database = told(state, () => new DatabaseSync(file, { timeout: 10_000 }));
  told(state, () => useWal(database));
  told(state, () => database.exec('PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;'));
  return sqliteEngine(adapt(database, state));
}

/** An engine that can only read. It makes no file and changes none; a directory without a store has no tables. */
export function openSqliteForReading(file: string): Engine {
  const state = stateOf(file);
  const read = (sql: string, parameters: readonly unknown[]): unknown[] =>
    told(state, () => readStateFile(file, sql, parameters as SQLInputValue[]));
  return sqliteEngine({
    close: () => undefined,
    prepare: (sql) => ({
      reader: true,
      all: (parameters) => read(sql, parameters),
      run: () => {
        throw new Error(`a reader cannot run: ${sql}`);
      },
      iterate: (parameters) => read(sql, parameters).values(),
    }),
  });
}

function stateOf(file: string): StateFile {
  const directory = dirname(file);
  return { directory, isDiskFull: () => isFull(directory) };
}

function sqliteEngine(database: SqliteDatabase): Engine {
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database }) });
  return {
    name: 'sqlite',
    db,
    serial: 'integer',
    text: 'text',
    serverNow: async () => undefined,
    // Immediate transactions exclude each other.
    keepLease: (query) => query,
    hasTable: async (name) => {
      const found = sql`select name from sqlite_master where type = 'table' and name = ${name}`;
      return (await found.execute(db)).rows.length > 0;
    },
    addColumn: async (db, table, column, definition) => {
      const add = sql`alter table ${sql.ref(table)} add column ${sql.ref(column)} ${sql.raw(definition)}`;
      await add.execute(db).catch((error: unknown) => {
        if (!/^duplicate column name/.test(messageOf(error))) throw error;
      });
    },
  };
}

/** Processes that open a new store at once collide in the switch to WAL, for which SQLite itself does not wait; 10 s at most. */
function useWal(database: DatabaseSync): void {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let attempt = 1; ; attempt++) {
    try {
      return database.exec('PRAGMA journal_mode = WAL;');
    } catch (error) {
      if (attempt === 200 || !messageOf(error).includes('locked')) throw error;
      Atomics.wait(pause, 0, 0, 50);
    }
  }
}

/** Less than SQLite makes its files by: opening one that is there takes some space too, and a failure may have given some back. */
function isFull(directory: string): boolean {
  const { bavail, bsize } = statfsSync(directory);
  return bavail * bsize < 2 ** 20;
}

export function openPostgres(url: string): Engine {
  pg.types.setTypeParser(pg.types.builtins.INT8, Number);
  const pool = new pg.Pool({
    connectionString: url,
    max: 8,
    keepAlive: true,
    connectionTimeoutMillis: 10_000,
    statement_timeout: 30_000,
    // The server's own limit ends nothing while the server cannot be heard.
    query_timeout: 35_000,
  });
  // An idle connection that the server ends is replaced at the next query; without a listener it would end the process.
  pool.on('error', () => {});
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: adaptPool(pool) }) });
  return {
    name: 'postgres',
    db,
    serial: 'bigserial',
    text: 'text collate "C"',
    serverNow: async () => {
      const now = sql<{ ms: number }>`select (extract(epoch from clock_timestamp()) * 1000)::bigint as ms`;
      return (await now.execute(db)).rows[0]?.ms;
    },
    keepLease: (query) => query.forShare(),
    hasTable: async (name) => {
      const found = sql<{ there: boolean }>`select to_regclass(${name}) is not null as there`;
      return (await found.execute(db)).rows[0]?.there === true;
    },
    addColumn: async (db, table, column, definition) => {
      await sql`alter table ${sql.ref(table)} add column if not exists ${sql.ref(column)} ${sql.raw(definition)}`.execute(
        db,
      );
    },
  };
}

/**
 * node:sqlite in the shape that kysely's dialect takes. A transaction begins immediate: one that reads first and
 * writes later fails at once in WAL, however long the busy timeout. A full disk or an I/O error has rolled back by itself:
 * rolling back once more would hide why.
 */
function adapt(database: DatabaseSync, state: StateFile): SqliteDatabase {
  return {
    close: () => database.close(),
    prepare: (sql) => {
      const statement = told(state, () => database.prepare(sql === 'begin' ? 'begin immediate' : sql));
      const isDone = () => sql === 'rollback' && !database.isTransaction;
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => told(state, () => statement.all(...(parameters as SQLInputValue[]))),
        run: (parameters) =>
          isDone() ? nothingDone : told(state, () => statement.run(...(parameters as SQLInputValue[]))),
        iterate: (parameters) => statement.iterate(...(parameters as SQLInputValue[])),
      };
    },
  };
}

const nothingDone = { changes: 0, lastInsertRowid: 0 };

function told<T>(state: StateFile, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw sqliteFailure(state, error);
  }
}

/** pg's pool in the shape that kysely's dialect takes; what the server refuses is told in the store's words. */
function adaptPool(pool: pg.Pool): PostgresPool {
  return {
    options: pool.options,
    connect: async () => adaptClient(await pool.connect().catch(rethrow)),
    end: () => pool.end(),
  };
}

function adaptClient(client: pg.PoolClient): PostgresPoolClient {
  const query = (sql: string, parameters: readonly unknown[]) => client.query(sql, [...parameters]).catch(rethrow);
  return { query: query as unknown as PostgresPoolClient['query'], release: (destroy) => client.release(destroy) };
}

function rethrow(error: unknown): never {
  throw postgresFailure(error);
}
