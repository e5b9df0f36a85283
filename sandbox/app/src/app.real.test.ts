import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { defaultCacheDirectory } from '@roadstead/sandbox-control-plane/machine';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readProcesses } from './processes.ts';
import { readState, type SandboxState } from './state.ts';

const run = promisify(execFile);
const main = join(import.meta.dirname, 'main.ts');

let directory: string;
const children: ChildProcess[] = [];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'roadstead-app-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(directory, { recursive: true, force: true, maxRetries: 5 });
});

interface Daemon {
  readonly child: ChildProcess;
  readonly said: string[];
  readonly exit: Promise<number | null>;
}

interface Start {
  readonly args?: readonly string[];
  readonly place?: string;
  readonly variables?: NodeJS.ProcessEnv;
  /** What runs Node. */
  readonly command?: readonly [string, ...string[]];
}

function start({ args = [], place = directory, variables, command = [process.execPath] }: Start = {}): Daemon {
  const [program, ...before] = command;
  const child = spawn(program, [...before, main, '--directory', place, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(variables === undefined ? {} : { env: variables }),
  });
  children.push(child);
  const lines: string[] = [];
  child.stdout.on('data', (data) => lines.push(String(data)));
  child.stderr.on('data', (data) => lines.push(String(data)));
  const exit = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  return { child, said: lines, exit };
}

async function said(daemon: Daemon, words: string): Promise<void> {
  while (!daemon.said.join('').includes(words)) {
    if (daemon.child.exitCode !== null) throw new Error(daemon.said.join(''));
    await delay(5);
  }
}

async function folder(name: string): Promise<string> {
  const path = join(directory, name);
  await mkdir(path);
  return path;
}

const warmCache = defaultCacheDirectory(process.env);

/** The control planes of this machine's cache: to build them takes minutes. */
async function linkControlPlanes(cache: string): Promise<void> {
  await symlink(join(warmCache, 'control-plane'), join(cache, 'control-plane'));
}

/** A cache with notes of its own and everything else of this machine's. */
async function cacheBeside(cache: string): Promise<string> {
  await linkControlPlanes(cache);
  for (const name of await readdir(warmCache)) {
    const path = join(warmCache, name);
    if (name.startsWith('moto-env-')) await symlink(path, join(cache, name));
    else if (name.startsWith('moto-')) await symlink(await readlink(path), join(cache, name));
  }
  return cache;
}

async function ready(daemon: Daemon, place: string = directory): Promise<SandboxState> {
  for (let attempt = 0; attempt < 2000 && daemon.child.exitCode === null; attempt++) {
    const state = await readState(place);
    if (state !== undefined && state.pid === daemon.child.pid) return state;
    await delay(100);
  }
  throw new Error(daemon.said.join(''));
}

async function gone(pids: readonly number[]): Promise<readonly number[]> {
  const alive = () => pids.filter((pid) => isAlive(pid));
  for (let attempt = 0; attempt < 100 && alive().length > 0; attempt++) await delay(100);
  return alive();
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function childrenOf(pid: number): Promise<number[]> {
  const { stdout } = await run('ps', ['-o', 'pid=', '--ppid', String(pid)]);
  return stdout.trim().split(/\s+/).map(Number);
}

describe('the sandbox as a process', () => {
  it('serves AWS under its own environment, refuses a second, and leaves nothing when it ends', async () => {
    const daemon = start({ args: ['--factor', '600'] });
    const state = await ready(daemon);
    const planted = join(directory, 'home');
    await mkdir(join(planted, '.aws'), { recursive: true });
    const profile = '[default]\naws_access_key_id = AKIAREAL\naws_secret_access_key = real\nregion = us-west-2\n';
    await writeFile(join(planted, '.aws', 'credentials'), profile);
    const user = { ...process.env, HOME: planted, AWS_PROFILE: 'default', AWS_SESSION_TOKEN: 'real' };

    const { stdout } = await run(process.execPath, [main, 'env', '--directory', directory], { env: user });
    const script = `${stdout}\naws sts get-caller-identity --output text; aws eks list-clusters --output text; kubectl version --client`;
    const told = await run('bash', ['-c', script], { env: user });
    expect(told.stdout).toContain('arn:aws:iam::123456789012:user/admin');
    expect(told.stdout).toContain('Client Version: v1.36');
    expect(told.stderr).toBe('');
    expect(await readFile(join(planted, '.aws', 'credentials'), 'utf8')).toBe(profile);
    expect(await readdir(join(planted, '.aws'))).toEqual(['credentials']);

    const second = start();
    expect(await second.exit).toBe(1);
    expect(second.said.join('')).toContain(`process ${state.pid}, since ${state.startedAt}`);

    const pids = [state.pid, ...(await childrenOf(state.pid))];
    expect(pids.length).toBeGreaterThan(1);
    const stop = { method: 'POST', headers: { authorization: `Bearer ${state.controlToken}` } };
    expect((await fetch(`${state.url}/_roadstead/stop`, stop)).status).toBe(200);
    expect(await daemon.exit).toBe(0);
    expect(await gone(pids)).toEqual([]);
    expect(await readdir(directory)).toEqual(['.roadstead-sandbox', 'home']);
  });

  it('killed, takes its processes along; the next one, anywhere, sweeps what it left', async () => {
    const [cache, temporary, place] = [
      await cacheBeside(await folder('cache')),
      await folder('tmp'),
      await folder('place'),
    ];
    const variables = { ...process.env, ROADSTEAD_CACHE: cache, TMPDIR: temporary };
    const first = start({ variables, place });
    const state = await ready(first, place);
    const pids = await childrenOf(state.pid);
    expect(await readdir(temporary)).toEqual([expect.stringMatching(/^rs-/)]);
    first.child.kill('SIGKILL');
    expect(await gone(pids)).toEqual([]);
    expect(await readdir(place)).toEqual(expect.arrayContaining(['run', 'sandbox.json', 'sandbox.lock']));
    await expect(run(process.execPath, [main, 'env', '--directory', place])).rejects.toThrow('No sandbox runs');

    const elsewhere = await folder('elsewhere');
    const again = start({ variables, place: elsewhere });
    await ready(again, elsewhere);
    expect(await readdir(place)).toEqual(['.roadstead-sandbox']);
    expect(await readdir(temporary)).toHaveLength(1);
    again.child.kill('SIGTERM');
    expect(await again.exit).toBe(0);
    expect(await readdir(elsewhere)).toEqual(['.roadstead-sandbox']);
    expect(await readdir(temporary)).toEqual([]);
    expect(await readdir(join(cache, 'sandboxes'))).toEqual([]);
  });

  it('stopped while it starts, ends and leaves nothing', async () => {
    const daemon = start();
    await said(daemon, '"step":"gateway"');
    daemon.child.kill('SIGINT');
    expect(await daemon.exit).toBe(130);
    expect(daemon.said.join('')).toContain('stopped before it was ready (SIGINT)');
    expect(await readdir(directory)).toEqual([]);
  });

  it('says in one message that the disk of its directory is full', async () => {
    const place = await folder('full');
    const mounted = `mount -t tmpfs -o size=8k tmpfs '${place}' && exec "$0" "$@"`;
    const command = ['unshare', '-rm', 'sh', '-c', mounted, process.execPath] as const;
    const daemon = start({ place, command });
    expect(await daemon.exit).toBe(1);
    expect(daemon.said.join('')).toMatch(
      /"event":"failed","code":"DISK_FULL".*\nThe disk of the sandbox directory is full\.\n/s,
    );
  });

  it('ends when the parent that held its input is gone', async () => {
    const daemon = start();
    const state = await ready(daemon);
    daemon.child.stdin?.end();
    expect(await daemon.exit).toBe(0);
    expect(await gone([state.pid])).toEqual([]);
  });

  it('says in one message that its port is taken', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const daemon = start({ args: ['--port', String(port)] });
    expect(await daemon.exit).toBe(1);
    expect(daemon.said.join('')).toContain(`Port ${port} is in use.`);
    expect(await readdir(directory)).toEqual([]);
    await new Promise((resolve) => server.close(resolve));
  });
});

it('processes are told by name and port', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const found = await readProcesses(process.pid);
  expect(found.some(({ ports }) => ports.includes(port))).toBe(process.platform === 'linux');
  await new Promise((resolve) => server.close(resolve));
});
