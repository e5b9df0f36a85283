import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RoadsteadError } from '@roadstead/foundation';
import type { AdminIdentity } from '@roadstead/sandbox-gateway';

/** What a running sandbox writes down for its clients: `sandbox.json`, mode 0600, for it holds secrets. */
export interface SandboxState {
  readonly url: string;
  readonly controlToken: string;
  readonly pid: number;
  /** ISO 8601 */
  readonly startedAt: string;
  readonly directory: string;
  readonly region: string;
  readonly factor: number;
  readonly identities: readonly AdminIdentity[];
  /** The folder with kubectl and aws in it, to be first on PATH. */
  readonly bin: string;
  readonly kubectl: string;
  readonly aws: string;
  readonly versions: Readonly<Record<string, string>>;
}

const stateFile = 'sandbox.json';
const lockFile = 'sandbox.lock';

/** Everything in a sandbox's directory that is of one run, and goes with it. */
const ours = [stateFile, 'run', 'bin', 'aws', 'kubeconfig', 'kube-cache', 'state'] as const;

/** What a sandbox wrote here. A file that is cut short is none: `writeState` never leaves one. */
export async function readState(directory: string): Promise<SandboxState | undefined> {
  try {
    return JSON.parse(await readFile(join(directory, stateFile), 'utf8')) as SandboxState;
  } catch {
    return undefined;
  }
}

/** Appears under its name only when it is whole. */
export async function writeState(state: SandboxState): Promise<void> {
  const target = join(state.directory, stateFile);
  await writeFile(`${target}.new`, `${JSON.stringify(state, undefined, 2)}\n`, { mode: 0o600 });
  await rename(`${target}.new`, target);
}

/** One sandbox per directory. Rejects with SANDBOX_RUNNING and says who; the lock of a dead process is taken over. */
export async function lockDirectory(
  directory: string,
  pid: number,
  isAlive: (pid: number) => boolean,
): Promise<() => Promise<void>> {
  await mkdir(directory, { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    throw new RoadsteadError('The sandbox directory cannot be made.', {
      code: 'DIRECTORY_NOT_WRITABLE',
      value: directory,
      cause,
    });
  });
  const path = join(directory, lockFile);
  for (let attempt = 0; attempt < 3; attempt++) {
    const file = await open(path, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return undefined;
      throw new RoadsteadError('The sandbox directory cannot be written.', {
        code: 'DIRECTORY_NOT_WRITABLE',
        value: directory,
        cause: error,
      });
    });
    if (file !== undefined) {
      await file.writeFile(String(pid));
      await file.close();
      return () => rm(path, { force: true });
    }
    const owner = Number(await readFile(path, 'utf8').catch(() => ''));
    if (owner > 0 && isAlive(owner)) throw await runningError(directory, owner);
    await rm(path, { force: true });
  }
  throw new RoadsteadError('The sandbox directory cannot be locked.', {
    code: 'SANDBOX_RUNNING',
    value: directory,
    retry: 'backoff',
  });
}

async function runningError(directory: string, pid: number): Promise<RoadsteadError> {
  const state = await readState(directory);
  const since = state === undefined ? 'and is not ready yet' : `since ${state.startedAt}, at ${state.url}`;
  return new RoadsteadError(`A sandbox runs in this directory already: process ${pid}, ${since}.`, {
    code: 'SANDBOX_RUNNING',
    value: directory,
    hint: 'Use it, stop it (roadstead sandbox down), or choose another --directory.',
  });
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Removes what a run made. Files of others in the directory stay. */
export async function removeRun(directory: string): Promise<void> {
  await Promise.all(ours.map((name) => rm(join(directory, name), { recursive: true, force: true, maxRetries: 5 })));
}
