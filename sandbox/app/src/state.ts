import { access, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RoadsteadError } from '@roadstead/foundation';
import { type Lock, readLock, tryLock } from '@roadstead/sandbox-control-plane/machine';
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

/** What is in a directory. A sandbox that is there and not ready is starting, or about to end. */
export type Occupant =
  | { readonly kind: 'nobody' }
  | { readonly kind: 'not-ready'; readonly pid: number }
  | { readonly kind: 'ready'; readonly state: SandboxState };

const stateFile = 'sandbox.json';
const lockFile = 'sandbox.lock';
/** Stays when a sandbox ends that was ready: clients may write under its names later, and the next one may remove that. */
const markFile = '.roadstead-sandbox';

/** Everything in a sandbox's directory that is of one run, and goes with it. */
const ours = [stateFile, 'run', 'bin', 'aws', 'kubeconfig', 'kube-cache', 'state'] as const;

/** What a sandbox wrote here, whether it still runs or not. A file that is cut short or of something else is none. */
export async function readState(directory: string): Promise<SandboxState | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(join(directory, stateFile), 'utf8'));
    return isState(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isState(value: unknown): value is SandboxState {
  if (typeof value !== 'object' || value === null) return false;
  const known = new Map<string, unknown>(Object.entries(value));
  const texts = ['url', 'controlToken', 'startedAt', 'directory', 'region', 'bin', 'kubectl', 'aws'];
  return (
    texts.every((name) => typeof known.get(name) === 'string') &&
    typeof known.get('pid') === 'number' &&
    typeof known.get('factor') === 'number' &&
    Array.isArray(known.get('identities'))
  );
}

/** Appears under its name only when it is whole. From now on clients may write here. */
export async function writeState(state: SandboxState): Promise<void> {
  await writeFile(join(state.directory, markFile), `Sandboxes of Roadstead run here, and remove ${ours.join(', ')}.\n`);
  const target = join(state.directory, stateFile);
  await writeFile(`${target}.new`, `${JSON.stringify(state, undefined, 2)}\n`, { mode: 0o600 });
  await rename(`${target}.new`, target);
}

/** From now on clients find no sandbox that is ready. */
export async function removeState(directory: string): Promise<void> {
  await rm(join(directory, stateFile), { force: true });
}

/** Who is in a directory: judged by the lock, because a number in a file may be another process's by now. */
export async function occupantOf(directory: string): Promise<Occupant> {
  const holder = await readLock(join(directory, lockFile));
  if (holder === undefined) return { kind: 'nobody' };
  const state = await readState(directory);
  return state?.pid === holder.pid ? { kind: 'ready', state } : { kind: 'not-ready', pid: holder.pid };
}

/**
 * Takes a directory for one sandbox, and removes what a killed one left there. Rejects with SANDBOX_RUNNING and says who;
 * with DIRECTORY_NOT_OURS where files of others have the names that a run takes; with DIRECTORY_NOT_WRITABLE.
 */
export async function takeDirectory(directory: string): Promise<Lock> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const isKnown = (await exists(join(directory, markFile))) || (await exists(join(directory, lockFile)));
    const attempt = await tryLock(join(directory, lockFile));
    if (attempt.kind === 'taken') throw await runningError(directory);
    try {
      if (!isKnown) await refuseForeign(directory);
      await removeRun(directory);
      return attempt.lock;
    } catch (error) {
      await attempt.lock.release();
      throw error;
    }
  } catch (error) {
    throw directoryError(error, directory);
  }
}

/** Where no sandbox ever ran, what has our names is somebody's. */
async function refuseForeign(directory: string): Promise<void> {
  for (const name of ours) {
    if (!(await exists(join(directory, name)))) continue;
    throw new RoadsteadError(`${join(directory, name)} is there, and no sandbox made it.`, {
      code: 'DIRECTORY_NOT_OURS',
      value: directory,
      hint: 'A sandbox removes what is under that name when it ends. Choose an empty directory with --directory.',
    });
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function runningError(directory: string): Promise<RoadsteadError> {
  const occupant = await occupantOf(directory);
  return new RoadsteadError(`A sandbox runs in this directory already: ${occupantText(occupant)}.`, {
    code: 'SANDBOX_RUNNING',
    value: directory,
    hint: 'Use it, stop it (roadstead sandbox down), or choose another --directory.',
  });
}

function occupantText(occupant: Occupant): string {
  if (occupant.kind === 'nobody') return 'it is just ending';
  if (occupant.kind === 'not-ready') return `process ${occupant.pid}, and is not ready`;
  const { pid, startedAt, url } = occupant.state;
  return `process ${pid}, since ${startedAt}, at ${url}`;
}

/** What the disk says while a sandbox starts, in one sentence; all else passes. */
export function directoryError(error: unknown, directory: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new RoadsteadError('The disk of the sandbox directory is full.', {
      code: 'DISK_FULL',
      value: directory,
      hint: 'Make room there, or choose another --directory; a cluster needs some 0.5 GB.',
      cause: error,
    });
  }
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM' || code === 'ENOTDIR' || code === 'EEXIST') {
    return new RoadsteadError('The sandbox directory cannot be written.', {
      code: 'DIRECTORY_NOT_WRITABLE',
      value: directory,
      hint: 'Choose another --directory.',
      cause: error,
    });
  }
  return error;
}

/** Removes what a run made. Files of others in the directory stay. */
export async function removeRun(directory: string): Promise<void> {
  await Promise.all(ours.map((name) => rm(join(directory, name), { recursive: true, force: true, maxRetries: 5 })));
}

/**
 * Removes what a killed sandbox left in a directory, and its lock. False where somebody runs there, or nobody left
 * anything.
 */
export async function sweepDirectory(directory: string): Promise<boolean> {
  const path = join(directory, lockFile);
  if (!(await exists(path))) return false;
  const attempt = await tryLock(path);
  if (attempt.kind === 'taken') return false;
  try {
    await removeRun(directory);
    return true;
  } finally {
    await attempt.lock.release();
  }
}
