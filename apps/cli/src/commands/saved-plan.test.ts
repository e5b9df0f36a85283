import type { Change } from '@roadstead/definition';
import type { Plan } from '@roadstead/lifecycle';
import { expect, it } from 'vitest';
import { unplannedLines } from './saved-plan.ts';

const header = {
  cluster: 'shop',
  account: '123456789012',
  region: 'eu-central-1',
  caller: 'x',
  channel: 'stable',
  kubernetes: '1.36',
};
const line = (id: string, more: Partial<Change> = {}): Change => ({
  id,
  phase: 'network',
  action: 'update',
  class: 'safe',
  what: id,
  why: 'y',
  fields: [],
  ...more,
});
const plan = (changes: Change[], more: Partial<Plan> = {}): Plan => ({
  kind: 'up',
  header,
  version: 'v',
  digest: 'd',
  changes,
  warnings: [],
  ...more,
});

it.each<[string, Plan, Plan, RegExp | undefined]>([
  ['holds when nothing has moved', plan([line('a')]), plan([line('a')]), undefined],
  ['holds when there is less to do', plan([line('a'), line('b')]), plan([line('a')]), undefined],
  ['does not cover a line that came up since', plan([line('a')]), plan([line('a'), line('b')]), /b is new/],
  [
    'does not cover another value',
    plan([line('a', { fields: [{ path: 'max', from: 3, to: 4 }] })]),
    plan([line('a', { fields: [{ path: 'max', from: 3, to: 5 }] })]),
    /a would now update/,
  ],
  [
    'does not cover a worse class',
    plan([line('a')]),
    plan([line('a', { class: 'replace' })]),
    /a would now update \(replace\)/,
  ],
  [
    'does not cover another release, though its lines look the same',
    plan([line('a')]),
    plan([line('a')], { digest: 'other' }),
    /another release/,
  ],
  [
    'is of one cluster only',
    plan([]),
    plan([], { header: { ...header, account: '210987654321' } }),
    /it is for 123456789012/,
  ],
])('a kept plan %s', (_what, saved, fresh, said) => {
  const lines = unplannedLines(saved, fresh).join('\n');
  if (said === undefined) expect(lines).toBe('');
  else expect(lines).toMatch(said);
});
