import type { Run } from '@roadstead/store';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { pastRunOf, readHistory, readRun } from './read-history.ts';
import { type FakeWorld, smallTarget, startFakeWorld } from './testing/fake-world.ts';
import { up } from './testing/walks.ts';

// Two whole roads: a second each, on a machine that has time.
vi.setConfig({ testTimeout: 30_000 });

const run: Run = { id: 'r', clusterId: 'c', kind: 'up', plan: {}, state: 'done', startedAt: 1000 };
const entry = { at: 1000, actor: 'ada', action: 'up-begun', subject: 'c' };

describe('a run of the past', () => {
  it.each<[string, Partial<Run>, boolean, object]>([
    ['that ended took its time', { endedAt: 4000 }, false, { state: 'done', seconds: 3 }],
    [
      'that failed says why',
      { state: 'failed', endedAt: 4000, failure: { code: 'X', message: 'm' } },
      false,
      { failure: { code: 'X' } },
    ],
    ['at work has not ended', { state: 'running' }, true, { state: 'running' }],
    ['whose process was killed', { state: 'running' }, false, { state: 'interrupted' }],
    [
      'that the next one found killed',
      { state: 'interrupted', endedAt: 4000 },
      false,
      { state: 'interrupted', endedAt: 4000 },
    ],
    ['counts the lines of its plan', { plan: { changes: [1, 2] } }, false, { changes: 2 }],
    ['without a plan has none', { plan: 'gone' }, false, { changes: 0 }],
  ])('%s', (_what, more, isHeld, expected) => {
    const told = pastRunOf({ ...run, ...more }, isHeld, []);
    expect(told).toMatchObject(expected);
    expect('seconds' in told).toBe(more.endedAt !== undefined && told.state !== 'interrupted');
  });

  it('is somebody’s, as the audit says', () => {
    const mine = { ...entry, detail: { run: 'r', user: 'ada', host: 'desk' } };
    const others = { ...entry, actor: 'bob', detail: { run: 'q', user: 'bob', host: 'lap' } };
    expect(pastRunOf(run, false, [others, mine])).toMatchObject({ actor: 'ada', user: 'ada', host: 'desk' });
    expect(pastRunOf(run, false, [others, { ...entry, detail: { from: {} } }])).not.toHaveProperty('actor');
  });
});

describe('the history of a cluster', () => {
  let world: FakeWorld;
  beforeEach(async () => {
    world = await startFakeWorld();
  });
  afterEach(() => world.close());

  it('has every run newest first, and each with its steps, their time, and why they failed', async () => {
    const here = await world.machine('alice');
    world.aws.stacks.failing.set('ClusterRole', 'API: iam:CreateRole User is not authorized');
    await up(here, await smallTarget());
    world.aws.stacks.failing.clear();
    await up(here, await smallTarget());
    const runs = await readHistory(here, 'aws:123456789012:eu-central-1:shop');
    expect(runs).toMatchObject([
      { kind: 'up', state: 'done', user: 'alice', host: 'here', actor: expect.stringMatching(/^arn:aws:/) },
      { kind: 'up', state: 'failed', failure: { code: 'STACK_FAILED' } },
    ]);
    expect(runs.every(({ changes, seconds = 0 }) => changes > 3 && seconds > 0)).toBe(true);
    expect(await readHistory(here, 'aws:123456789012:eu-central-1:shop', 1)).toEqual(runs.slice(0, 1));
    const [, failed] = runs;
    if (failed === undefined) throw new Error('one run');
    const { steps, events, ...told } = await readRun(here, failed);
    expect(told).toEqual(failed);
    expect(steps).toMatchObject([
      { id: 'stack/network', what: 'stack roadstead-shop-network', state: 'done' },
      { id: 'stack/foundation', state: 'failed', failure: { message: expect.stringContaining('ClusterRole') } },
    ]);
    expect(steps.every(({ seconds = 0 }) => seconds > 0)).toBe(true);
    expect(events.at(0)).toMatchObject({ type: 'run-started', at: failed.startedAt, runId: failed.id });
    expect(events.at(-1)).toMatchObject({ type: 'run-ended', state: 'failed' });
  });

  it('says which step was cut off when its process was killed, and has all of many events', async () => {
    const here = await world.machine('alice');
    const key = 'aws:123456789012:eu-central-1:shop';
    const asked = { key, holder: here.holder, now: here.clock.now(), ttlMs: 1, isGone: () => false };
    const answer = await here.store.leases.acquire(asked);
    if (answer.kind === 'held') throw new Error('held');
    const clock = { ...here.clock, now: () => asked.now };
    const journal = await here.store.beginRun(answer.lease, clock as typeof here.clock, {
      ...{ kind: 'down', id: 'killed', actor: 'arn', plan: { changes: [] } },
    });
    await journal.beginStep('stack/network');
    for (let index = 0; index < 1001; index++) await journal.record({ type: 'step-progress', index });
    await world.clock.advance(1000);
    const [killed] = await readHistory(here, key);
    if (killed === undefined) throw new Error('one run');
    expect(killed).toMatchObject({ kind: 'down', state: 'interrupted', changes: 0 });
    const { steps, events } = await readRun(here, killed);
    expect(steps).toEqual([{ id: 'stack/network', state: 'interrupted', startedAt: asked.now }]);
    expect(events.map((event) => (event as { index: number }).index)).toEqual(
      Array.from({ length: 1001 }, (_, at) => at),
    );
  });

  it('of a cluster that nobody ever ran is empty', async () => {
    expect(await readHistory(await world.machine('alice'), 'aws:1:eu:none')).toEqual([]);
  });
});
