import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { Kysely, PostgresDialect, type SqliteDatabase, SqliteDialect } from 'kysely';
import pg from 'pg';
import type { Tables } from './schema.ts';

/** What differs between the two engines lives here and nowhere else. */
export interface Engine {
  readonly name: 'sqlite' | 'postgres';
  readonly db: Kysely<Tables>;
  /** Column type of an ever-growing key. */
  readonly serial: 'integer' | 'bigserial';
  /** Column type of text that is compared byte by byte. */
  readonly text: string;
}

export function openSqlite(file: string): Engine {
  const database = new DatabaseSync(file, { timeout: 10_000 });
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;');
  return {
    name: 'sqlite',
    db: new Kysely<Tables>({ dialect: new SqliteDialect({ database: adapt(database) }) }),
    serial: 'integer',
    text: 'text',
  };
}

export function openPostgres(url: string): Engine {
  pg.types.setTypeParser(pg.types.builtins.INT8, Number);
  const pool = new pg.Pool({
    connectionString: url,
    max: 8,
    connectionTimeoutMillis: 10_000,
    statement_timeout: 30_000,
  });
  // An idle connection that the server ends is replaced at the next query; without a listener it would end the process.
  pool.on('error', () => {});
  return {
    name: 'postgres',
    db: new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) }),
    serial: 'bigserial',
    text: 'text collate "C"',
  };
}

/**
 * node:sqlite in the shape that kysely's dialect takes. A transaction begins immediate: one that reads first and
 * writes later fails at once in WAL, however long the busy timeout.
 */
function adapt(database: DatabaseSync): SqliteDatabase {
  return {
    close: () => database.close(),
    prepare: (sql) => {
      const statement = database.prepare(sql === 'begin' ? 'begin immediate' : sql);
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...(parameters as SQLInputValue[])),
        run: (parameters) => statement.run(...(parameters as SQLInputValue[])),
        iterate: (parameters) => statement.iterate(...(parameters as SQLInputValue[])),
      };
    },
  };
}
