import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { openStore, type StoreLocation } from './index.ts';
import { storeContract } from './testing/store-contract.ts';

const fileIn = (place: StoreLocation): string => join(directoryOf(place), 'roadstead.db');

storeContract('SQLite', {
  locate: async () => ({ directory: await fresh() }),
  execute: async (place, sql) => {
    const database = new DatabaseSync(fileIn(place));
    database.exec(sql);
    database.close();
  },
  isEmpty: async (place) => (await readdir(directoryOf(place))).length === 0,
});

function directoryOf(place: StoreLocation): string {
  return 'directory' in place ? place.directory : '';
}

it('says which directory cannot be used and what to do', async () => {
  const directory = join(await fresh(), 'file');
  await writeFile(directory, '');
  await expect(openStore({ directory })).rejects.toMatchObject({ code: 'STORE_UNUSABLE', value: directory });
});

async function fresh(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'roadstead-store-'));
}

it('opens a new store from many processes at once', async () => {
  const directory = await fresh();
  const open = `
    import { openStore } from ${JSON.stringify(join(import.meta.dirname, 'index.ts'))};
    while (Date.now() < ${Date.now() + 1500}) {}
    const store = await openStore({ directory: ${JSON.stringify(directory)} });
    await store.close();`;
  const run = promisify(execFile);
  const one = () => run(process.execPath, ['--input-type=module', '-e', open]);
  const opened = await Promise.allSettled(Array.from({ length: 6 }, one));
  expect(opened.filter(({ status }) => status === 'rejected')).toEqual([]);
}, 30_000);

it('says that a state file is none, and leaves it as it is', async () => {
  const directory = await fresh();
  const file = join(directory, 'roadstead.db');
  await writeFile(file, 'somebody else put this here. '.repeat(100));
  const before = await readFile(file);
  await expect(openStore({ directory })).rejects.toMatchObject({
    code: 'STORE_DAMAGED',
    message: `The state in ${directory} is damaged: file is not a database`,
  });
  expect(await readFile(file)).toEqual(before);
});

it('says that a state file is damaged when a page of it is, while it is opened or while it is read', async () => {
  const directory = await fresh();
  const file = join(directory, 'roadstead.db');
  await (await openStore({ directory })).close();
  const { size } = await stat(file);
  const bytes = await readFile(file);
  await writeFile(file, bytes.fill(0x5a, 4096, size));
  const read = async () => {
    const store = await openStore({ directory });
    await store.records.read('x');
  };
  await expect(read()).rejects.toMatchObject({ code: 'STORE_DAMAGED', value: directory });
});

it('says that a state file cannot be opened', async () => {
  const directory = await fresh();
  await mkdir(join(directory, 'roadstead.db'));
  await expect(openStore({ directory })).rejects.toMatchObject({ code: 'STORE_UNUSABLE', value: directory });
});

it('says that a database does not answer, without the password', async () => {
  const opened = openStore({ databaseUrl: 'postgres://shop:hunter2@127.0.0.1:9/shop' });
  const error = await opened.catch((cause: unknown) => cause);
  expect(error).toMatchObject({ code: 'STORE_UNREACHABLE', retry: 'backoff' });
  expect(String(error)).not.toContain('hunter2');
});
