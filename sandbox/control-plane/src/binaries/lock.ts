import { open, readFile, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { type Clock, messageOf } from '@roadstead/foundation';

export interface Holder {
  readonly pid: number;
  readonly host: string;
}

const beatMs = 5_000;
const deadAfterMs = 30_000;
const pollMs = 500;

/**
 * A lock is stale when nobody beat for 30 s, or at once when its holder was a process of this machine that is gone. The
 * first rule is for caches shared between machines and containers, whose process ids mean nothing to each other.
 */
export function isStale(
  holder: Holder | undefined,
  ageMs: number,
  here: { readonly host: string; readonly isAlive: (pid: number) => boolean },
): boolean {
  if (ageMs > deadAfterMs) return true;
  return holder !== undefined && holder.host === here.host && !here.isAlive(holder.pid);
}

/**
 * Runs `work` while no other process does. Two that find the same stale lock in the same instant may both get it: they
 * then do the work twice, and each puts its result in place as a whole.
 */
export async function withLock<T>(
  path: string,
  options: { readonly clock: Clock; readonly signal: AbortSignal | undefined; readonly onWait: (pid: number) => void },
  work: () => Promise<T>,
): Promise<T> {
  while (!(await tryLock(path))) {
    const holder = await readHolder(path);
    if (isStale(holder, await ageOf(path), { host: hostname(), isAlive })) {
      await rm(path, { force: true });
      continue;
    }
    options.onWait(holder?.pid ?? 0);
    await options.clock.sleep(pollMs, options.signal);
  }
  const beat = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => undefined), beatMs).unref();
  try {
    return await work();
  } finally {
    clearInterval(beat);
    await rm(path, { force: true });
  }
}

async function tryLock(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx');
    const holder: Holder = { pid: process.pid, host: hostname() };
    await file.writeFile(JSON.stringify(holder));
    await file.close();
    return true;
  } catch (error) {
    if (messageOf(error).startsWith('EEXIST')) return false;
    throw error;
  }
}

/** Undefined while the holder is still writing its name. */
async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    const { pid, host }: { pid?: unknown; host?: unknown } = JSON.parse(await readFile(path, 'utf8'));
    return typeof pid === 'number' && typeof host === 'string' ? { pid, host } : undefined;
  } catch {
    return undefined;
  }
}

async function ageOf(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => 0,
  );
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return messageOf(error).includes('EPERM');
  }
}
