import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock, systemClock } from '@roadstead/foundation';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cacheError, checkEntry, publishEntry, sweepStaging } from './cache.ts';
import { isStale, withLock } from './lock.ts';
import { progressLine, reporter } from './progress.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'roadstead-cache-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const fill = (text: string) => async (staging: string) => writeFile(join(staging, 'program'), text);

describe('an entry of the cache', () => {
  it('is good once published, with its links', async () => {
    const entry = join(directory, 'entry');
    expect(await checkEntry(entry)).toEqual({ kind: 'absent' });
    await publishEntry(entry, { etcd: 'program' }, fill('bytes'));
    expect(await checkEntry(entry)).toEqual({ kind: 'good', directory: entry });
    expect(await readFile(join(entry, 'etcd'), 'utf8')).toBe('bytes');
  });

  it.each<[string, (entry: string) => Promise<void>, RegExp]>([
    ['is shorter', (entry) => writeFile(join(entry, 'program'), 'b'), /size/],
    ['has other bytes', (entry) => writeFile(join(entry, 'program'), 'bytez'), /changed/],
    ['lost a file', (entry) => rm(join(entry, 'program')), /size/],
    ['lost a link', (entry) => rm(join(entry, 'etcd')), /not a link/],
  ])('that %s is damaged, and whole again when published again', async (_, damage, reason) => {
    const entry = join(directory, 'entry');
    await publishEntry(entry, { etcd: 'program' }, fill('bytes'));
    await damage(entry);
    expect(await checkEntry(entry)).toMatchObject({ kind: 'damaged', reason: expect.stringMatching(reason) });
    await publishEntry(entry, { etcd: 'program' }, fill('bytes'));
    expect((await checkEntry(entry)).kind).toBe('good');
  });

  it('is absent when making it failed, and nothing is left lying about', async () => {
    const failing = publishEntry(join(directory, 'entry'), {}, async (staging) => {
      await fill('half')(staging);
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    });
    await expect(failing).rejects.toMatchObject({ code: 'DISK_FULL', value: directory });
    expect(await readdir(directory)).toEqual([]);
  });

  it('loses what killed processes left half made', async () => {
    await publishEntry(join(directory, 'entry'), {}, fill('bytes'));
    await writeFile(join(directory, '.staging-1'), '');
    await sweepStaging(directory);
    expect(await readdir(directory)).toEqual(['entry']);
  });
});

it('passes errors on that are neither a full disk nor missing rights', () => {
  const other = new Error('other');
  expect(cacheError(other, '/c')).toBe(other);
  expect(cacheError(Object.assign(new Error('no'), { code: 'EROFS' }), '/c')).toMatchObject({
    code: 'CACHE_NOT_WRITABLE',
  });
});

describe('the lock', () => {
  const here = { host: 'a', isAlive: (pid: number) => pid === 1 };
  it.each([
    ['a live process here', { pid: 1, host: 'a' }, 1_000, false],
    ['a dead process here', { pid: 2, host: 'a' }, 1_000, true],
    ['a process of another machine', { pid: 2, host: 'b' }, 1_000, false],
    ['another machine that stopped beating', { pid: 2, host: 'b' }, 31_000, true],
    ['someone still writing its name', undefined, 10, false],
    ['someone who never wrote it', undefined, 31_000, true],
  ])('held by %s', (_, holder, ageMs, stale) => {
    expect(isStale(holder, ageMs, here)).toBe(stale);
  });

  it('lets one at a time do the work, and is gone after it failed', async () => {
    const path = join(directory, 'lock');
    const options = { clock: systemClock, signal: undefined, onWait: () => undefined };
    let inside = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside--;
    };
    await Promise.all([withLock(path, options, work), withLock(path, options, work)]);
    expect(most).toBe(1);
    await expect(withLock(path, options, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await readdir(directory)).toEqual([]);
  });

  it('tells who waits for whom, and waiting ends with the signal', async () => {
    const path = join(directory, 'lock');
    await writeFile(path, JSON.stringify({ pid: process.ppid, host: 'elsewhere' }));
    const stop = new AbortController();
    const waitedFor: number[] = [];
    const onWait = (pid: number) => {
      waitedFor.push(pid);
      stop.abort(new Error('stopped'));
    };
    const waiting = withLock(path, { clock: systemClock, signal: stop.signal, onWait }, async () => undefined);
    await expect(waiting).rejects.toThrow('stopped');
    expect(waitedFor).toEqual([process.ppid]);
  });

  it('is taken over from a machine that stopped beating', async () => {
    const path = join(directory, 'lock');
    await writeFile(path, JSON.stringify({ pid: 1, host: 'elsewhere' }));
    await utimes(path, 0, 0);
    const options = { clock: systemClock, signal: undefined, onWait: () => undefined };
    expect(await withLock(path, options, async () => 'done')).toBe('done');
  });
});

it('reports a step with its time and what is usual', async () => {
  const clock = new FakeClock();
  const lines: string[] = [];
  const report = reporter((progress) => lines.push(progressLine(progress)), clock, 'compile', 300_000);
  report('begun');
  await clock.advance(65_000);
  report('12 packages');
  expect(lines).toEqual(['compile: begun (0 s, usually 5 min)', 'compile: 12 packages (1 min 05 s, usually 5 min)']);
});
