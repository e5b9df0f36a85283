import type { Plan } from '@roadstead/lifecycle';
import { createColors } from 'picocolors';
import { expect, it } from 'vitest';
import { planText } from './plan-text.ts';

const header = {
  cluster: 'shop',
  account: '123456789012',
  region: 'eu-central-1',
  caller: 'arn:aws:iam::123456789012:user/admin',
  channel: 'stable',
  kubernetes: '1.36',
};
const colours = createColors(false);
const plan = (changes: Plan['changes'], more: Partial<Plan> = {}): string =>
  planText({ kind: 'up', header, version: 'v', changes, warnings: [], ...more }, colours).join('\n');

it('names the place and the caller, also when there is nothing to do', () => {
  const text = plan([], { header: { ...header, endpoint: 'http://127.0.0.1:4566' } });
  expect(text).toContain('shop · account 123456789012 · eu-central-1 · endpoint http://127.0.0.1:4566');
  expect(text).toContain('as arn:aws:iam::123456789012:user/admin');
  expect(text).toContain('Nothing to do');
});

it('shows what changes in a changed thing, phase by phase, and the most disturbing class', () => {
  const text = plan([
    {
      id: 'b',
      phase: 'pools',
      action: 'update',
      class: 'rolling',
      what: 'node group app',
      why: 'launchTemplate.version differs',
      fields: [{ path: 'launchTemplate.version', from: '1', to: '2' }],
      knownAfter: ['known after pool-app'],
    },
    {
      id: 'a',
      phase: 'network',
      action: 'create',
      class: 'safe',
      what: 'stack network',
      why: 'declared, not there yet',
      fields: [{ path: 'x', to: 1 }],
      usualSeconds: 240,
    },
  ]);
  expect(text.indexOf('network')).toBeLessThan(text.indexOf('pools'));
  expect(text).toContain('launchTemplate.version: 1 → 2');
  expect(text).toContain('known after pool-app');
  expect(text).toContain('usually 4 min');
  expect(text).toContain('Plan: 1 to create, 1 to update · class rolling');
  expect(text).not.toContain('x: ');
});

it('shortens long values and long lists of fields, and says so', () => {
  const fields = Array.from({ length: 20 }, (_, index) => ({ path: `f${index}`, from: 'a'.repeat(500), to: 'b' }));
  const text = plan([{ id: 'a', phase: 'network', action: 'update', class: 'safe', what: 'x', why: 'y', fields }]);
  expect(text).toContain('… and 8 more fields');
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThan(140);
});

it('aligns the lines of a phase by the longest of that phase, so that one long name does not push all others off', () => {
  const line = (phase: 'network' | 'access', what: string): Plan['changes'][number] => ({
    id: what,
    phase,
    action: 'create',
    class: 'safe',
    what,
    why: 'declared, not there yet',
    fields: [],
    usualSeconds: 240,
  });
  const names = ['stack roadstead-shop-network', 'access entry arn:aws:iam::123456789012:role/developer', 'short'];
  const [network = '', long = '', short = ''] = names;
  const rows = plan([line('network', network), line('access', long), line('access', short)])
    .split('\n')
    .slice(4);
  expect(rows).toEqual([
    'network',
    '  + stack roadstead-shop-network safe       declared, not there yet · usually 4 min',
    '',
    'access',
    `  + ${long} safe       declared, not there yet · usually 4 min`,
    `  + ${short.padEnd(long.length)} safe       declared, not there yet · usually 4 min`,
    '',
    'Plan: 3 to create · class safe',
  ]);
});

it('goes back in the opposite order on the way down, and shows no fields of what goes', () => {
  const gone = (phase: 'network' | 'pools'): Plan['changes'][number] => ({
    id: phase,
    phase,
    action: 'delete',
    class: 'disruptive',
    what: `stack ${phase}`,
    why: 'the cluster is taken down',
    fields: [{ path: 'x', from: 1 }],
  });
  const text = plan([gone('network'), gone('pools')], { kind: 'down' });
  expect(text.indexOf('stack pools')).toBeLessThan(text.indexOf('stack network'));
  expect(text).not.toContain('x: 1');
  expect(text).toContain('Plan: 2 to delete · class disruptive');
  expect(plan([], { kind: 'down' })).toContain('Nothing to do: nothing of this cluster is there.');
});

it('shows what a person should know ahead of the changes', () => {
  expect(plan([], { warnings: ['one zone is no zone'] })).toContain('! one zone is no zone');
});

it.each<[string, unknown, string]>([
  ['nothing', undefined, '(nothing)'],
  ['text', 'a', 'a'],
  ['a number', 3, '3'],
  ['false', false, 'false'],
  ['null', null, 'null'],
  ['a list', ['a', 1], '["a",1]'],
])('writes %s so that it can be told from another', (_what, to, written) => {
  const fields = [{ path: 'f', from: 'x', to }];
  expect(plan([{ id: 'a', phase: 'network', action: 'update', class: 'safe', what: 'w', why: 'y', fields }])).toContain(
    `      f: x → ${written}\n`,
  );
});
