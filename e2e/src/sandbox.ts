import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { removeTemporaryFolders, temporaryFolder } from './temporary.ts';

const run = promisify(execFile);
export const root = join(import.meta.dirname, '..', '..');
const node = join(root, 'node_modules/.bin/node');
const main = join(root, 'sandbox/app/src/main.ts');

/** What the sandbox writes down when it is ready. */
interface State {
  readonly url: string;
  readonly controlToken: string;
}

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** One line of the gateway's journal. */
export interface JournalEntry {
  readonly seq: number;
  readonly service: string;
  readonly operation: string;
  /** Without secrets, long texts cut. */
  readonly input: unknown;
  readonly mutating: boolean;
  readonly outcome: string;
}

/** A sandbox of its own for one file of stories. */
export interface Sandbox {
  readonly directory: string;
  /** The variables that replace every one of AWS's and kubectl's. */
  readonly environment: NodeJS.ProcessEnv;
  readonly process: ChildProcess;
  control<T>(method: string, path: string, body?: unknown): Promise<T>;
  journal(sinceSeq?: number): Promise<JournalEntry[]>;
  /** Runs a program with the sandbox's variables, as a person in another terminal would. */
  run(program: string, args: readonly string[], more?: NodeJS.ProcessEnv): Promise<Finished>;
  /** Ends it, and removes every temporary folder of this file of stories. */
  stop(): Promise<void>;
}

export interface SandboxOptions {
  readonly factor?: number;
  /** The shell that it is started from and that others are opened in. Default: nothing of it is handed on to programs. */
  readonly shell?: NodeJS.ProcessEnv;
}

export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const directory = await temporaryFolder('story');
  const args = [
    main,
    '--directory',
    directory,
    ...(options.factor === undefined ? [] : ['--factor', String(options.factor)]),
  ];
  const shell = options.shell ?? process.env;
  const child = spawn(node, args, { env: shell, stdio: ['pipe', 'pipe', 'pipe'] });
  const said: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => said.push(line));
  createInterface({ input: child.stderr }).on('line', (line) => said.push(line));
  const state = await readyState(directory, child, said);
  const environment = withVariables((await run(node, [main, 'env', '--directory', directory, '--json'])).stdout);
  const control = controlOf(state);
  return {
    directory,
    environment,
    process: child,
    control,
    journal: async (sinceSeq = 0) =>
      (await control<{ entries: JournalEntry[] }>('GET', `journal?since=${sinceSeq}`)).entries,
    run: (program, programArgs, more = {}) => finish(program, programArgs, { ...environment, ...more }),
    stop: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
      await removeTemporaryFolders();
    },
  };
}

/** This process's variables with the sandbox's put over them; what the sandbox says is null is taken away. */
function withVariables(json: string): NodeJS.ProcessEnv {
  const entries = Object.entries({ ...process.env, ...(JSON.parse(json) as Record<string, string | null>) });
  return Object.fromEntries(entries.filter(([, value]) => value !== null)) as NodeJS.ProcessEnv;
}

async function readyState(directory: string, child: ChildProcess, said: readonly string[]): Promise<State> {
  for (let attempt = 0; attempt < 2400; attempt++) {
    const text = await readFile(join(directory, 'sandbox.json'), 'utf8').catch(() => undefined);
    if (text !== undefined) return JSON.parse(text) as State;
    if (child.exitCode !== null) break;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  child.kill('SIGKILL');
  throw new Error(`the sandbox did not start:\n${said.slice(-20).join('\n')}`);
}

function controlOf(state: State): Sandbox['control'] {
  return async <T>(method: string, path: string, body?: unknown) => {
    const answer = await fetch(`${state.url}/_roadstead/${path}`, {
      method,
      headers: { authorization: `Bearer ${state.controlToken}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  };
}

/** Runs to the end, at most ten minutes; a program that fails is no exception. */
export async function finish(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Finished> {
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'], timeout: 600_000 });
  const [stdout, stderr, code] = await Promise.all([
    collect(child.stdout),
    collect(child.stderr),
    new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    }),
  ]);
  return { code, stdout, stderr };
}

async function collect(stream: NodeJS.ReadableStream): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(Buffer.from(part as Uint8Array));
  return Buffer.concat(parts).toString('utf8');
}

/**
 * An inventory without what AWS itself makes when it is first needed and nobody can delete: its managed keys.
 */
export function comparable(inventory: unknown): unknown {
  return JSON.parse(
    JSON.stringify(inventory, (key, value: unknown) => (key === 'key' || key === 'key-alias' ? undefined : value)),
  );
}
