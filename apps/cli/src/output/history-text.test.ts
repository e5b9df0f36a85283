import type { PastRun } from '@roadstead/lifecycle';
import { createColors } from 'picocolors';
import { expect, it } from 'vitest';
import { historyText, pastRunText } from './history-text.ts';

const plain = createColors(false);
const run: PastRun = {
  id: '3f2a91bc-0000-4000-8000-000000000000',
  kind: 'up',
  state: 'done',
  startedAt: Date.UTC(2026, 10, 21, 3),
  endedAt: Date.UTC(2026, 10, 21, 3, 14),
  seconds: 840,
  changes: 41,
  version: 'v1',
  actor: 'arn:aws:sts::123456789012:assumed-role/admin/ada',
  user: 'ada',
  host: 'desk',
};
const failure = { code: 'STACK_FAILED', message: 'no quota', hint: 'ask for it' };

it('lists runs newest first, and says how to see the steps of one', () => {
  const { seconds: _, endedAt: __, actor: ___, ...killed } = run;
  const runs: PastRun[] = [
    { ...killed, id: '00c0ffee-1', kind: 'down', state: 'interrupted', changes: 7 },
    { ...run, state: 'failed', seconds: 61, failure },
    run,
  ];
  expect(historyText('shop', runs, plain)).toEqual([
    'shop',
    '  run       began                 command  outcome              took    changes  by',
    '  00c0ffee  2026-11-21T03:00:00Z  down     interrupted          -       7        -',
    '  3f2a91bc  2026-11-21T03:00:00Z  up       failed STACK_FAILED  61 s    41       assumed-role/admin/ada',
    '  3f2a91bc  2026-11-21T03:00:00Z  up       done                 14 min  41       assumed-role/admin/ada',
    '  roadstead history --run RUN shows the steps of one',
  ]);
});

it('says that there is none', () => {
  expect(historyText('shop', [], plain)).toEqual(['No run of shop is recorded here.']);
});

it('tells one run with its steps, their times, and why one failed', () => {
  const steps = [
    {
      id: 'stack/network',
      what: 'stack roadstead-shop-network',
      state: 'done',
      startedAt: run.startedAt,
      seconds: 240,
    },
    { id: 'eks/cluster', state: 'failed', startedAt: run.startedAt + 241_000, seconds: 3, failure },
    { id: 'eks/x', what: 'add-on x', state: 'interrupted', startedAt: run.startedAt + 241_000 },
  ];
  expect(pastRunText('shop', { ...run, state: 'failed', failure, steps, events: [] }, plain)).toEqual([
    'shop up',
    '  run      3f2a91bc-0000-4000-8000-000000000000',
    '  began    2026-11-21T03:00:00Z',
    '  outcome  failed',
    '  took     14 min',
    '  changes  41',
    '  by       arn:aws:sts::123456789012:assumed-role/admin/ada, from ada@desk',
    '  version  v1',
    'steps',
    '  done         +0:00  4 min  stack roadstead-shop-network',
    '  failed       +4:01  3 s    eks/cluster',
    '    ✗ no quota [STACK_FAILED]',
    '      ask for it',
    '  interrupted  +4:01  -      add-on x',
  ]);
});

it('tells why a run failed that no step of it says', () => {
  const { actor: _, user: __, version: ___, ...unknown } = run;
  expect(pastRunText('shop', { ...unknown, state: 'failed', failure, steps: [], events: [] }, plain).slice(5)).toEqual([
    '  changes  41',
    '  by       -',
    '  version  -',
    '    ✗ no quota [STACK_FAILED]',
    '      ask for it',
  ]);
});
