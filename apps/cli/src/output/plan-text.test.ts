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
