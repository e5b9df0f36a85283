import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
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

function start(...args: string[]): Daemon {
  const child = spawn(process.execPath, [main, '--directory', directory, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  children.push(child);
  const said: string[] = [];
  child.stdout.on('data', (data) => said.push(String(data)));
  child.stderr.on('data', (data) => said.push(String(data)));
  const exit = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  return { child, said, exit };
}

async function ready(daemon: Daemon): Promise<SandboxState> {
  for (let attempt = 0; attempt < 600 && daemon.child.exitCode === null; attempt++) {
    const state = await readState(directory);
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
    const daemon = start('--factor', '600');
    const state = await ready(daemon);
    const planted = join(directory, 'home');
    await mkdir(join(planted, '.aws'), { recursive: true });
    const profile = '[default]\naws_access_key_id = AKIAREAL\naws_secret_access_key = real\nregion = us-west-2\n';
    await writeFile(join(planted, '.aws', 'credentials'), profile);
    const user = { ...process.env, HOME: planted, AWS_PROFILE: 'default', AWS_SESSION_TOKEN: 'real' };

    const { stdout } = await run(process.execPath, [main, 'env', '--directory', directory], { env: user });
    const script = `${stdout}\naws sts get-caller-identity --output text; aws eks list-clusters --output text; kubectl version --client`;
    const said = await run('bash', ['-c', script], { env: user });
    expect(said.stdout).toContain('arn:aws:iam::123456789012:user/admin');
    expect(said.stdout).toContain('Client Version: v1.36');
    expect(said.stderr).toBe('');
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
    expect(await readdir(directory)).toEqual(['home']);
  });

  it('killed, takes its processes along, and can be started again', async () => {
    const first = start();
    const state = await ready(first);
    const pids = await childrenOf(state.pid);
    first.child.kill('SIGKILL');
    expect(await gone(pids)).toEqual([]);
    const again = start();
    expect((await ready(again)).pid).not.toBe(state.pid);
    again.child.kill('SIGTERM');
    expect(await again.exit).toBe(0);
    expect(await readdir(directory)).toEqual([]);
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
    const daemon = start('--port', String(port));
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
