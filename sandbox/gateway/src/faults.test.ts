import { describe, expect, it } from 'vitest';
import { contains, errorOf, type FaultRule, type FaultSubject, Faults, matchesRule } from './faults.ts';

const subject: FaultSubject = {
  by: 'client',
  service: 'eks',
  operation: 'CreateNodegroup',
  account: '123456789012',
  region: 'eu-central-1',
  mutating: true,
  input: { nodegroupName: 'app-a', scalingConfig: { minSize: 1 }, subnets: ['subnet-1', 'subnet-2'] },
};
const error = { kind: 'error', code: 'X', message: 'x' } as const;

describe('a fault rule', () => {
  it.each<[string, Omit<FaultRule, 'action'>, boolean]>([
    ['without conditions takes everything', {}, true],
    ['takes its service', { service: 'eks' }, true],
    ['leaves other services', { service: 'ec2' }, false],
    ['leaves other operations', { operation: 'DeleteNodegroup' }, false],
    ['leaves other accounts', { account: '210987654321' }, false],
    ['leaves reads when it is about writes', { mutating: false }, false],
    ['looks into the input', { input: { scalingConfig: { minSize: 1 } } }, true],
    ['takes wildcards', { input: { nodegroupName: 'app-*' } }, true],
    ['leaves what does not fit', { input: { nodegroupName: 'web-*' } }, false],
    ['finds members of lists', { input: { subnets: ['subnet-2'] } }, true],
    ['misses members of lists', { input: { subnets: ['subnet-3'] } }, false],
    ['leaves the sandbox’s own calls unless asked', { by: 'backend' }, false],
  ])('%s', (_, rule, takes) => {
    expect(matchesRule({ ...rule, action: error }, subject)).toBe(takes);
  });

  it.each<[string, Omit<FaultRule, 'action'>, string]>([
    ['acts on each', {}, 'xxxxx'],
    ['acts from the n-th', { nth: 3 }, '..xxx'],
    ['acts so many times', { times: 2 }, 'xx...'],
    ['acts on the n-th alone', { nth: 2, times: 1 }, '.x...'],
  ])('%s', (_, rule, pattern) => {
    const faults = new Faults();
    faults.add({ ...rule, action: error });
    expect(Array.from({ length: 5 }, () => (faults.take(subject) === undefined ? '.' : 'x')).join('')).toBe(pattern);
  });

  it('that holds acts once unless told otherwise', () => {
    const faults = new Faults();
    faults.add({ nth: 2, action: { kind: 'hold', phase: 'before' } });
    expect([1, 2, 3].map(() => faults.take(subject) !== undefined)).toEqual([false, true, false]);
  });

  it('made first wins, and all that match count', () => {
    const faults = new Faults();
    const first = faults.add({ times: 1, action: error });
    const second = faults.add({ nth: 2, action: error });
    expect([faults.take(subject)?.id, faults.take(subject)?.id]).toEqual([first, second]);
  });

  it.each([
    ['ec2', 'RequestLimitExceeded', 503],
    ['eks', 'ThrottlingException', 429],
    ['cloudformation', 'Throttling', 400],
    ['logs', 'ThrottlingException', 400],
  ])('throttles %s in its words', (service, code, status) => {
    expect(errorOf({ kind: 'throttle' }, service)).toMatchObject({ code, status });
  });
});

describe('a hold', () => {
  const hold = {
    id: 'r1',
    rule: 'fault-1',
    phase: 'before',
    seq: 1,
    service: 'eks',
    operation: 'X',
    resource: '',
  } as const;

  it('ends when it is released', async () => {
    const faults = new Faults();
    const waited = faults.wait(hold, new AbortController().signal);
    expect(faults.holds).toEqual([hold]);
    expect(faults.release('r1')).toBe(true);
    expect(await waited).toBe('released');
    expect(faults.holds).toEqual([]);
    expect(faults.release('r1')).toBe(false);
  });

  it('ends when the client is gone, at any time', async () => {
    const faults = new Faults();
    const client = new AbortController();
    const waited = faults.wait(hold, client.signal);
    client.abort();
    expect(await waited).toBe('gone');
    expect(await faults.wait(hold, client.signal)).toBe('gone');
    expect(faults.holds).toEqual([]);
  });

  it('ends with its rule', async () => {
    const faults = new Faults();
    const rule = faults.add({ action: { kind: 'hold', phase: 'after' } });
    const waited = faults.wait({ ...hold, rule }, new AbortController().signal);
    faults.clear();
    expect(await waited).toBe('released');
    expect(faults.list()).toEqual([]);
  });
});

describe('contains', () => {
  it.each([
    [{ a: 1, b: 2 }, { a: 1 }, true],
    [{ a: 1 }, { a: 1, b: 2 }, false],
    [undefined, { a: 1 }, false],
    ['a.b', 'a.b', true],
    ['axb', 'a.b', false],
    [[], [], true],
    [null, null, true],
  ])('%j holds %j: %s', (value, wanted, holds) => {
    expect(contains(value, wanted)).toBe(holds);
  });
});
