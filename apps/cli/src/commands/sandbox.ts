import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { RoadsteadError } from '@roadstead/foundation';
import { sandboxDirectory } from '../config.ts';
import { shellQuote } from '../output/program-name.ts';
import { type SandboxStatus, sandboxStatusText } from '../output/sandbox-text.ts';
import type { CommandContext, OutputFormat } from './context.ts';
import { control, isAlive, readState, runningState } from './sandbox-control.ts';
import { eventOf, eventText, startFailure } from './sandbox-events.ts';
import {
  runAttached,
  type SandboxOptions,
  sandboxEnvironment,
  startDetached,
  sweepSandboxes,
} from './sandbox-process.ts';

interface Named {
  readonly directory: string;
  readonly output: OutputFormat;
}

/** `roadstead sandbox up`: AWS and EKS on this machine, until Ctrl-C or `down`. */
export async function sandboxUp(
  context: CommandContext,
  { detach, output, ...given }: SandboxOptions & Named & { readonly detach: boolean },
): Promise<number> {
  const { config, console, abort } = context;
  const options = { ...given, directory: resolve(given.directory) };
  await makeDirectory(options.directory);
  const running = await readState(options.directory);
  if (running !== undefined && isAlive(running.pid)) {
    if (output === 'json') console.json({ event: 'running', url: running.url, pid: running.pid });
    console.err(`A sandbox is running already (process ${running.pid}, ${running.url}).`);
    return 0;
  }
  if (!detach) return upAttached(context, options, output);
  console.err('Starting the sandbox; the first time on a machine it builds Kubernetes, which takes some minutes …');
  const { url, pid } = await startDetached(config, options, join(options.directory, 'sandbox.log'), abort);
  if (output === 'json') console.json({ event: 'ready', url, pid, directory: options.directory });
  console.err(`The sandbox is ready: ${url} (process ${pid})`);
  const place = options.directory === sandboxDirectory(config) ? '' : ` --directory ${shellQuote(options.directory)}`;
  console.err(`Use it here: eval "$(roadstead sandbox env${place})"   Stop it: roadstead sandbox down${place}`);
  return 0;
}

/** Until Ctrl-C. It says what it does as JSON lines; what else it says is its log, which counts where it does not start. */
async function upAttached(
  { config, console, stop, abort, inSteps }: CommandContext,
  options: SandboxOptions,
  output: OutputFormat,
): Promise<number> {
  const said: string[] = [];
  let isReady = false;
  let why = '';
  const tell = (line: string): void => {
    const event = eventOf(line);
    if (event?.event === 'ready') isReady = true;
    if (event?.event === 'stopping') why = event.message ?? '';
    if (!isReady) said.push(line);
    else if (event === undefined) console.err(line);
    if (event === undefined || event.event === 'failed') return;
    if (output === 'json') console.json(event);
    console.err(eventText(event));
  };
  const code = await inSteps(() => runAttached(config, options, { stop, abort }, tell));
  if (code === 0 || stop.aborted) return code;
  if (!isReady) throw startFailure(said);
  throw new RoadsteadError(`The sandbox has ended by itself: ${why}`, {
    code: 'SANDBOX_ENDED',
    value: why,
    hint: 'Everything in it is gone. Start it again: roadstead sandbox up',
  });
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
  { config, console, abort }: CommandContext,
  { directory, output }: Named,
): Promise<number> {
  console.out((await sandboxEnvironment(config, { directory, output }, abort)).trimEnd());
  return 0;
}

/** `roadstead sandbox status`: whether it runs, since when, and the clusters in it. */
export async function sandboxStatus({ console, abort }: CommandContext, { directory, output }: Named): Promise<number> {
  const status = await control(await runningState(directory), { method: 'GET', path: 'status' }, abort);
  if (output === 'json') console.out(JSON.stringify(status, undefined, 2));
  else for (const line of sandboxStatusText(status as SandboxStatus, console.colours.out)) console.tell(line);
  return 0;
}

/** `roadstead sandbox down`: ends it with everything in it, or removes what a killed one left. Safe to repeat. */
export async function sandboxDown(
  { config, console, abort }: CommandContext,
  { directory, output }: Named,
): Promise<number> {
  const state = await readState(directory);
  if (state === undefined || !isAlive(state.pid)) {
    const removed = state === undefined ? [] : await sweepSandboxes(config, directory);
    if (output === 'json') console.json({ ended: false, removed });
    console.err('No sandbox is running.');
    for (const path of removed) console.err(`Removed what a killed one left in ${path}.`);
    return 0;
  }
  await control(state, { method: 'POST', path: 'stop', body: {} }, abort);
  for (let attempt = 0; attempt < 300; attempt++) {
    if (!isAlive(state.pid)) {
      if (output === 'json') console.json({ ended: true, pid: state.pid });
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

/** `roadstead sandbox fault`: makes the next matching requests fail, wait or hang, as JSON says; lists and clears. */
export async function sandboxFault(
  { console, abort }: CommandContext,
  { directory, output, rule, clear }: Named & { readonly rule: string | undefined; readonly clear: boolean },
): Promise<number> {
  const body = rule === undefined ? undefined : parseRule(rule);
  const state = await runningState(directory);
  const ask = (method: 'GET' | 'POST' | 'DELETE', sent?: unknown): Promise<unknown> =>
    control(state, { method, path: 'faults', ...(sent === undefined ? {} : { body: sent }) }, abort);
  if (clear) await ask('DELETE');
  if (body !== undefined) await ask('POST', body);
  const answer = (await ask('GET')) as { readonly faults: readonly object[] };
  if (output === 'json') console.json(answer, 2);
  else if (answer.faults.length === 0) console.tell('No fault is set.');
  else for (const fault of answer.faults) console.tell(JSON.stringify(fault));
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
      hint: `For example: '${example}'`,
    });
  }
}
