import { type BigIntStats, statSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { pathToFileURL } from 'node:url';

/**
 * The rows of one statement; none where there is no file. It is opened, read and closed, and the directory stays as it is: SQLite
 * itself would make its `-wal` and `-shm` for a mere reader, and leave them. Throws what SQLite and the file system throw.
 *
 * While a log (`-wal`) holds something, it is read through the writers' shared memory, under their locks. Without one the file
 * is whole, and is read as if nothing could change it; should it have changed meanwhile, it is read again. A log without its
 * shared memory, as in a copy of the directory, is the one case in which SQLite makes a file: the missing `-shm`.
 */
export function readStateFile(file: string, sql: string, parameters: SQLInputValue[]): unknown[] {
  for (let attempt = 1; ; attempt++) {
    const seen = look(file);
    if (seen.way === 'absent') return [];
    const answer = tryReading(file, seen.way, sql, parameters);
    const isSettled = ('rows' in answer && seen.way === 'logged') || look(file).mark === seen.mark;
    if (!isSettled && attempt < mostAttempts) continue;
    if ('rows' in answer) return answer.rows;
    if (seen.way === 'logged' && isCannotOpen(answer.error)) return readAt(addressOf(file, 'mode=ro'), sql, parameters);
    throw answer.error;
  }
}

/** A file changes only when a log is written back into it; nobody does so that often. */
const mostAttempts = 20;

type Way = 'absent' | 'whole' | 'logged';
const queries = { whole: 'mode=ro&immutable=1', logged: 'mode=ro&readonly_shm=1' } as const;

function look(file: string): { readonly way: Way; readonly mark: string } {
  const found = statOf(file);
  if (found === undefined) return { way: 'absent', mark: '' };
  const isLogged = (statOf(`${file}-wal`)?.size ?? 0n) > 0n;
  const { ino, size, mtimeNs, ctimeNs } = found;
  return { way: isLogged ? 'logged' : 'whole', mark: [isLogged, ino, size, mtimeNs, ctimeNs].join() };
}

/** Only what is not there is absent: a path through a file, or one that may not be looked at, throws. */
function statOf(file: string): BigIntStats | undefined {
  try {
    return statSync(file, { bigint: true });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function tryReading(
  file: string,
  way: keyof typeof queries,
  sql: string,
  parameters: SQLInputValue[],
): { readonly rows: unknown[] } | { readonly error: unknown } {
  try {
    return { rows: readAt(addressOf(file, queries[way]), sql, parameters) };
  } catch (error) {
    return { error };
  }
}

function addressOf(file: string, query: string): URL {
  const address = pathToFileURL(file);
  address.search = query;
  return address;
}

function readAt(address: URL, sql: string, parameters: SQLInputValue[]): unknown[] {
  const database = new DatabaseSync(address, { readOnly: true, timeout: 10_000 });
  try {
    return database.prepare(sql).all(...parameters);
  } finally {
    database.close();
  }
}

/** SQLITE_CANTOPEN, the low byte of an extended code (sqlite.org/rescode.html). */
function isCannotOpen(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === 14;
}
