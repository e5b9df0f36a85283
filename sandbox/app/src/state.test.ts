import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { identityOf } from '@roadstead/sandbox-control-plane/machine';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { registerRun, sweepLeftovers } from './leftovers.ts';
import {
  directoryError,
  occupantOf,
  readState,
  removeRun,
  type SandboxState,
  takeDirectory,
  writeState,
} from './state.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'roadstead-state-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const state = (): SandboxState => ({
  url: 'http://127.0.0.1:1',
  controlToken: 't',
  pid: process.pid,
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
    expect(await readdir(directory)).toEqual(['.roadstead-sandbox', 'sandbox.log']);
  });
});

describe('a directory', () => {
  it('is taken by one, and tells the second who runs, since when and where', async () => {
    expect(await occupantOf(directory)).toEqual({ kind: 'nobody' });
    const lock = await takeDirectory(directory);
    expect(await occupantOf(directory)).toEqual({ kind: 'not-ready', pid: process.pid });
    await expect(takeDirectory(directory)).rejects.toMatchObject({
      code: 'SANDBOX_RUNNING',
      message: expect.stringMatching(`process ${process.pid}, and is not ready`),
    });
    await writeState(state());
    expect(await occupantOf(directory)).toMatchObject({ kind: 'ready', state: state() });
    await expect(takeDirectory(directory)).rejects.toMatchObject({
      code: 'SANDBOX_RUNNING',
      message: expect.stringMatching(/process \d+, since 2026-11-21T12:00:00.000Z, at http:\/\/127/),
    });
    await lock.release();
    await expect(takeDirectory(directory)).resolves.toBeDefined();
  });

  it('is taken by one of many that start at once', async () => {
    await lockOfTheDead();
    const takers = await Promise.allSettled(Array.from({ length: 8 }, () => takeDirectory(directory)));
    expect(takers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('of a sandbox that was killed is taken over with all that it left, though its number is another’s by now', async () => {
    await lockOfTheDead();
    await writeState(state());
    await mkdir(join(directory, 'run', 'etcd'), { recursive: true });
    await writeFile(join(directory, 'mine'), '');
    expect(await occupantOf(directory)).toEqual({ kind: 'nobody' });
    await takeDirectory(directory);
    expect(await readdir(directory)).toEqual(['.roadstead-sandbox', 'mine', 'sandbox.lock']);
  });

  it.each(['bin', 'state', 'aws'])('with somebody’s %s in it is refused, and it stays', async (name) => {
    await mkdir(join(directory, name));
    await expect(takeDirectory(directory)).rejects.toMatchObject({
      code: 'DIRECTORY_NOT_OURS',
      message: `${join(directory, name)} is there, and no sandbox made it.`,
    });
    expect(await readdir(directory)).toEqual([name]);
  });

  it('of a sandbox that ended may hold what clients wrote under its names', async () => {
    const lock = await takeDirectory(directory);
    await writeState(state());
    await removeRun(directory);
    await lock.release();
    await mkdir(join(directory, 'kube-cache'));
    await takeDirectory(directory);
    expect(await readdir(directory)).toEqual(['.roadstead-sandbox', 'sandbox.lock']);
  });

  it('that cannot be made says where', async () => {
    await writeFile(join(directory, 'file'), '');
    await expect(takeDirectory(join(directory, 'file', 'x'))).rejects.toMatchObject({
      code: 'DIRECTORY_NOT_WRITABLE',
    });
    await expect(takeDirectory(join(directory, 'file'))).rejects.toMatchObject({ code: 'DIRECTORY_NOT_WRITABLE' });
    const readOnly = process.platform === 'linux' ? '/sys/roadstead' : '/System/roadstead';
    await expect(takeDirectory(readOnly)).rejects.toMatchObject({ code: 'DIRECTORY_NOT_WRITABLE', value: readOnly });
  });

  it.each([
    ['ENOSPC', 'DISK_FULL'],
    ['EROFS', 'DIRECTORY_NOT_WRITABLE'],
  ])('tells %s as %s', (errno, code) => {
    expect(directoryError(Object.assign(new Error('x'), { code: errno }), '/d')).toMatchObject({ code, value: '/d' });
    const other = new Error('other');
    expect(directoryError(other, '/d')).toBe(other);
  });
});

describe('what a killed sandbox left', () => {
  const cache = () => join(directory, 'cache');
  const place = () => join(directory, 'place');
  const notes = () => readdir(join(cache(), 'sandboxes'));

  it('goes: the files of its run, its lock and its temporary folder', async () => {
    const { temporary } = await registerRun(cache(), place());
    await takeDirectory(place());
    await mkdir(join(place(), 'run'));
    await asIfKilled(temporary);
    expect((await sweepLeftovers(cache())).toSorted()).toEqual([place(), temporary].toSorted());
    expect(await readdir(place())).toEqual([]);
    await expect(readdir(temporary)).rejects.toThrow('ENOENT');
    expect(await notes()).toEqual([]);
  });

  it('stays while it lives, whatever it left open', async () => {
    const { temporary, release } = await registerRun(cache(), place());
    await takeDirectory(place());
    expect(await sweepLeftovers(cache())).toEqual([]);
    expect(await readdir(temporary)).toEqual(['owner.json']);
    await release();
    await expect(readdir(temporary)).rejects.toThrow('ENOENT');
    expect(await notes()).toEqual([]);
  });

  it('is not what another sandbox has in the same place by now', async () => {
    const { temporary } = await registerRun(cache(), place());
    await asIfKilled(temporary);
    await takeDirectory(place());
    await mkdir(join(place(), 'run'));
    await writeFile(join(temporary, 'owner.json'), 'another’s');
    expect(await sweepLeftovers(cache())).toEqual([]);
    expect(await readdir(place())).toContain('run');
    expect(await readdir(temporary)).toEqual(['owner.json']);
    await rm(temporary, { recursive: true });
  });

  it('is nobody’s where the note is no note', async () => {
    await mkdir(join(cache(), 'sandboxes'), { recursive: true });
    await writeFile(join(cache(), 'sandboxes', 'x.json'), '{"owner"');
    await writeFile(join(cache(), 'sandboxes', 'y.json'), `{"directory":"${directory}","temporary":"${directory}"}`);
    expect(await sweepLeftovers(cache())).toEqual([]);
    expect(await readdir(directory)).toEqual(['cache']);
  });

  it('has no note where the cache may only be read, and the sandbox runs all the same', async () => {
    await writeFile(cache(), 'a file');
    const { temporary, release } = await registerRun(cache(), place());
    expect(await readdir(temporary)).toEqual(['owner.json']);
    await release();
  });

  /** Its notes say another process had our number. */
  async function asIfKilled(temporary: string): Promise<void> {
    const old = JSON.stringify(await identityOf());
    const dead = JSON.stringify({ ...(await identityOf()), started: 'before' });
    const paths = [
      ...(await notes()).map((name) => join(cache(), 'sandboxes', name)),
      join(temporary, 'owner.json'),
      join(place(), 'sandbox.lock'),
    ];
    for (const path of paths) {
      const text = await readFile(path, 'utf8').catch(() => undefined);
      if (text !== undefined)
        await writeFile(path, text.replace(old, dead).replace(old.slice(1, -1), dead.slice(1, -1)));
    }
  }
});

async function lockOfTheDead(): Promise<void> {
  await writeFile(join(directory, 'sandbox.lock'), JSON.stringify({ ...(await identityOf()), started: 'before' }));
}
