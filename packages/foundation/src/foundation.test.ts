import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  backoffDelayMs,
  canonicalJson,
  createLogger,
  digestOf,
  FakeClock,
  isRoadsteadError,
  mapBounded,
  RoadsteadError,
  systemClock,
} from './index.ts';

describe('canonical JSON', () => {
  it('gives equal bytes for equal values whatever the order of keys', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const turned = Object.fromEntries(Object.entries(value).toReversed());
        expect(canonicalJson(turned)).toBe(canonicalJson(value));
      }),
    );
  });

  it('is read back as the value it was made from', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('leaves undefined members out', () => {
    expect(digestOf({ a: 1, b: undefined })).toBe(digestOf({ a: 1 }));
  });
});

describe('the turned clock', () => {
  it('wakes sleepers in the order of their deadlines', async () => {
    const clock = new FakeClock();
    const woken: string[] = [];
    void clock.sleep(20).then(() => woken.push('late'));
    void clock.sleep(10).then(() => woken.push('early'));
    await clock.advance(15);
    expect(woken).toEqual(['early']);
    await clock.advance(5);
    expect(woken).toEqual(['early', 'late']);
  });

  it('rejects a sleeper whose signal aborts', async () => {
    const stop = new AbortController();
    const asleep = new FakeClock().sleep(10, stop.signal);
    stop.abort(new Error('stopped'));
    await expect(asleep).rejects.toThrow('stopped');
  });
});

it.each([
  ['the system clock', systemClock],
  ['the turned clock', new FakeClock()],
])('%s rejects a sleeper with the very reason of the abort', async (_name, clock) => {
  const stop = new AbortController();
  const asleep = clock.sleep(60_000, stop.signal);
  const reason = new RoadsteadError('stopped', { code: 'STOPPED' });
  stop.abort(reason);
  await expect(asleep).rejects.toBe(reason);
  await expect(clock.sleep(1, stop.signal)).rejects.toBe(reason);
});

describe('back-off', () => {
  it.each([
    [1, 0, 500],
    [2, 0, 1000],
    [3, 0.5, 1500],
    [50, 0, 20_000],
  ])('waits after failure %i with random %d for %i ms', (attempt, random, expected) => {
    expect(backoffDelayMs(attempt, random)).toBe(expected);
  });
});

describe('bounded concurrency', () => {
  it('never runs more than the limit and keeps the order of results', async () => {
    let running = 0;
    let most = 0;
    const results = await mapBounded([1, 2, 3, 4, 5, 6], 2, async (item) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      return item * 10;
    });
    expect(most).toBe(2);
    expect(results).toEqual([10, 20, 30, 40, 50, 60]);
  });

  it('starts nothing more after a failure', async () => {
    const begun: number[] = [];
    const work = mapBounded([1, 2, 3, 4], 1, async (item) => {
      begun.push(item);
      if (item === 2) throw new Error('no');
    });
    await expect(work).rejects.toThrow('no');
    expect(begun).toEqual([1, 2]);
  });
});

describe('errors and logs', () => {
  it('are told apart by code', () => {
    const error = new RoadsteadError('no stack', { code: 'STACK_MISSING', hint: 'run up' });
    expect(isRoadsteadError(error, 'STACK_MISSING')).toBe(true);
    expect(isRoadsteadError(error, 'OTHER')).toBe(false);
  });

  it('blank secrets by name', () => {
    const lines: string[] = [];
    createLogger('info', { write: (line: string) => void lines.push(line) }).info(
      { token: 'k8s-aws-v1.abc', user: { password: 'p' } },
      'signed in',
    );
    expect(lines.join('')).not.toMatch(/abc|"p"/);
    expect(lines.join('')).toContain('[redacted]');
  });
});
