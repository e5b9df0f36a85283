import { chmod, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@roadstead/foundation';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isInUse, markUse } from '../machine/cache-use.ts';
import { identityOf } from '../machine/process-identity.ts';
import { cacheError, checkEntry, minorOfEntry, publishEntry, removeOutdated, sweepStaging } from './cache.ts';
import { progressLine, reporter } from './progress.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'roadstead-cache-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const fill = (text: string) => (staging: string) => writeFile(join(staging, 'program'), text, { mode: 0o755 });
const gone = JSON.stringify({ ...(await identityOf()), pid: 2 ** 22 + 1 });

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
    ['may not be run any more', (entry) => chmod(join(entry, 'program'), 0o644), /may not be run/],
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
    await mkdir(join(directory, '.staging-1', '.users'), { recursive: true });
    await writeFile(join(directory, '.staging-1', '.users', '1'), gone);
    await mkdir(join(directory, '.staging-2'));
    await markUse(join(directory, '.staging-2'));
    await sweepStaging(directory);
    expect(await readdir(directory)).toEqual(['.staging-2', 'entry']);
  });
});

describe('entries of older checkouts', () => {
  const entry = async (name: string, usedAt: number, user?: string) => {
    const users = join(directory, name, '.users');
    await mkdir(users, { recursive: true });
    if (user !== undefined) await writeFile(join(users, '1'), user);
    await utimes(users, usedAt, usedAt);
  };

  it('go, but for the two of each minor that were used last and whatever a living process uses', async () => {
    await entry('build-v1.36.1-linux-amd64-a-go1.26.8', 100, gone);
    await entry('build-v1.36.2-linux-amd64-b-go1.26.8', 200, JSON.stringify(await identityOf()));
    await entry('build-v1.36.2-linux-amd64-c-go1.26.8', 300, gone);
    await entry('download-v1.36.3-linux-amd64', 400);
    await entry('build-v1.36.3-linux-amd64-d-go1.26.8', 500);
    await entry('build-v1.35.1-linux-amd64-a-go1.26.8', 50);
    await entry('build-v1.36.1-linux-arm64-a-go1.26.8', 50);
    await writeFile(join(directory, 'lock'), '');
    expect(await removeOutdated(directory)).toEqual([
      join(directory, 'build-v1.36.2-linux-amd64-c-go1.26.8'),
      join(directory, 'build-v1.36.1-linux-amd64-a-go1.26.8'),
    ]);
    expect(await readdir(directory)).toEqual([
      'build-v1.35.1-linux-amd64-a-go1.26.8',
      'build-v1.36.1-linux-arm64-a-go1.26.8',
      'build-v1.36.2-linux-amd64-b-go1.26.8',
      'build-v1.36.3-linux-amd64-d-go1.26.8',
      'download-v1.36.3-linux-amd64',
      'lock',
    ]);
  });

  it('are used for as long as the process that noted it lives', async () => {
    await publishEntry(join(directory, 'entry'), {}, fill('bytes'));
    expect(await isInUse(join(directory, 'entry'))).toBe(true);
    await writeFile(join(directory, 'entry', '.users', String(process.pid)), gone);
    expect(await isInUse(join(directory, 'entry'))).toBe(false);
    expect(await readdir(join(directory, 'entry', '.users'))).toEqual([]);
  });

  it.each([
    ['build-v1.36.3-linux-amd64-794638f394f2-go1.26.8', '1.36 linux-amd64'],
    ['download-v1.33.13-darwin-arm64', '1.33 darwin-arm64'],
    ['.staging-12', undefined],
    ['lock', undefined],
  ])('are told apart: %s is of %s', (name, group) => {
    expect(minorOfEntry(name)).toBe(group);
  });
});

it('passes errors on that are neither a full disk nor missing rights', () => {
  const other = new Error('other');
  expect(cacheError(other, '/c')).toBe(other);
  expect(cacheError(Object.assign(new Error('no'), { code: 'EROFS' }), '/c')).toMatchObject({
    code: 'CACHE_NOT_WRITABLE',
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
