import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { messageOf, RoadsteadError } from '@roadstead/foundation';
import type { CliConfig } from '../config.ts';
import { readState, runningState, type SandboxState } from './sandbox-control.ts';
import { startFailure } from './sandbox-events.ts';

const run = promisify(execFile);

export interface SandboxOptions {
  readonly directory: string;
  readonly factor?: string;
  readonly port?: string;
}

export function sandboxMain(config: CliConfig): string {
  return join(config.root, 'sandbox', 'app', 'src', 'main.ts');
}

/** The variables that replace every one of AWS's and kubectl's, as the sandbox itself says them: for a shell, or as JSON. */
export async function sandboxEnvironment(
  config: CliConfig,
  { directory, output }: { readonly directory: string; readonly output: 'text' | 'json' },
  signal: AbortSignal,
): Promise<string> {
  const { pid } = await runningState(directory);
  const args = [sandboxMain(config), 'env', '--directory', directory, ...(output === 'json' ? ['--json'] : [])];
  const asked = run(process.execPath, args, { signal, timeout: 30_000 });
  const { stdout } = await asked.catch((cause: unknown) => {
    throw signal.aborted ? cause : unasked(pid, cause);
  });
  return stdout;
}

/** Removes what killed sandboxes left, here and elsewhere on this machine; answers the paths that are gone. */
export async function sweepSandboxes(config: CliConfig, directory: string): Promise<readonly string[]> {
  const { stdout } = await run(process.execPath, [sandboxMain(config), 'sweep', '--directory', directory, '--json'], {
    timeout: 60_000,
  });
  return (JSON.parse(stdout) as { readonly removed: readonly string[] }).removed;
}

/** It ended between the look at its state and the question, or its files are not whole. */
function unasked(pid: number, cause: unknown): RoadsteadError {
  const said = cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim() : '';
  return new RoadsteadError(`The sandbox (process ${pid}) does not say how to reach it: ${said || messageOf(cause)}`, {
    code: 'SANDBOX_UNREACHABLE',
    value: pid,
    hint: 'It may be about to end: try again, or start one: roadstead sandbox up --detach',
  });
}

/**
 * Starts the sandbox as a child of this process. Lines of progress go to `onLine`; resolves with the exit code. `stop` lets
 * it clean up, `abort` ends it at once.
 */
export async function runAttached(
  config: CliConfig,
  options: SandboxOptions,
  { stop, abort }: { readonly stop: AbortSignal; readonly abort: AbortSignal },
  onLine: (line: string) => void,
): Promise<number> {
  stop.throwIfAborted();
  // In a group of its own: the terminal's Ctrl-C is for us alone. Its input is a socket of ours, and ends it with us.
  const child = spawn(process.execPath, [sandboxMain(config), ...argumentsOf(options)], {
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  createInterface({ input: child.stdout }).on('line', onLine);
  createInterface({ input: child.stderr }).on('line', onLine);
  // Its own rule is that the second signal ends it at once.
  const ask = (): void => void child.kill('SIGTERM');
  stop.addEventListener('abort', ask);
  abort.addEventListener('abort', ask);
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', (cause) => reject(notStarted(cause)));
      child.once('exit', (code) => resolve(code ?? 1));
    });
  } finally {
    stop.removeEventListener('abort', ask);
    abort.removeEventListener('abort', ask);
  }
}

/** Starts the sandbox on its own and waits until it is ready; its log is a file in its directory. Aborted, it takes it down. */
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
  let failure: Error | undefined;
  child.once('error', (error) => {
    failure = error;
  });
  await log.close();
  child.unref();
  const deadline = Date.now() + 15 * 60_000;
  while (Date.now() < deadline && failure === undefined && isRunning(child) && !signal.aborted) {
    const state = await readState(options.directory);
    if (state !== undefined && state.pid === child.pid) return state;
    await delay(200, undefined, { signal }).catch(() => undefined);
  }
  if (failure !== undefined) throw notStarted(failure);
  await takeDown(child);
  signal.throwIfAborted();
  throw startFailure((await readFile(logFile, 'utf8')).split('\n'), logFile);
}

/** Asks it to clean up after itself, and after 20 s ends its whole group. */
async function takeDown(child: ChildProcess): Promise<void> {
  if (!isRunning(child) || child.pid === undefined) return;
  child.ref();
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const patience = AbortSignal.timeout(20_000);
  const late = await Promise.race([gone.then(() => false), once(patience, 'abort').then(() => true)]);
  if (!late) return;
  process.kill(-child.pid, 'SIGKILL');
  await gone;
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

function notStarted(cause: Error): RoadsteadError {
  return new RoadsteadError(`The sandbox could not be started: ${cause.message}`, {
    code: 'SANDBOX_FAILED',
    value: process.execPath,
    hint: 'Are the dependencies installed? npm install --no-save does it.',
    cause,
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
