import type { Status } from '@roadstead/lifecycle';
import { createColors } from 'picocolors';
import { expect, it } from 'vitest';
import { statusText } from './status.ts';

const nothing: Status = {
  cluster: 'shop',
  controlPlane: 'not there',
  problems: [],
  warnings: [],
  nodes: [],
  addons: [],
  stacks: [],
  history: [],
};
const text = (status: Partial<Status>): string[] => statusText({ ...nothing, ...status }, createColors(false), 100_000);

it('of a cluster that is not there has no empty headings', () => {
  expect(text({})).toEqual([
    'shop',
    '  control plane  not there',
    '  current        (none verified from here)',
    '  next           -',
    '  known good     -',
  ]);
});

it('says what could not be read', () => {
  expect(text({ warnings: ['Nodes cannot be listed: forbidden'] })).toContain('! Nodes cannot be listed: forbidden');
});

it('of one at work says who, since when and how far', () => {
  expect(
    text({
      controlPlane: 'CREATING',
      nextVersion: 'v2',
      working: { user: 'ada', purpose: 'up', pid: 7, host: 'desk', since: 0 },
      run: {
        id: 'r',
        kind: 'up',
        state: 'running',
        startedAt: 10_000,
        steps: [
          { id: 'stack/network', state: 'done', seconds: 61 },
          { id: 'eks/cluster', state: 'running' },
          { id: 'stack/pool', state: 'failed', seconds: 3, failure: { code: 'STACK_FAILED', message: 'no quota' } },
        ],
      },
      stacks: [{ name: 'roadstead-shop-network', status: 'CREATE_COMPLETE' }],
    }).slice(3),
  ).toEqual([
    '  next           v2',
    '  known good     -',
    'at work: ada, `up` since 1970-01-01T00:00:00.000Z (process 7 on desk)',
    '  last run: up running, 2 min',
    '    done    stack/network 61 s',
    '    running eks/cluster',
    '    failed  stack/pool 3 s: no quota',
    'stacks',
    '  roadstead-shop-network  CREATE_COMPLETE',
  ]);
});

it('of one with a problem says its code and what to do', () => {
  const failure = { code: 'STACK_FAILED', message: 'no quota', hint: 'ask for it' };
  const run = {
    id: 'r',
    kind: 'up',
    state: 'done',
    startedAt: 0,
    endedAt: 60_000,
    steps: [{ id: 'a', state: 'done' }],
  };
  expect(text({ problems: [failure], run }).slice(5)).toEqual([
    '  last run: up done, 60 s',
    '✗ no quota [STACK_FAILED]\n  ask for it',
  ]);
});

it('says what could not be read, and who did what of late', () => {
  const history = Array.from({ length: 7 }, (_, index) => ({
    at: 1000 * index,
    actor: `ada${index}`,
    action: 'up-begun',
    detail: {},
  }));
  const lines = text({ warnings: ['Nodes cannot be listed: no answer'], history });
  expect(lines).toContain('! Nodes cannot be listed: no answer');
  expect(lines.slice(-6)).toEqual([
    'history',
    ...[0, 1, 2, 3, 4].map((index) => `  1970-01-01T00:00:0${index}.000Z  up-begun  ada${index}`),
  ]);
});
