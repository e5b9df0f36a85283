import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmod, chown, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { FakeClock } from '@roadstead/foundation';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openStore, type StoreLocation } from './index.ts';
import { storeContract } from './testing/store-contract.ts';

const run = promisify(execFile);
let url = '';
let stop = async (): Promise<void> => {};

beforeAll(async () => {
  const bin = await findPostgres();
  const directory = await mkdtemp(join(tmpdir(), 'roadstead-pg-'));
  const account = await unprivileged();
  await chmod(directory, 0o755);
  if (account !== undefined) {
    await chown(directory, account.uid, account.gid);
    await letThrough(dirname(directory));
  }
  const data = join(directory, 'data');
  const as = account ?? {};
  await run(join(bin, 'initdb'), ['-D', data, '-U', 'roadstead', '--auth=trust', '--no-sync', '--locale=C.UTF-8'], as);
  const port = await freePort();
  const server = spawn(join(bin, 'postgres'), ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', directory], {
    ...as,
    stdio: 'ignore',
  });
  const ended = new Promise((resolve) => server.once('exit', resolve));
  stop = async () => {
    server.kill('SIGINT');
    await ended;
    await rm(directory, { recursive: true, force: true });
  };
  url = `postgres://roadstead@127.0.0.1:${port}/postgres`;
  await answering(url);
}, 60_000);

afterAll(() => stop());

storeContract('PostgreSQL', {
  locate: async () => ({ databaseUrl: await newDatabase() }),
  execute: async (place, sql) => void (await query(place, sql)),
  isEmpty: async (place) =>
    (await query(place, "select 1 from pg_class where relname like '%kysely%' or relname = 'clusters'")) === 0,
});

/** How many rows it answers. */
async function query(place: StoreLocation, sql: string): Promise<number> {
  const client = new pg.Client({ connectionString: 'databaseUrl' in place ? place.databaseUrl : '' });
  await client.connect();
  try {
    return (await client.query(sql)).rows.length;
  } finally {
    await client.end();
  }
}

it('holds a takeover back until a write that was checked before it is done', async () => {
  const databaseUrl = await newDatabase();
  const store = await openStore({ databaseUrl });
  const outside = new pg.Client({ connectionString: databaseUrl });
  await outside.connect();
  try {
    const clock = new FakeClock(0);
    const ask = (pid: number) => ({
      key: 'k',
      holder: { host: 'h', pid, purpose: 'up', user: 'u' },
      now: 0,
      ttlMs: 1000,
      isGone: () => true,
    });
    const first = await store.leases.acquire(ask(1));
    if (first.kind === 'held') throw new Error('held');
    const run = await store.beginRun(first.lease, clock, { kind: 'down', id: 'r', plan: {}, actor: 'u' });
    await outside.query('begin; lock table events in access exclusive mode');
    const written = run.record({ type: 'in flight' });
    await waitForLock(databaseUrl, 1);
    const taken = store.leases.acquire(ask(2));
    await waitForLock(databaseUrl, 2);
    expect((await store.leases.read('k'))?.token).toBe(1);
    await outside.query('commit');
    await written;
    expect(await taken).toMatchObject({ kind: 'acquired', lease: { token: 2 } });
    await expect(run.record({ type: 'late' })).rejects.toMatchObject({ code: 'LEASE_LOST' });
  } finally {
    await outside.end();
    await store.close();
  }
});

it.each([
  [3600, /clock is 3[56]\d\d s ahead of/],
  [-60, /clock is (60|61) s behind/],
])(
  'refuses a machine whose clock is %i s off, as it would take leases from those at work',
  async (seconds, message) => {
    const clock = { now: () => Date.now() + seconds * 1000 };
    const opened = openStore({ databaseUrl: await newDatabase() }, clock);
    await expect(opened).rejects.toMatchObject({ code: 'STORE_CLOCK_SKEW', message: expect.stringMatching(message) });
  },
);

it('tells of a server that goes away in the middle', async () => {
  const store = await openStore({ databaseUrl: await newDatabase() });
  await stop();
  stop = async () => {};
  await expect(store.records.read('x')).rejects.toMatchObject({ code: 'STORE_UNREACHABLE', retry: 'backoff' });
  await store.close();
});

/** Until so many sessions wait for a lock. Each look is a transaction of its own: inside one, the view does not change. */
async function waitForLock(databaseUrl: string, sessions: number): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    for (let attempt = 0; attempt < 200; attempt++) {
      const waiting = await client.query("select pid from pg_stat_activity where wait_event_type = 'Lock'");
      if (waiting.rows.length >= sessions) return;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  } finally {
    await client.end();
  }
  throw new Error(`no ${sessions} sessions wait for a lock`);
}

async function newDatabase(): Promise<string> {
  const name = `store_${randomUUID().replaceAll('-', '')}`;
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`create database ${name}`);
  await client.end();
  return url.replace(/postgres$/, name);
}

async function findPostgres(): Promise<string> {
  const root = '/usr/lib/postgresql';
  const versions = await readdir(root).catch(() => []);
  const newest = versions.toSorted((a, b) => Number(b) - Number(a))[0];
  if (newest === undefined) throw new Error('PostgreSQL is missing: apt-get install postgresql');
  return join(root, newest, 'bin');
}

/** The folder of a run's temporary files is its owner's alone; another account must come to its own below it. */
async function letThrough(folder: string): Promise<void> {
  const { mode } = await stat(folder);
  if ((mode & 0o001) === 0) await chmod(folder, (mode & 0o7777) | 0o001);
}

/** PostgreSQL refuses to run as root: then it runs as the account that its package made. */
async function unprivileged(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const [uid, gid] = await Promise.all(
    ['-u', '-g'].map(async (flag) => Number((await run('id', [flag, 'postgres'])).stdout)),
  );
  return { uid: uid ?? 0, gid: gid ?? 0 };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function answering(connectionString: string): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const client = new pg.Client({ connectionString });
    try {
      await client.connect();
      await client.end();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  throw new Error('PostgreSQL did not answer within 10 s');
}
