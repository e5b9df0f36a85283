import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock, RoadsteadError } from '@roadstead/foundation';
import { type Journal, openStore, type Store } from '@roadstead/store';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LifecycleEvent } from './events.ts';
import type { Stage } from './plan.ts';
import { runPlan, type StepExecutor } from './run-plan.ts';

let store: Store;
beforeAll(async () => {
  store = await openStore({ directory: await mkdtemp(join(tmpdir(), 'roadstead-run-')) });
});
afterAll(() => store.close());

const stage = (phase: Stage['phase'], ...ids: string[]): Stage => ({
  phase,
  steps: ids.map((id) => ({ id, phase, what: id, changes: [] })),
});

async function run(
  runId: string,
  stages: Stage[],
  executor: StepExecutor,
  stop = new AbortController().signal,
  signal = new AbortController().signal,
  journal: Journal = store.journal,
) {
  const events: LifecycleEvent[] = [];
  await store.journal.begin({ id: runId, clusterId: runId, kind: 'up', plan: {}, startedAt: 0 });
  const outcome = await runPlan({
    runId,
    cluster: 'shop',
    kind: 'up',
    stages,
    executor,
    journal,
    clock: new FakeClock(),
    concurrency: 2,
    stop,
    signal,
    onEvent: (event) => events.push(event),
  });
  return { outcome, events, steps: await store.journal.steps(runId), last: await store.journal.lastRun(runId) };
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
      const full = Object.assign(Object.create(store.journal) as Journal, {
        beginStep: store.journal.beginStep.bind(store.journal),
        endStep: store.journal.endStep.bind(store.journal),
        end: store.journal.end.bind(store.journal),
        record: async () => undefined,
        [call]: () => Promise.reject(new Error('database or disk is full')),
      });
      const done: string[] = [];
      const executor = { execute: async (step: { id: string }) => void done.push(step.id) };
      const none = new AbortController().signal;
      const { outcome } = await run(
        `full-${call}`,
        [stage('network', 'one'), stage('pools', 'two')],
        executor,
        none,
        none,
        full,
      );
      expect(outcome).toMatchObject({
        state: 'failed',
        failures: [{ failure: { code: 'STORE_UNUSABLE', message: expect.stringContaining('disk is full') } }],
      });
      expect(done).toEqual({ beginStep: [], endStep: ['one'], end: ['one', 'two'] }[call]);
    },
  );

  it('stops at the next step when asked and says what remains', async () => {
    const stop = new AbortController();
    const executor: StepExecutor = { execute: async () => stop.abort() };
    const { outcome, steps } = await run('c', [stage('network', 'one'), stage('pools', 'two')], executor, stop.signal);
    expect(outcome).toEqual({ state: 'stopped', remaining: ['two'] });
    expect(steps.map(({ changeId }) => changeId)).toEqual(['one']);
  });

  it('begins no queued step of the stage that it was asked to stop in', async () => {
    const stop = new AbortController();
    const executor: StepExecutor = { execute: async () => stop.abort() };
    const stages = [stage('network', 'one', 'two', 'three'), stage('pools', 'four')];
    const { outcome, steps } = await run('d', stages, executor, stop.signal);
    // Two work at the same time: both were under way.
    expect(steps.map(({ changeId }) => changeId)).toEqual(['one', 'two']);
    expect(outcome).toEqual({ state: 'stopped', remaining: ['three', 'four'] });
  });

  it('is done when it was asked to stop in its very last step', async () => {
    const stop = new AbortController();
    const { outcome } = await run('e', [stage('pools', 'one')], { execute: async () => stop.abort() }, stop.signal);
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
    const { outcome, steps, last } = await run('f', stages, executor, undefined, abort.signal);
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
    const { outcome } = await run('g', [stage('network', 'bad', 'slow')], executor, undefined, abort.signal);
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
    const { outcome, last } = await run(`lost-${step}`, stages, executor, undefined, lost.signal);
    expect(outcome).toMatchObject({ state: 'failed', failures: [{ step, failure: { code: 'LEASE_LOST' } }] });
    expect(last).toMatchObject({ state: 'failed', failure: { code: 'LEASE_LOST' } });
  });
});
