import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { identityOf } from '@roadstead/sandbox-control-plane/machine';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type SandboxState, takeDirectory, writeState } from './state.ts';

const run = promisify(execFile);
const main = join(import.meta.dirname, 'main.ts');

// Each starts Node, which takes its time on a machine that is busy.
vi.setConfig({ testTimeout: 60_000 });

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'roadstead-main-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function ask(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { HOME: directory, PATH: join(directory, 'empty'), ROADSTEAD_CACHE: join(directory, 'cache') };
  try {
    const said = await run(process.execPath, [main, ...args, '--directory', join(directory, 'sandbox')], { env });
    return { code: 0, ...said };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}

describe('env', () => {
  it('where no sandbox runs prints nothing that a shell could evaluate, and says so', async () => {
    expect(await ask('env')).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('No sandbox runs in this directory.'),
    });
  });

  it('of a sandbox that is starting or about to end says who, and with --json as an object', async () => {
    await takeDirectory(join(directory, 'sandbox'));
    const { code, stdout, stderr } = await ask('env', '--json');
    expect(code).toBe(1);
    expect(stderr).toContain(`(process ${process.pid}) is not ready: it is starting, or about to end.`);
    expect(JSON.parse(stdout)).toMatchObject({ event: 'failed', code: 'SANDBOX_NOT_READY' });
  });

  it('of a sandbox that was killed does not trust its file', async () => {
    const place = join(directory, 'sandbox');
    await mkdir(place);
    const dead = { ...(await identityOf()), started: 'before' };
    await writeFile(join(place, 'sandbox.lock'), JSON.stringify(dead));
    const text = { url: '', controlToken: '', startedAt: '', region: '', bin: '', kubectl: '', aws: '' };
    const state: SandboxState = { ...text, pid: dead.pid, directory: place, factor: 1, identities: [], versions: {} };
    await writeState(state);
    expect(await ask('env')).toMatchObject({ code: 1, stdout: '' });
    expect(await ask('sweep')).toMatchObject({ code: 0, stdout: expect.stringContaining(place) });
    expect(await readdir(place)).toEqual(['.roadstead-sandbox']);
    expect(await ask('sweep', '--json')).toMatchObject({ code: 0, stdout: '{"removed":[]}\n' });
  });
});

it('wrong usage is exit code 2', async () => {
  expect(await ask('fly')).toMatchObject({ code: 2, stderr: expect.stringContaining('There is no command fly.') });
});

it('a Python that is missing is one message, and nothing is left', async () => {
  const { code, stdout, stderr } = await ask();
  expect(code).toBe(1);
  expect(stderr).toMatch(/^No Python found on PATH.*\n.*apt-get install python3/s);
  expect(stdout).toContain('"event":"failed","code":"PYTHON_MISSING"');
  expect(await readdir(join(directory, 'sandbox'))).toEqual([]);
});
