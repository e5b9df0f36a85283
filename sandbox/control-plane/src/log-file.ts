import { copyFile, open, stat, truncate } from 'node:fs/promises';

const longestTail = 64 * 1024;
const largestLog = 32 * 1024 * 1024;
const lookEveryMs = 30_000;

/** The end of what was written since the file had `from` bytes, at most 64 KiB. Empty where there is no file. */
export async function readTail(path: string, from: number): Promise<string> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return '';
  try {
    const { size } = await file.stat();
    // It is shorter than it was when it was cut in the meantime.
    const start = Math.max(size < from ? 0 : from, size - longestTail);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
    return buffer.subarray(0, bytesRead).toString('utf8');
  } finally {
    await file.close();
  }
}

/** Keeps the log of a process that appends to it from filling the disk; returns how to end that. */
export function boundLog(path: string): () => void {
  const look = setInterval(() => void cutLog(path).catch(() => undefined), lookEveryMs).unref();
  return () => clearInterval(look);
}

/**
 * Moves a log that grew too large to `<path>.1`, in the place of the one before. Whoever appends goes on at the beginning;
 * a line that is written at this very moment may be lost.
 */
export async function cutLog(path: string, largest: number = largestLog): Promise<boolean> {
  if ((await stat(path)).size <= largest) return false;
  await copyFile(path, `${path}.1`);
  await truncate(path);
  return true;
}
