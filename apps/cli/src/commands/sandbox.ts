import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { RoadsteadError } from '@roadstead/foundation';
import type { CommandContext, OutputFormat } from './context.ts';
import {
  control,
  isAlive,
  readState,
  runAttached,
  runningState,
  type SandboxOptions,
  sandboxEnvironment,
  startDetached,
} from './sandbox-process.ts';

/** `roadstead sandbox up`: AWS and EKS on this machine, until Ctrl-C or `down`. */
export async function sandboxUp(
  { config, console, stop, abort, inSteps }: CommandContext,
  options: SandboxOptions & { detach: boolean },
): Promise<number> {
  await makeDirectory(options.directory);
  const running = await readState(options.directory);
  if (running !== undefined && isAlive(running.pid)) {
    console.err(`A sandbox is running already (process ${running.pid}, ${running.url}).`);
    return 0;
  }
  if (!options.detach) {
    const tell = (line: string): void => {
      const text = progressText(line);
      if (text !== undefined) console.err(text);
    };
    return inSteps(() => runAttached(config, options, { stop, abort }, tell));
  }
  console.err('Starting the sandbox; the first time on a machine it builds Kubernetes, which takes some minutes …');
  const state = await startDetached(config, options, join(options.directory, 'sandbox.log'), abort);
  console.err(`The sandbox is ready: ${state.url} (process ${state.pid})`);
  console.err('Use it here: eval "$(roadstead sandbox env)"   Stop it: roadstead sandbox down');
  return 0;
}

async function makeDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new RoadsteadError(`The directory ${directory} cannot be made`, {
      code: 'DIRECTORY_NOT_WRITABLE',
      value: directory,
      cause,
      hint: 'Name another one with --directory.',
    });
  }
}

/** `roadstead sandbox env`: what a shell evaluates so that the AWS CLI, kubectl and roadstead use the sandbox. */
export async function sandboxEnv(
  { config, console }: CommandContext,
  directory: string,
  format: OutputFormat,
): Promise<number> {
  const variables = await sandboxEnvironment(config, directory);
  if (format === 'json') {
    console.out(JSON.stringify(variables, undefined, 2));
    return 0;
  }
  for (const [name, value] of Object.entries(variables)) {
    console.out(value === null ? `unset ${name}` : `export ${name}=${shellQuote(value)}`);
  }
  return 0;
}

export async function sandboxStatus({ console, abort }: CommandContext, directory: string): Promise<number> {
  const status = await control(await runningState(directory), { method: 'GET', path: 'status' }, abort);
  console.out(JSON.stringify(status, undefined, 2));
  return 0;
}

/** `roadstead sandbox down`: ends it with everything in it. Safe to repeat. */
export async function sandboxDown({ console, abort }: CommandContext, directory: string): Promise<number> {
  const state = await readState(directory);
  if (state === undefined || !isAlive(state.pid)) {
    console.err('No sandbox is running.');
    return 0;
  }
  await control(state, { method: 'POST', path: 'stop', body: {} }, abort);
  for (let attempt = 0; attempt < 300; attempt++) {
    if (!isAlive(state.pid)) {
      console.err('The sandbox has ended; nothing of it is left.');
      return 0;
    }
    await delay(100, undefined, { signal: abort });
  }
  throw new RoadsteadError(`The sandbox (process ${state.pid}) did not end within 30 s`, {
    code: 'SANDBOX_STUCK',
    hint: `Look at it, or end it: kill -9 ${state.pid}`,
  });
}

/** `roadstead sandbox fault`: makes the next matching requests fail, wait or hang, as JSON says. */
export async function sandboxFault(
  { console, abort }: CommandContext,
  directory: string,
  rule: string | undefined,
): Promise<number> {
  const state = await runningState(directory);
  const answer =
    rule === undefined
      ? await control(state, { method: 'GET', path: 'faults' }, abort)
      : await control(state, { method: 'POST', path: 'faults', body: parseRule(rule) }, abort);
  console.out(JSON.stringify(answer, undefined, 2));
  return 0;
}

function parseRule(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const example =
      '{"service":"eks","operation":"CreateNodegroup","action":{"kind":"error","code":"ServerException","message":"no","status":500}}';
    throw new RoadsteadError('The fault is not JSON', {
      code: 'WRONG_INPUT',
      value: text,
      cause,
      hint: `For example: ${example}`,
    });
  }
}

/** A failure is told on standard error too, with its hint: once is enough. */
function progressText(line: string): string | undefined {
  try {
    const event = JSON.parse(line) as { event?: string; message?: string };
    return event.event === 'failed' ? undefined : (event.message ?? line);
  } catch {
    return line;
  }
}

export function shellQuote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
