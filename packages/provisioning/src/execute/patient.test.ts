import { beforeEach, describe, expect, it } from 'vitest';
import { fakeAws } from '../testing/fake-aws.ts';
import { awsException } from '../testing/fake-handler.ts';
import { fakeContext } from '../testing/run-changes.ts';
import { steppingClock } from '../testing/stepping-clock.ts';
import { patient } from './patient.ts';

const change = { id: 'eks/cluster', what: 'cluster shop', usualSeconds: 540 };
const throttled = () => awsException('ThrottlingException', 'Rate exceeded');
const refused = () => awsException('AccessDeniedException', 'no');

let clock: ReturnType<typeof steppingClock>;
let calls: number;
beforeEach(() => {
  clock = steppingClock();
  calls = 0;
});

/** A context whose calls fail as told: that many times, then never. */
function contextFailing(times: number, error: () => Error, scale = 1) {
  const call = async () => {
    calls += 1;
    if (calls <= times) throw error();
    return { cluster: { name: 'shop' } };
  };
  const context = { ...fakeContext(fakeAws(clock), clock), pollScale: scale };
  return {
    ...context,
    reader: { region: 'eu-central-1', read: call } as never,
    writer: { region: 'eu-central-1', write: call } as never,
    told: context.told,
  };
}

describe('a call of a step', () => {
  it('outlasts throttling and an outage, and says so', async () => {
    const context = contextFailing(6, throttled);
    const answer = await patient(context, change).reader.read('eks', 'DescribeCluster', { name: 'shop' });
    expect(answer.cluster?.name).toBe('shop');
    expect(context.told).toHaveLength(6);
    expect(context.told[0]).toMatchObject({ changeId: 'eks/cluster', status: 'NO ANSWER', reason: 'Rate exceeded' });
  });

  it('is sent again where it writes, because it carries its token', async () => {
    const input = { name: 'shop', clientRequestToken: 'token' };
    await patient(contextFailing(2, throttled), change).writer.write('eks', 'DeleteCluster', input);
    expect(calls).toBe(3);
  });

  it('gives up after two minutes with what AWS said last', async () => {
    const context = contextFailing(1_000, throttled);
    const asked = patient(context, change).reader.read('eks', 'DescribeCluster', { name: 'shop' });
    await expect(asked).rejects.toMatchObject({ name: 'ThrottlingException' });
    expect(clock.monotonic()).toBeGreaterThan(120_000);
    expect(clock.monotonic()).toBeLessThan(150_000);
  });

  it('does not try again what AWS refuses', async () => {
    const asked = patient(contextFailing(1, refused), change).reader.read('eks', 'DescribeCluster', { name: 'shop' });
    await expect(asked).rejects.toMatchObject({ name: 'AccessDeniedException' });
    expect(calls).toBe(1);
  });

  it('ends when the run ends', async () => {
    const context = { ...contextFailing(1_000, throttled), signal: AbortSignal.abort(new Error('ended')) };
    await expect(patient(context, change).reader.read('eks', 'DescribeCluster', { name: 'shop' })).rejects.toThrow(
      'ended',
    );
    expect(calls).toBe(1);
  });
});
