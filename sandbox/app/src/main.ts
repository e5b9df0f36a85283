import { fstatSync } from 'node:fs';
import { createLogger, isRoadsteadError, messageOf, RoadsteadError } from '@roadstead/foundation';
import { type AppConfig, readAppConfig, useTemporaryFolder } from './config.ts';
import { sandboxEnvironment, shellLines } from './environment.ts';
import { sweepLeftovers } from './leftovers.ts';
import { type Occupant, occupantOf, sweepDirectory } from './state.ts';

/**
 * `main.ts --directory DIR [--factor N] [--port P]` runs the sandbox until SIGTERM, SIGINT, `POST /_roadstead/stop`, or
 * the end of a parent that holds its input; progress is JSON lines on standard output, the log is on standard error.
 * `main.ts env --directory DIR [--json]` prints the variables that make a shell use it. `main.ts sweep --directory DIR`
 * removes what killed sandboxes left, there and elsewhere. A failure is one text on standard error, and with `--json` (as
 * when it runs) one JSON object on standard output. Exit codes: 0, 1 failed, 2 wrong input, 130 stopped before it was ready.
 */
async function main(config: AppConfig): Promise<number> {
  if (config.command === 'env') return printEnvironment(config);
  return config.command === 'sweep' ? sweep(config) : runSandbox(config);
}

async function printEnvironment({ directory, environment, json }: AppConfig): Promise<number> {
  const occupant = await occupantOf(directory);
  if (occupant.kind !== 'ready') throw notUsable(occupant, directory);
  const variables = sandboxEnvironment(occupant.state, environment);
  process.stdout.write(`${json ? JSON.stringify(variables, undefined, 2) : shellLines(variables)}\n`);
  return 0;
}

function notUsable(occupant: Exclude<Occupant, { kind: 'ready' }>, directory: string): RoadsteadError {
  if (occupant.kind === 'not-ready') {
    return new RoadsteadError(
      `The sandbox in this directory (process ${occupant.pid}) is not ready: it is starting, or about to end.`,
      { code: 'SANDBOX_NOT_READY', value: directory, hint: 'Try again in some seconds.', retry: 'backoff' },
    );
  }
  return new RoadsteadError('No sandbox runs in this directory.', {
    code: 'SANDBOX_NOT_RUNNING',
    value: directory,
    hint: 'Start one: roadstead sandbox up --detach',
  });
}

async function sweep({ directory, cacheDirectory, json }: AppConfig): Promise<number> {
  const here = (await sweepDirectory(directory)) ? [directory] : [];
  const removed = [...here, ...(await sweepLeftovers(cacheDirectory))];
  if (json) process.stdout.write(`${JSON.stringify({ removed })}\n`);
  else for (const path of removed) process.stdout.write(`removed what a killed sandbox left in ${path}\n`);
  return 0;
}

async function runSandbox(config: AppConfig): Promise<number> {
  const stop = new AbortController();
  const ask = (reason: string) => () => (stop.signal.aborted ? process.exit(130) : stop.abort(new Error(reason)));
  process.on('SIGTERM', ask('SIGTERM'));
  process.on('SIGINT', ask('SIGINT'));
  process.on('SIGHUP', ask('SIGHUP'));
  watchInput(ask('the parent is gone'));
  // Only here: `env` is to answer at once.
  const { startSandbox } = await import('./start-sandbox.ts');
  const options = {
    directory: config.directory,
    cacheDirectory: config.cacheDirectory,
    environment: config.environment,
    factor: config.factor,
    ...(config.port === undefined ? {} : { port: config.port }),
    logger: createLogger('info'),
    useTemporaryFolder,
    onProgress: (progress: object) => say({ event: 'progress', ...progress }),
    onStopAsked: ask('asked to stop'),
    signal: stop.signal,
  };
  const sandbox = await startSandbox(options).catch((error: unknown) => {
    if (stop.signal.aborted) return undefined;
    throw error;
  });
  if (sandbox === undefined) {
    say({ event: 'stopped', message: `stopped before it was ready (${messageOf(stop.signal.reason)})` });
    return 130;
  }
  say({ event: 'ready', url: sandbox.state.url, pid: process.pid, directory: config.directory });
  const reason = await Promise.race([stopped(stop.signal), sandbox.broken.then((why) => new Error(why))]);
  say({ event: 'stopping', message: messageOf(reason) });
  await sandbox.close();
  say({ event: 'stopped', message: 'nothing of the sandbox is left' });
  return stop.signal.aborted ? 0 : 1;
}

function stopped(signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(signal.reason);
    signal.addEventListener('abort', () => resolve(signal.reason), { once: true });
  });
}

/** A parent that made a socket for our input (as Node does) ends us by ending; a terminal, file or pipe says nothing. */
function watchInput(onEnd: () => void): void {
  try {
    if (!fstatSync(0).isSocket()) return;
  } catch {
    return;
  }
  process.stdin.on('end', onEnd).on('error', onEnd).resume();
  process.stdin.unref?.();
}

function say(event: object): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

// A reader that went away is no reason to end.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

const args = process.argv.slice(2);
try {
  process.exitCode = await main(readAppConfig(args));
} catch (error) {
  if (!isRoadsteadError(error)) throw error;
  // Not for `env` without --json: a shell evaluates what it prints.
  if (args[0] !== 'env' || args.includes('--json'))
    say({ event: 'failed', code: error.code, message: error.message, value: error.value, hint: error.hint });
  const value = error.value === undefined ? '' : `\n  ${String(error.value)}`;
  process.stderr.write(`${error.message}${value}${error.hint === undefined ? '' : `\n  ${error.hint}`}\n`);
  process.exitCode = error.code === 'WRONG_INPUT' ? 2 : 1;
}
// Whatever still waits was told to end and is of no more use.
setTimeout(() => process.exit(), 2_000).unref();
