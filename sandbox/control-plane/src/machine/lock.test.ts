import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@roadstead/foundation';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isStale, tryLock, withLock } from './lock.ts';
import { identityOf, judgeWhereabouts, type ProcessIdentity, readIdentity, whereaboutsOf } from './process-identity.ts';

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'roadstead-lock-'));
  path = join(directory, 'lock');
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const options = { clock: systemClock, signal: undefined, onWait: () => undefined };
const elsewhere = { pid: 1, started: '1', boot: 'b', host: 'elsewhere' };

describe('a process', () => {
  const known: ProcessIdentity = { pid: 7, started: '100', boot: 'b', host: 'here' };
  it.each<[string, Partial<ProcessIdentity>, boolean, string]>([
    ['the same', {}, true, 'running'],
    ['nobody', { started: '' }, false, 'gone'],
    ['another with its number', { started: '200' }, true, 'gone'],
    ['another since the machine was booted', { boot: 'c' }, true, 'gone'],
    ['somebody whose start is not told', { started: '' }, true, 'running'],
    ['of another machine', { host: 'there' }, true, 'elsewhere'],
  ])('whose number has %s is judged', (_, now, isTaken, whereabouts) => {
    expect(judgeWhereabouts(known, { ...known, ...now }, isTaken)).toBe(whereabouts);
  });

  it('is told from one that ended and from one that got its number', async () => {
    const child = spawn('sleep', ['60']);
    await once(child, 'spawn');
    const identity = await identityOf(child.pid);
    expect(await whereaboutsOf(identity)).toBe('running');
    expect(await whereaboutsOf({ ...identity, started: `${identity.started}0` })).toBe('gone');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await whereaboutsOf(identity)).toBe('gone');
  });

  it.each([[null], [{}], [{ ...elsewhere, pid: 0 }], [{ ...elsewhere, pid: '1' }], [{ ...elsewhere, host: 1 }]])(
    'is not read from %j',
    (value) => {
      expect(readIdentity(value)).toBeUndefined();
    },
  );
});

describe('the lock', () => {
  it.each([
    ['running', 3_600_000, false],
    ['gone', 10, true],
    ['elsewhere', 1_000, false],
    ['elsewhere', 31_000, true],
    [undefined, 10, false],
    [undefined, 31_000, true],
  ] as const)('of a holder that is %s and silent for %i ms is stale: %s', (whereabouts, silentMs, stale) => {
    expect(isStale(whereabouts, silentMs)).toBe(stale);
  });

  it('lets one at a time do the work, and is gone after it failed', async () => {
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

  it('goes to one of many that find it stale at once', async () => {
    for (let round = 0; round < 20; round++) {
      await writeFile(path, JSON.stringify({ ...(await identityOf()), started: 'before', token: 'x' }));
      const attempts = await Promise.all(Array.from({ length: 8 }, () => tryLock(path)));
      const held = attempts.filter((attempt) => attempt.kind === 'held');
      expect(held).toHaveLength(1);
      await held[0]?.lock.release();
    }
    expect(await readdir(directory)).toEqual([]);
  });

  it('that another took over is not released by who lost it', async () => {
    const attempt = await tryLock(path);
    if (attempt.kind !== 'held') throw new Error('taken');
    await writeFile(path, 'another’s');
    await attempt.lock.release();
    expect(await readFile(path, 'utf8')).toBe('another’s');
  });

  it('tells who waits for whom, and waiting ends with the signal', async () => {
    await writeFile(path, JSON.stringify(elsewhere));
    const stop = new AbortController();
    const waitedFor: number[] = [];
    const onWait = (pid: number) => {
      waitedFor.push(pid);
      stop.abort(new Error('stopped'));
    };
    const waiting = withLock(path, { clock: systemClock, signal: stop.signal, onWait }, async () => undefined);
    await expect(waiting).rejects.toThrow('stopped');
    expect(waitedFor).toEqual([1]);
  });

  it('is taken over from a machine that stopped beating, and from who never wrote its name', async () => {
    for (const text of [JSON.stringify(elsewhere), '']) {
      await writeFile(path, text);
      await utimes(path, 0, 0);
      expect(await withLock(path, options, async () => 'done')).toBe('done');
    }
  });
});
