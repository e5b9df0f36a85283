import type { Run } from '@roadstead/store';
import { expect, it } from 'vitest';
import { runOf } from './read-status.ts';

const run: Run = { id: 'r', clusterId: 'c', kind: 'up', plan: {}, state: 'running', startedAt: 0 };

it('tells a run whose process was killed from one at work', () => {
  expect(runOf(run, [], true).state).toBe('running');
  expect(runOf(run, [], false).state).toBe('interrupted');
  expect(runOf({ ...run, state: 'failed' }, [], false).state).toBe('failed');
});

it('says why a run and its step failed', () => {
  const failure = { code: 'STACK_FAILED', message: 'role refused' };
  const told = runOf(
    { ...run, state: 'failed', failure },
    [{ changeId: 'stack/network', state: 'failed', startedAt: 0, endedAt: 3000, failure }],
    false,
  );
  expect(told).toMatchObject({ failure, steps: [{ id: 'stack/network', seconds: 3, failure }] });
});
