import { mkdtemp, readdir, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { lockDirectory, readState, removeRun, type SandboxState, writeState } from './state.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'roadstead-state-'));
});

const state = (): SandboxState => ({
  url: 'http://127.0.0.1:1',
  controlToken: 't',
  pid: 4242,
  startedAt: '2026-11-21T12:00:00.000Z',
  directory,
  region: 'eu-central-1',
  factor: 60,
  identities: [],
  bin: '',
  kubectl: '',
  aws: '',
  versions: {},
});

describe('the state of a sandbox', () => {
  it('is read as it was written, by its owner alone', async () => {
    await writeState(state());
    expect(await readState(directory)).toEqual(state());
    expect((await stat(join(directory, 'sandbox.json'))).mode & 0o777).toBe(0o600);
  });

  it('is nothing where no sandbox runs', async () => {
    expect(await readState(directory)).toBeUndefined();
  });

  it('goes with its run, and the files of others stay', async () => {
    await writeState(state());
    await writeFile(join(directory, 'sandbox.log'), 'x');
    await removeRun(directory);
    expect(await readdir(directory)).toEqual(['sandbox.log']);
  });
});

describe('the lock of a directory', () => {
  it('tells the second who runs, since when and where', async () => {
    const release = await lockDirectory(directory, 4242, () => true);
    await writeState(state());
    await expect(lockDirectory(directory, 1, () => true)).rejects.toMatchObject({
      code: 'SANDBOX_RUNNING',
      message: expect.stringMatching(/process 4242, since 2026-11-21T12:00:00.000Z, at http:\/\/127/),
    });
    await release();
    await lockDirectory(directory, 1, () => true);
  });

  it('of a process that is gone is taken over', async () => {
    await lockDirectory(directory, 4242, () => true);
    await expect(lockDirectory(directory, 1, () => false)).resolves.toBeTypeOf('function');
  });

  it('that cannot be made says where', async () => {
    await writeFile(join(directory, 'file'), '');
    await expect(lockDirectory(join(directory, 'file', 'x'), 1, () => true)).rejects.toMatchObject({
      code: 'DIRECTORY_NOT_WRITABLE',
    });
  });
});
