import { messageOf, RoadsteadError } from '@roadstead/foundation';

/** What an embedded store's failures are told with. */
export interface StateFile {
  readonly directory: string;
  /** Whether the disk below the directory has no space left: SQLite calls that an I/O error now and then. */
  readonly isDiskFull: () => boolean;
}

/** Result codes of SQLite (sqlite.org/rescode.html), the low byte of an extended one. */
const sqlite = { busy: 5, readOnly: 8, ioError: 10, corrupt: 11, full: 13, cannotOpen: 14, notADatabase: 26 } as const;

/** What broke the promise of a state file, with its path and what to do; any other error is a bug and stays what it is. */
export function sqliteFailure(state: StateFile, error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if ('syscall' in error) return directoryFailure(state.directory, error);
  if (!('errcode' in error)) return error;
  const code = Number(error.errcode) & 0xff;
  switch (code) {
    case sqlite.full:
      return diskFull(state.directory, error);
    case sqlite.ioError:
    case sqlite.cannotOpen:
    case sqlite.readOnly:
      return state.isDiskFull() ? diskFull(state.directory, error) : unusable(state.directory, error);
    case sqlite.corrupt:
    case sqlite.notADatabase:
      return damaged(state.directory, error);
    case sqlite.busy:
      return busy(state.directory, error);
    default:
      return error;
  }
}

/** The same for what the file system answers before SQLite is asked. */
export function directoryFailure(directory: string, error: unknown): RoadsteadError {
  const isFull = error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
  return isFull ? diskFull(directory, error) : unusable(directory, error);
}

/** The system's codes for a connection that did not come about, and PostgreSQL's classes for one that was refused. */
const unreachableCodes = /^(E[A-Z_]+|(08|28|3D|53|57)\w{3})$/;
const postgresDiskFull = '53100';
/** What pg says without a code: the pool gave up, the server said nothing, the connection went away. */
const unreachableWords =
  /^(timeout exceeded when trying to connect|Query read timeout|Connection terminated|Client (has encountered|was closed))/;

/** What broke the promise of a database server. Its messages carry no password. */
export function postgresFailure(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const code = 'code' in error ? String(error.code) : '';
  if (code === postgresDiskFull)
    return new RoadsteadError(`The disk of the store's database is full: ${error.message}`, {
      code: 'STORE_DISK_FULL',
      cause: error,
      hint: 'Free some space on the database server, then run the same command again: it goes on from what is there.',
      retry: 'backoff',
    });
  if (!unreachableCodes.test(code) && !unreachableWords.test(error.message)) return error;
  return new RoadsteadError(`The store's database cannot be reached: ${messageOf(error)}`, {
    code: 'STORE_UNREACHABLE',
    cause: error,
    hint: 'Check DATABASE_URL, or unset it: then the embedded store is used.',
    retry: 'backoff',
  });
}

function diskFull(directory: string, cause: unknown): RoadsteadError {
  return new RoadsteadError(`The disk of the state directory ${directory} is full`, {
    code: 'STORE_DISK_FULL',
    value: directory,
    cause,
    hint: 'Free some space there, or name another directory by ROADSTEAD_STATE, then run the same command again: it goes on from what is there.',
  });
}

function unusable(directory: string, cause: unknown): RoadsteadError {
  return new RoadsteadError(`The state directory ${directory} cannot be used: ${messageOf(cause)}`, {
    code: 'STORE_UNUSABLE',
    value: directory,
    cause,
    hint: 'Make it a directory that you may write to, or name another one by ROADSTEAD_STATE; everything in it can be read back from AWS.',
  });
}

function damaged(directory: string, cause: unknown): RoadsteadError {
  return new RoadsteadError(`The state in ${directory} is damaged: ${messageOf(cause)}`, {
    code: 'STORE_DAMAGED',
    value: directory,
    cause,
    hint: 'Move roadstead.db and the files beside it away and run the same command again: everything in them can be read back from AWS.',
  });
}

function busy(directory: string, cause: unknown): RoadsteadError {
  return new RoadsteadError(`The state in ${directory} has been locked by another process for too long`, {
    code: 'STORE_BUSY',
    value: directory,
    cause,
    hint: 'Is something else reading or copying roadstead.db? Run the same command again when it has ended.',
    retry: 'backoff',
  });
}
