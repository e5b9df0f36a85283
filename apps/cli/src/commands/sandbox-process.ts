import { execFile, spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { RoadsteadError } from '@roadstead/foundation';
import type { CliConfig } from '../config.ts';

const run = promisify(execFile);

/** What the running sandbox wrote down: how to reach it and who it is. */
export interface SandboxState {
  readonly url: string;
  readonly controlToken: string;
  readonly pid: number;
}

export interface SandboxOptions {
  readonly directory: string;
  readonly factor?: string;
  readonly port?: string;
}

export function sandboxMain(config: CliConfig): string {
  return join(config.root, 'sandbox', 'app', 'src', 'main.ts');
}

export async function readState(directory: string): Promise<SandboxState | undefined> {
  const text = await readFile(join(directory, 'sandbox.json'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as SandboxState);
}

/** The state of the sandbox that runs, or the error that says how to start one. */
export async function runningState(directory: string): Promise<SandboxState> {
  const state = await readState(directory);
  if (state !== undefined && isAlive(state.pid)) return state;
  throw new RoadsteadError('No sandbox is running', {
    code: 'SANDBOX_NOT_RUNNING',
    value: directory,
    hint: 'Start one: roadstead sandbox up --detach',
  });
}

/** Asks the control port; the answer is JSON. */
export async function control(state: SandboxState, method: string, path: string, body?: unknown): Promise<unknown> {
  const answer = await fetch(`${state.url}/_roadstead/${path}`, {
    method,
    headers: { authorization: `Bearer ${state.controlToken}`, 'content-type': 'application/json' },
    signal: AbortSignal.timeout(30_000),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new RoadsteadError(`The sandbox refused: ${text}`, { code: 'SANDBOX_REFUSED', value: path });
  return text === '' ? {} : (JSON.parse(text) as unknown);
}

/** The variables that replace every one of AWS's and kubectl's, as the sandbox itself says them. */
export async function sandboxEnvironment(config: CliConfig, directory: string): Promise<Record<string, string | null>> {
  await runningState(directory);
  const { stdout } = await run(process.execPath, [sandboxMain(config), 'env', '--directory', directory, '--json']);
  return JSON.parse(stdout) as Record<string, string | null>;
}

/** Starts the sandbox as a child of this process. Lines of progress go to `onLine`; resolves with the exit code. */
export async function runAttached(
  config: CliConfig,
  options: SandboxOptions,
  stop: AbortSignal,
  onLine: (line: string) => void,
): Promise<number> {
  const child = spawn(process.execPath, [sandboxMain(config), ...argumentsOf(options)], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  createInterface({ input: child.stdout }).on('line', onLine);
  createInterface({ input: child.stderr }).on('line', onLine);
  stop.addEventListener('abort', () => child.kill('SIGTERM'));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/** Starts the sandbox on its own and waits until it is ready; its log is a file in its directory. */
export async function startDetached(
  config: CliConfig,
  options: SandboxOptions,
  logFile: string,
  signal: AbortSignal,
): Promise<SandboxState> {
  const log = await open(logFile, 'w');
  const child = spawn(process.execPath, [sandboxMain(config), ...argumentsOf(options)], {
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  });
  await log.close();
  child.unref();
  const deadline = Date.now() + 15 * 60_000;
  while (Date.now() < deadline && child.exitCode === null) {
    signal.throwIfAborted();
    const state = await readState(options.directory);
    if (state !== undefined && state.pid === child.pid) return state;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  child.kill('SIGKILL');
  const last = (await readFile(logFile, 'utf8')).trimEnd().split('\n').slice(-5).join('\n');
  throw new RoadsteadError(`The sandbox did not start:\n${last}`, {
    code: 'SANDBOX_FAILED',
    value: options.directory,
    hint: `Its log: ${logFile}`,
  });
}

function argumentsOf({ directory, factor, port }: SandboxOptions): string[] {
  return [
    '--directory',
    directory,
    ...(factor === undefined ? [] : ['--factor', factor]),
    ...(port === undefined ? [] : ['--port', port]),
  ];
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is there but is another user's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
