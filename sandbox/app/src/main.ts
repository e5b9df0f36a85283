import { fstatSync } from 'node:fs';
import { createLogger, isRoadsteadError, messageOf, RoadsteadError } from '@roadstead/foundation';
import { type AppConfig, readAppConfig } from './config.ts';
import { sandboxEnvironment, shellLines } from './environment.ts';
import { isAlive, readState } from './state.ts';

/**
 * `main.ts --directory DIR [--factor N] [--port P]` runs the sandbox until SIGTERM, SIGINT, `POST /_roadstead/stop`, or
 * the end of a parent that holds its input; progress is JSON lines on standard output, the log is on standard error.
 * `main.ts env --directory DIR [--json]` prints the variables that make a shell use it.
 */
async function main(config: AppConfig): Promise<number> {
  return config.command === 'env' ? printEnvironment(config) : runSandbox(config);
}

async function printEnvironment({ directory, environment, json }: AppConfig): Promise<number> {
  const state = await readState(directory);
  if (state === undefined || !isAlive(state.pid)) {
    throw new RoadsteadError('No sandbox runs in this directory.', {
      code: 'SANDBOX_NOT_RUNNING',
      value: directory,
      hint: 'Start one: roadstead sandbox up --detach',
    });
  }
  const variables = sandboxEnvironment(state, environment);
  process.stdout.write(`${json ? JSON.stringify(variables, undefined, 2) : shellLines(variables)}\n`);
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
  const sandbox = await startSandbox({
    directory: config.directory,
    cacheDirectory: config.cacheDirectory,
    environment: config.environment,
    factor: config.factor,
    ...(config.port === undefined ? {} : { port: config.port }),
    logger: createLogger('info'),
    onProgress: (progress) => say({ event: 'progress', ...progress }),
    onStopAsked: ask('asked to stop'),
    signal: stop.signal,
  });
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

// A reader of our progress that went away is no reason to end.
process.stdout.on('error', () => undefined);

try {
  process.exitCode = await main(readAppConfig(process.argv.slice(2)));
} catch (error) {
  if (!isRoadsteadError(error)) throw error;
  say({ event: 'failed', code: error.code, message: error.message, value: error.value, hint: error.hint });
  process.stderr.write(
    `${error.message}${error.value === undefined ? '' : `\n  ${String(error.value)}`}${error.hint === undefined ? '' : `\n  ${error.hint}`}\n`,
  );
  process.exitCode = error.code === 'WRONG_INPUT' ? 2 : 1;
}
// Whatever still waits was told to end and is of no more use.
setTimeout(() => process.exit(), 2_000).unref();
