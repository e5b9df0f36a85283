import { randomUUID } from 'node:crypto';
import { open, readFile, rm, stat, utimes } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '@roadstead/foundation';
import { identityOf, type ProcessIdentity, readIdentity, type Whereabouts, whereaboutsOf } from './process-identity.ts';

/** A lock that this process holds, kept fresh until it is released. */
export interface Lock {
  release(): Promise<void>;
}

export type LockAttempt =
  | { readonly kind: 'held'; readonly lock: Lock }
  /** The holder is unknown while it writes its name. */
  | { readonly kind: 'taken'; readonly holder: ProcessIdentity | undefined };

const beatMs = 5_000;
const deadAfterMs = 30_000;
const pollMs = 500;
/** What takes microseconds and is not done by then never will be: its process was killed. */
const takeoverMs = 10_000;
const takeoverPollMs = 10;

/**
 * The lock of a process of this machine is stale when that very process is gone, however long it was silent: a laptop
 * may have slept. Of others (a cache shared between machines or containers) only the beat is known.
 */
export function isStale(whereabouts: Whereabouts | undefined, silentMs: number): boolean {
  if (whereabouts === 'running') return false;
  return whereabouts === 'gone' || silentMs > deadAfterMs;
}

/** One try, without waiting. The lock of a holder that is gone is taken over. Errors of the file system pass. */
export async function tryLock(path: string): Promise<LockAttempt> {
  const text = JSON.stringify({ ...(await identityOf()), token: randomUUID() });
  for (;;) {
    if (await create(path, text)) return { kind: 'held', lock: heldLock(path, text) };
    const found = await look(path);
    if (found?.isStale === false) return { kind: 'taken', holder: found.holder };
    if (found !== undefined && !(await removeStale(path))) await delay(takeoverPollMs);
  }
}

/** Who holds a lock. Undefined where nobody does, or nobody who still lives. */
export async function readLock(path: string): Promise<{ readonly pid: number } | undefined> {
  const found = await look(path);
  return found === undefined || found.isStale ? undefined : { pid: found.holder?.pid ?? 0 };
}

/** Runs `work` while no other process does; meanwhile others wait, and hear of whom they wait for. */
export async function withLock<T>(
  path: string,
  options: { readonly clock: Clock; readonly signal: AbortSignal | undefined; readonly onWait: (pid: number) => void },
  work: () => Promise<T>,
): Promise<T> {
  for (;;) {
    const attempt = await tryLock(path);
    if (attempt.kind === 'taken') {
      options.onWait(attempt.holder?.pid ?? 0);
      await options.clock.sleep(pollMs, options.signal);
      continue;
    }
    try {
      return await work();
    } finally {
      await attempt.lock.release();
    }
  }
}

function heldLock(path: string, text: string): Lock {
  const beat = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => undefined), beatMs).unref();
  return {
    release: async () => {
      clearInterval(beat);
      const found = await readFile(path, 'utf8').catch(() => undefined);
      if (found === text) await rm(path, { force: true });
    },
  };
}

async function create(path: string, text: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile(text);
    } finally {
      await file.close();
    }
    return true;
  } catch (error) {
    if (isError(error, 'EEXIST')) return false;
    // A lock without a name in it would keep everybody waiting.
    if (!isError(error, 'EACCES') && !isError(error, 'ENOENT')) await rm(path, { force: true }).catch(() => undefined);
    throw error;
  }
}

/**
 * Removes a stale lock. Two may find it stale at once, and the second must not remove the lock that the first made in its
 * place: so this is done under a lock of its own, and what is there is judged again. False while another does it.
 */
async function removeStale(path: string): Promise<boolean> {
  const guard = `${path}.takeover`;
  if (!(await create(guard, ''))) {
    if ((await silenceOf(guard)) > takeoverMs) await rm(guard, { force: true });
    return false;
  }
  try {
    const found = await look(path);
    if (found?.isStale === true) await rm(path, { force: true });
    return true;
  } finally {
    await rm(guard, { force: true });
  }
}

/** Undefined where there is no lock (any more). */
async function look(path: string): Promise<{ holder: ProcessIdentity | undefined; isStale: boolean } | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const holder = holderIn(text);
  const whereabouts = holder && (await whereaboutsOf(holder));
  return { holder, isStale: isStale(whereabouts, await silenceOf(path)) };
}

/** Undefined while the holder is still writing its name. */
function holderIn(text: string): ProcessIdentity | undefined {
  try {
    return readIdentity(JSON.parse(text));
  } catch {
    return undefined;
  }
}

async function silenceOf(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => 0,
  );
}

function isError(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
