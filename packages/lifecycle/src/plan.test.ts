import type { Change, Phase } from '@roadstead/definition';
import { describe, expect, it } from 'vitest';
import { orderStages, planClass } from './plan.ts';

function line(id: string, phase: Phase, action: Change['action'] = 'create'): Change {
  return { id, phase, action, class: 'safe', what: id, why: 'declared, not there yet', fields: [] };
}

const ids = (stages: ReturnType<typeof orderStages>): string[][] =>
  stages.map(({ steps }) => steps.map(({ id }) => id));

describe('the order of a run', () => {
  const changes = [
    line('object/dns/apps/Deployment/dns/dns', 'manifests'),
    line('object/base/-/Namespace/-/x', 'manifests'),
    line('eks/node-group/app-1', 'pools'),
    line('eks/node-group/app-0', 'pools', 'delete'),
    line('stack/pool-app', 'pools'),
    line('stack/pool-old', 'pools', 'delete'),
    line('stack/network', 'network'),
    line('eks/cluster', 'control-plane'),
  ];
  const needs = new Map([['dns', ['base']]]);

  it('makes before it deletes, and a stack before what stands on it', () => {
    expect(ids(orderStages({ kind: 'up', changes }, needs))).toEqual([
      ['stack/network'],
      ['eks/cluster'],
      ['stack/pool-app'],
      ['eks/node-group/app-1'],
      ['eks/node-group/app-0'],
      ['stack/pool-old'],
      ['component/base'],
      ['component/dns'],
    ]);
  });

  it('walks backwards on the way down, what stands on a stack before the stack', () => {
    const down = changes.map((change) => ({ ...change, action: 'delete' as const }));
    expect(ids(orderStages({ kind: 'down', changes: down }, needs))).toEqual([
      ['prune'],
      ['eks/node-group/app-1', 'eks/node-group/app-0'],
      ['stack/pool-app', 'stack/pool-old'],
      ['eks/cluster'],
      ['stack/network'],
    ]);
  });

  it('takes away what is no longer in the release when every component has what it keeps', () => {
    const lines = [
      line('object/b/-/ConfigMap/d/gone', 'manifests', 'delete'),
      line('object/a/-/ConfigMap/d/new', 'manifests'),
    ];
    expect(ids(orderStages({ kind: 'up', changes: lines }, new Map()))).toEqual([['component/a'], ['prune']]);
  });

  it('runs components together that do not need each other', () => {
    const two = [line('object/a/-/ConfigMap/d/a', 'manifests'), line('object/b/-/ConfigMap/d/b', 'manifests')];
    expect(ids(orderStages({ kind: 'up', changes: two }, new Map()))).toEqual([['component/a', 'component/b']]);
  });

  it('refuses components that need each other', () => {
    const two = [line('object/a/-/ConfigMap/d/a', 'manifests')];
    const cycle = new Map([
      ['a', ['b']],
      ['b', ['a']],
    ]);
    expect(() => orderStages({ kind: 'up', changes: two }, cycle)).toThrow('a → b → a');
  });
});

it('takes the class of the most disturbing change', () => {
  const of = (...classes: Change['class'][]): Change[] =>
    classes.map((name) => ({ ...line('x', 'network'), class: name }));
  expect(planClass([])).toBe('none');
  expect(planClass(of('safe', 'replace', 'rolling'))).toBe('replace');
});
