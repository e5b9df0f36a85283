import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock, RoadsteadError } from '@roadstead/foundation';
import { type Lease, openStore, type Store } from '@roadstead/store';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LifecycleEvent } from './events.ts';
import type { Stage } from './plan.ts';
import { type RunPlanRequest, type RunWrites, runPlan, type StepExecutor } from './run-plan.ts';

let store: Store;
beforeAll(async () => {
  store = await openStore({ directory: await mkdtemp(join(tmpdir(), 'roadstead-run-')) });
});
afterAll(() => store.close());

const stage = (phase: Stage['phase'], ...ids: string[]): Stage => ({
  phase,
  steps: ids.map((id) => ({ id, phase, what: id, changes: [] })),
});

const clusterOf = (runId: string): string => `cluster-${runId}`;

async function begin(runId: string, clock = new FakeClock()): Promise<{ journal: RunWrites; lease: Lease }> {
  const holder = { host: 'here', pid: 1, purpose: 'up', user: 'alice' };
  const request = { key: clusterOf(runId), holder, now: clock.now(), ttlMs: 60_000, isGone: () => false };
  const answer = await store.leases.acquire(request);
  if (answer.kind === 'held') throw new Error('held');
  const inputs = { zones: [], amiReleases: {}, addonVersions: {}, instanceTypes: {} };
  const journal = await store.beginRun(answer.lease, clock, {
    ...{ kind: 'up', id: runId, actor: 'alice', plan: {}, version: 'v', digest: 'd' },
    declared: { definition: 'file', inputs },
  });
  return { journal, lease: answer.lease };
}

async function run(
  runId: string,
  stages: Stage[],
  executor: StepExecutor,
  more: Partial<Pick<RunPlanRequest, 'stop' | 'signal' | 'clock'>> = {},
  change: (journal: RunWrites) => RunWrites = (journal) => journal,
) {
  const events: LifecycleEvent[] = [];
  const { journal } = await begin(runId);
  const outcome = await runPlan({
    cluster: 'shop',
    kind: 'up',
    stages,
    executor,
    journal: change(journal),
    clock: new FakeClock(),
    concurrency: 2,
    stop: new AbortController().signal,
    signal: new AbortController().signal,
    onEvent: (event) => events.push(event),
    ...more,
  });
  const [steps, last, record] = await Promise.all([
    store.journal.steps(runId),
    store.journal.lastRun(clusterOf(runId)),
    store.records.read(clusterOf(runId)),
  ]);
  return { outcome, events, steps, last, record };
}

/** A journal of which some calls fail, as on a full disk. */
function broken(journal: RunWrites, error: Error, calls: readonly ('beginStep' | 'endStep' | 'end')[]): RunWrites {
  const fail = () => Promise.reject(error);
  const kept = {
    id: journal.id,
    beginStep: journal.beginStep.bind(journal),
    endStep: journal.endStep.bind(journal),
    end: journal.end.bind(journal),
    record: async () => undefined,
    ...Object.fromEntries(calls.map((call) => [call, fail])),
  };
  return kept;
}

describe('a run', () => {
  it('does every step in order and journals each', async () => {
    const done: string[] = [];
    const executor = { execute: async (step: { id: string }) => void done.push(step.id) };
    const { outcome, steps, last, events } = await run(
      'a',
      [stage('network', 'one'), stage('pools', 'two', 'three')],
      executor,
    );
    expect(outcome).toEqual({ state: 'done' });
    expect(done).toEqual(['one', 'two', 'three']);
    expect(steps.map(({ state }) => state)).toEqual(['done', 'done', 'done']);
    expect(last).toMatchObject({ state: 'done' });
    expect(events.filter(({ type }) => type === 'phase-started')).toHaveLength(2);
  });

  it('lets the stage finish and begins no other after a failure, and says why', async () => {
    const done: string[] = [];
    const executor: StepExecutor = {
      execute: async (step) => {
        if (step.id === 'bad') throw new RoadsteadError('role refused', { code: 'STACK_FAILED', hint: 'allow it' });
        done.push(step.id);
      },
    };
    const { outcome, last } = await run('b', [stage('network', 'bad', 'beside'), stage('pools', 'never')], executor);
    expect(outcome).toEqual({
      state: 'failed',
      failures: [{ step: 'bad', failure: { code: 'STACK_FAILED', message: 'role refused', hint: 'allow it' } }],
    });
    expect(done).toEqual(['beside']);
    expect(last).toMatchObject({ state: 'failed', failure: { code: 'STACK_FAILED' } });
  });

  it.each(['beginStep', 'endStep', 'end'] as const)(
    'fails, and lets its siblings finish, when the disk is full at %s',
    async (call) => {
      const full = new RoadsteadError('The disk of the state directory /state is full', { code: 'STORE_DISK_FULL' });
      const done: string[] = [];
      const executor = { execute: async (step: { id: string }) => void done.push(step.id) };
      const { outcome } = await run(
        `full-${call}`,
        [stage('network', 'one'), stage('pools', 'two')],
        executor,
        {},
        (journal) => broken(journal, full, [call]),
      );
      expect(outcome).toEqual({
        state: 'failed',
        failures: [{ step: 'journal', failure: { code: 'STORE_DISK_FULL', message: full.message } }],
      });
      expect(done).toEqual({ beginStep: [], endStep: ['one'], end: ['one', 'two'] }[call]);
    },
  );

  it('names what AWS refused, also when a step looked and changed nothing', async () => {
    const refused = Object.assign(new Error('not authorized to perform: eks:DescribeCluster'), {
      name: 'AccessDeniedException',
      $metadata: { httpStatusCode: 403 },
    });
    const { outcome } = await run('refused', [stage('network', 'one')], { execute: () => Promise.reject(refused) });
    if (outcome.state !== 'failed') throw new Error(outcome.state);
    const [told] = outcome.failures;
    expect(told).toMatchObject({ step: 'one', failure: { message: expect.stringContaining('eks:DescribeCluster') } });
    expect(told?.failure.code).toMatch(/^AWS_/);
  });

  it('tells a journal that cannot be written once, and beside it why a step failed', async () => {
    const executor: StepExecutor = {
      execute: async (step) => {
        if (step.id === 'bad') throw new RoadsteadError('role refused', { code: 'STACK_FAILED' });
      },
    };
    const stages = [stage('network', 'bad', 'beside')];
    const { outcome } = await run('full-and-bad', stages, executor, {}, (journal) =>
      broken(journal, new Error('unheard of'), ['endStep', 'end']),
    );
    if (outcome.state !== 'failed') throw new Error(outcome.state);
    expect(outcome.failures.map(({ step, failure }) => `${step} ${failure.code}`).toSorted()).toEqual([
      'bad STACK_FAILED',
      'journal STORE_UNUSABLE',
    ]);
  });

  it('ends by name when another took its lease, its siblings too, and writes nothing more', async () => {
    const clock = new FakeClock();
    const { journal, lease } = await begin('stolen', clock);
    const ended: string[] = [];
    const executor: StepExecutor = {
      execute: async (step, { signal }) => {
        if (step.id === 'long') return clock.sleep(3_600_000, signal).finally(() => void ended.push('long'));
        const bob = { host: 'there', pid: 2, purpose: 'down', user: 'bob' };
        const request = { key: lease.key, holder: bob, now: clock.now(), ttlMs: 60_000, isGone: () => true };
        await store.leases.acquire(request);
      },
    };
    const stages = [stage('network', 'long', 'short'), stage('pools', 'never')];
    const none = new AbortController().signal;
    const outcome = await runPlan({
      ...{ cluster: 'shop', kind: 'up', stages, executor, journal, clock, concurrency: 2, stop: none, signal: none },
      onEvent: () => undefined,
    });
    expect(outcome).toEqual({
      state: 'failed',
      failures: [
        {
          step: 'journal',
          failure: {
            code: 'LEASE_LOST',
            message: 'The lease was taken by bob: `down` since 2026-01-01T00:00:00.000Z (process 2 on there)',
            hint: expect.stringContaining('roadstead status'),
          },
        },
      ],
    });
    expect(ended).toEqual(['long']);
    expect((await store.journal.steps('stolen')).map(({ changeId, state }) => `${changeId} ${state}`)).toEqual([
      'long running',
      'short running',
    ]);
    expect((await store.records.read(lease.key))?.problems).toEqual([]);
  });

  it('says what it means for the cluster when it ends', async () => {
    const fine = await run('settled', [stage('network', 'one')], { execute: async () => undefined });
    expect(fine.record).toMatchObject({ currentVersion: 'v', verifiedDigest: 'd', problems: [] });
    const bad = await run('unsettled', [stage('network', 'one')], {
      execute: () => Promise.reject(new RoadsteadError('role refused', { code: 'STACK_FAILED' })),
    });
    expect(bad.record?.currentVersion).toBeUndefined();
    expect(bad.record?.problems).toEqual([{ code: 'STACK_FAILED', message: 'role refused' }]);
  });

  it('stops at the next step when asked and says what remains', async () => {
    const stop = new AbortController();
    const executor: StepExecutor = { execute: async () => stop.abort() };
    const { outcome, steps } = await run('c', [stage('network', 'one'), stage('pools', 'two')], executor, {
      stop: stop.signal,
    });
    expect(outcome).toEqual({ state: 'stopped', remaining: ['two'] });
    expect(steps.map(({ changeId }) => changeId)).toEqual(['one']);
  });

  it('begins no queued step of the stage that it was asked to stop in', async () => {
    const stop = new AbortController();
    const executor: StepExecutor = { execute: async () => stop.abort() };
    const stages = [stage('network', 'one', 'two', 'three'), stage('pools', 'four')];
    const { outcome, steps } = await run('d', stages, executor, { stop: stop.signal });
    // Two work at the same time: both were under way.
    expect(steps.map(({ changeId }) => changeId)).toEqual(['one', 'two']);
    expect(outcome).toEqual({ state: 'stopped', remaining: ['three', 'four'] });
  });

  it('is done when it was asked to stop in its very last step', async () => {
    const stop = new AbortController();
    const { outcome } = await run(
      'e',
      [stage('pools', 'one')],
      { execute: async () => stop.abort() },
      { stop: stop.signal },
    );
    expect(outcome).toEqual({ state: 'done' });
  });

  it('that is ended at once is stopped, not failed: the step that was cut short remains', async () => {
    const abort = new AbortController();
    const executor: StepExecutor = {
      execute: async () => {
        abort.abort(new Error('stopped at once by a second Ctrl-C'));
        throw new Error('Request aborted');
      },
    };
    const stages = [stage('network', 'one'), stage('pools', 'two')];
    const { outcome, steps, last } = await run('f', stages, executor, { signal: abort.signal });
    expect(outcome).toEqual({ state: 'stopped', remaining: ['one', 'two'] });
    expect(steps).toMatchObject([{ changeId: 'one', state: 'failed', failure: { code: 'STOPPED' } }]);
    expect(last).toMatchObject({ state: 'stopped' });
    expect(last?.failure).toBeUndefined();
  });

  it('keeps a failure from before it was ended at once', async () => {
    const abort = new AbortController();
    const executor: StepExecutor = {
      execute: async (step) => {
        if (step.id === 'bad') throw new RoadsteadError('role refused', { code: 'STACK_FAILED' });
        await new Promise((resolve) => setImmediate(resolve));
        abort.abort();
        throw new Error('Request aborted');
      },
    };
    const { outcome } = await run('g', [stage('network', 'bad', 'slow')], executor, { signal: abort.signal });
    expect(outcome).toMatchObject({ state: 'failed', failures: [{ step: 'bad', failure: { code: 'STACK_FAILED' } }] });
  });

  it.each([
    ['cuts a step short', true, 'one'],
    ['comes between two steps', false, 'two'],
  ])('whose lease is lost fails with that reason when the loss %s', async (_, cuts, step) => {
    const lost = new AbortController();
    const executor: StepExecutor = {
      execute: async () => {
        lost.abort(new RoadsteadError('Another process has taken over', { code: 'LEASE_LOST' }));
        if (cuts) throw new Error('Request aborted');
      },
    };
    const stages = [stage('network', 'one'), stage('pools', 'two')];
    const { outcome, last } = await run(`lost-${step}`, stages, executor, { signal: lost.signal });
    expect(outcome).toMatchObject({ state: 'failed', failures: [{ step, failure: { code: 'LEASE_LOST' } }] });
    expect(last).toMatchObject({ state: 'failed', failure: { code: 'LEASE_LOST' } });
  });
});
