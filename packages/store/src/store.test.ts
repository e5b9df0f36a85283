import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { storeContract } from './contract.ts';
import { openStore } from './index.ts';

storeContract('SQLite', async () => ({ directory: await mkdtemp(join(tmpdir(), 'roadstead-store-')) }));

it('says which directory cannot be used and what to do', async () => {
  const directory = join(await mkdtemp(join(tmpdir(), 'roadstead-store-')), 'file');
  await writeFile(directory, '');
  await expect(openStore({ directory })).rejects.toMatchObject({ code: 'STORE_UNUSABLE', value: directory });
});

it('says that a database does not answer, without the password', async () => {
  const opened = openStore({ databaseUrl: 'postgres://shop:hunter2@127.0.0.1:9/shop' });
  const error = await opened.catch((cause: unknown) => cause);
  expect(error).toMatchObject({ code: 'STORE_UNREACHABLE', retry: 'backoff' });
  expect(String(error)).not.toContain('hunter2');
});
