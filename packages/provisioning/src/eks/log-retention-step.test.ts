import type { Change } from '@roadstead/definition';
import { beforeEach, describe, expect, it } from 'vitest';
import { type FakeAws, fakeAws } from '../testing/fake-aws.ts';
import { fakeContext } from '../testing/run-changes.ts';
import { steppingClock } from '../testing/stepping-clock.ts';
import { applyLogRetention, deleteLogGroup } from './log-retention-step.ts';

const logGroupName = '/aws/eks/shop/cluster';
const change: Change = {
  id: 'logs/retention',
  phase: 'control-plane',
  action: 'update',
  class: 'safe',
  what: 'retention',
  why: '',
  fields: [],
};

let clock: ReturnType<typeof steppingClock>;
let aws: FakeAws;
beforeEach(() => {
  clock = steppingClock();
  aws = fakeAws(clock);
});

describe('how long logs are kept', () => {
  it('is set once the group is there, which EKS makes some minutes after the control plane', async () => {
    const read = aws.reader.read.bind(aws.reader);
    (aws.reader as { read: unknown }).read = (...args: Parameters<typeof read>) => {
      if (clock.monotonic() > 600_000 && aws.eks.logGroups.size === 0)
        aws.eks.logGroups.set(logGroupName, { logGroupName, storedBytes: 0 });
      return read(...args);
    };
    const context = fakeContext(aws, clock);
    expect(await applyLogRetention(context, change, 90)).toMatchObject({ outcome: 'changed' });
    expect(aws.eks.logGroups.get(logGroupName)?.retentionInDays).toBe(90);
    expect(context.told[0]).toMatchObject({ status: 'MISSING', reason: `EKS to make ${logGroupName}` });
    expect(await applyLogRetention(context, change, 90)).toMatchObject({ outcome: 'unchanged' });
  });

  it('is given up on when the group never comes', async () => {
    await expect(applyLogRetention(fakeContext(aws, clock), change, 90)).rejects.toMatchObject({
      code: 'STEP_TIMED_OUT',
      message: expect.stringContaining(logGroupName),
    });
  });
});

it('the log group goes when asked for, and is already gone when it is not there', async () => {
  aws.eks.logGroups.set(logGroupName, { logGroupName, storedBytes: 0 });
  expect(await deleteLogGroup(fakeContext(aws, clock), change)).toMatchObject({ outcome: 'changed' });
  expect(await deleteLogGroup(fakeContext(aws, clock), change)).toMatchObject({ outcome: 'unchanged' });
});
