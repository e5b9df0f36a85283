import { describe, expect, it } from 'vitest';
import { directoryFailure, postgresFailure, sqliteFailure } from './engine-failure.ts';

const thrown = (message: string, more: object = {}): Error => Object.assign(new Error(message), more);
const sqlite = (errcode: number, message = 'as SQLite says') => thrown(message, { code: 'ERR_SQLITE_ERROR', errcode });

describe('what an embedded store says', () => {
  it.each([
    ['a full disk', sqlite(13), false, 'STORE_DISK_FULL'],
    ['an I/O error on a full disk', sqlite(4874), true, 'STORE_DISK_FULL'],
    ['a file that cannot be made on a full disk', sqlite(14), true, 'STORE_DISK_FULL'],
    ['an I/O error', sqlite(266), false, 'STORE_UNUSABLE'],
    ['a read-only disk', sqlite(8), false, 'STORE_UNUSABLE'],
    ['a file that cannot be opened', sqlite(14), false, 'STORE_UNUSABLE'],
    ['a damaged file', sqlite(267), false, 'STORE_DAMAGED'],
    ['a file that is no database', sqlite(26), false, 'STORE_DAMAGED'],
    ['a file that stays locked', sqlite(261), false, 'STORE_BUSY'],
  ])('of %s names the directory and what to do', (_what, error, isFull, code) => {
    const told = sqliteFailure({ directory: '/state', isDiskFull: () => isFull }, error);
    expect(told).toMatchObject({ code, value: '/state', cause: error, message: expect.stringContaining('/state') });
    expect(told).toMatchObject({ hint: expect.stringMatching(/ROADSTEAD_STATE|roadstead\.db/) });
  });

  it.each([
    ['a broken constraint', sqlite(19)],
    ['a wrong statement', sqlite(1)],
    ['something else', new TypeError('x is not a function')],
  ])('of %s stays what it is: a bug', (_what, error) => {
    expect(sqliteFailure({ directory: '/state', isDiskFull: () => true }, error)).toBe(error);
  });

  it.each([
    ['ENOSPC', 'STORE_DISK_FULL'],
    ['EDQUOT', 'STORE_DISK_FULL'],
    ['EROFS', 'STORE_UNUSABLE'],
    ['EACCES', 'STORE_UNUSABLE'],
    ['ENOTDIR', 'STORE_UNUSABLE'],
  ])('of a directory with %s is %s', (code, told) => {
    expect(directoryFailure('/state', thrown('no', { code }))).toMatchObject({ code: told, value: '/state' });
  });
});

describe('what a database server says', () => {
  it.each([
    ['nobody listens', thrown('connect', { code: 'ECONNREFUSED' }), 'STORE_UNREACHABLE'],
    ['a wrong password', thrown('password authentication failed', { code: '28P01' }), 'STORE_UNREACHABLE'],
    ['no such database', thrown('database "x" does not exist', { code: '3D000' }), 'STORE_UNREACHABLE'],
    ['too many connections', thrown('sorry, too many clients', { code: '53300' }), 'STORE_UNREACHABLE'],
    ['a server that shuts down', thrown('terminating connection', { code: '57P01' }), 'STORE_UNREACHABLE'],
    ['silence', thrown('Query read timeout'), 'STORE_UNREACHABLE'],
    ['a lost connection', thrown('Connection terminated unexpectedly'), 'STORE_UNREACHABLE'],
    [
      'a connection that broke before',
      thrown('Client has encountered a connection error and is not queryable'),
      'STORE_UNREACHABLE',
    ],
    ['a full disk', thrown('could not extend file', { code: '53100' }), 'STORE_DISK_FULL'],
  ])('of %s says so and that it may be tried again', (_what, error, code) => {
    expect(postgresFailure(error)).toMatchObject({ code, cause: error, retry: 'backoff' });
  });

  it.each([
    ['a broken constraint', thrown('duplicate key', { code: '23505' })],
    ['a wrong statement', thrown('syntax error', { code: '42601' })],
    ['no error at all', 'text'],
  ])('of %s stays what it is: a bug', (_what, error) => {
    expect(postgresFailure(error)).toBe(error);
  });
});
