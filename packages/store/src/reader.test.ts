import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openStore, openStoreReader, type StoreReader } from './index.ts';

/** Every file of a directory with what would tell that it was written. */
async function contentOf(directory: string): Promise<Record<string, string>> {
  const names = (await readdir(directory)).sort();
  const told = async (name: string): Promise<[string, string]> => {
    const { mtimeNs } = await stat(join(directory, name), { bigint: true });
    const bytes = await readFile(join(directory, name));
    return [name, `${createHash('sha1').update(bytes).digest('hex')} of ${mtimeNs}`];
  };
  return Object.fromEntries(await Promise.all(names.map(told)));
}

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

const fresh = () => mkdtemp(join(tmpdir(), 'roadstead-reader-'));

/** Another process that takes a lease on `shop`; it keeps the store open until it is killed. */
async function writerOf(directory: string) {
  const source = `
    import { openStore } from ${JSON.stringify(join(import.meta.dirname, 'index.ts'))};
    const store = await openStore({ directory: ${JSON.stringify(directory)} });
    const holder = { host: 'h', pid: 1, purpose: 'up', user: 'ada' };
    const take = (key) => store.leases.acquire({ key, holder, now: 1, ttlMs: 1000, isGone: () => false });
    await take('shop');
    console.log('taken');
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  started.push(child);
  const ended = once(child, 'exit');
  await Promise.race([once(child.stdout, 'data'), ended.then(() => Promise.reject(new Error('the writer ended')))]);
  return {
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function read<T>(directory: string, ask: (reader: StoreReader) => Promise<T>): Promise<T> {
  const reader = await openStoreReader({ directory });
  try {
    return await ask(reader);
  } finally {
    await reader.close();
  }
}

const holderOf = (directory: string) => read(directory, async ({ leases }) => (await leases.read('shop'))?.holder.user);

describe('reading an embedded store leaves the disk as it was', () => {
  it('where there is no directory', async () => {
    const parent = await fresh();
    expect(await holderOf(join(parent, 'none', 'state'))).toBeUndefined();
    expect(await readdir(parent)).toEqual([]);
  });

  it('where nobody has it open', async () => {
    const directory = await fresh();
    const store = await openStore({ directory });
    const holder = { host: 'h', pid: 1, purpose: 'up', user: 'ada' };
    await store.leases.acquire({ key: 'shop', holder, now: 1, ttlMs: 1000, isGone: () => false });
    await store.close();
    const before = await contentOf(directory);
    expect(Object.keys(before)).toEqual(['roadstead.db']);
    expect(await holderOf(directory)).toBe('ada');
    expect(await contentOf(directory)).toEqual(before);
  });

  it('while another process has it open, and after that was killed', async () => {
    const directory = await fresh();
    const writer = await writerOf(directory);
    const before = await contentOf(directory);
    expect(Object.keys(before)).toEqual(['roadstead.db', 'roadstead.db-shm', 'roadstead.db-wal']);
    expect(await holderOf(directory)).toBe('ada');
    expect(await contentOf(directory)).toEqual(before);
    await writer.kill();
    expect(await holderOf(directory)).toBe('ada');
    expect(await contentOf(directory)).toEqual(before);
  });

  it('but for the shared memory of a log that lost its own', async () => {
    const directory = await fresh();
    await (await writerOf(directory)).kill();
    await rm(join(directory, 'roadstead.db-shm'));
    expect(await holderOf(directory)).toBe('ada');
    expect((await readdir(directory)).sort()).toEqual(['roadstead.db', 'roadstead.db-shm', 'roadstead.db-wal']);
  });
});

it('a reader sees what is written after it was opened, also when the log has gone into the file', async () => {
  const directory = await fresh();
  await (await openStore({ directory })).close();
  await read(directory, async (reader) => {
    expect(await reader.leases.read('shop')).toBeUndefined();
    const store = await openStore({ directory });
    const holder = { host: 'h', pid: 1, purpose: 'up', user: 'ada' };
    await store.leases.acquire({ key: 'shop', holder, now: 1, ttlMs: 1000, isGone: () => false });
    expect(await reader.leases.read('shop')).toMatchObject({ holder });
    await store.close();
    expect(await reader.leases.read('shop')).toMatchObject({ holder });
  });
});

it('a reader says which directory cannot be used', async () => {
  const directory = join(await fresh(), 'file');
  await writeFile(directory, '');
  await expect(openStoreReader({ directory })).rejects.toMatchObject({ code: 'STORE_UNUSABLE', value: directory });
});

it('a reader says that a state file is none', async () => {
  const directory = await fresh();
  await writeFile(join(directory, 'roadstead.db'), 'somebody else put this here. '.repeat(100));
  await expect(openStoreReader({ directory })).rejects.toMatchObject({ code: 'STORE_DAMAGED', value: directory });
});
