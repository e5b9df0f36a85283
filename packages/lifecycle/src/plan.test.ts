import type { Change } from '@roadstead/definition';
import { describe, expect, it } from 'vitest';
import { batchStages, planClass, upStages } from './plan.ts';

function line(id: string, phase: Change['phase'], action: Change['action'] = 'create'): Change {
  return { id, phase, action, class: 'safe', what: id, why: 'declared, not there yet', fields: [] };
}

const ids = (stages: ReturnType<typeof upStages>): string[][] => stages.map(({ steps }) => steps.map(({ id }) => id));

describe('the order of a run', () => {
  const objects = [
    line('object/dns/Deployment.apps/dns/dns', 'manifests'),
    line('object/base/Namespace/-/x', 'manifests'),
  ];
  const needs = new Map([['dns', ['base']]]);

  it('walks the batches of AWS, then components by what they need', () => {
    const batches = [
      [line('stack/network', 'network')],
      [line('eks/node-group/a', 'pools'), line('eks/node-group/b', 'pools')],
    ];
    expect(ids(upStages(batches, objects, needs))).toEqual([
      ['stack/network'],
      ['eks/node-group/a', 'eks/node-group/b'],
      ['component/base'],
      ['component/dns'],
    ]);
  });

  it('takes away what is no longer in the release when every component has what it keeps', () => {
    const lines = [
      line('object/b/ConfigMap/d/gone', 'manifests', 'delete'),
      line('object/a/ConfigMap/d/new', 'manifests'),
    ];
    expect(ids(upStages([], lines, new Map()))).toEqual([['component/a'], ['prune']]);
  });

  it('runs components together that do not need each other, all lines of one in one step', () => {
    const lines = ['a', 'b', 'a'].map((name, index) => line(`object/${name}/ConfigMap/d/${index}`, 'manifests'));
    const [stage] = upStages([], lines, new Map());
    expect(stage?.steps.map(({ id, changes }) => [id, changes.length])).toEqual([
      ['component/a', 2],
      ['component/b', 1],
    ]);
  });

  it('refuses components that need each other', () => {
    const cycle = new Map([
      ['a', ['b']],
      ['b', ['a']],
    ]);
    expect(() => upStages([], [line('object/a/ConfigMap/d/a', 'manifests')], cycle)).toThrow('a → b → a');
  });

  it('leaves empty batches out', () => {
    expect(batchStages([[], [line('stack/network', 'network', 'delete')]])).toHaveLength(1);
  });
});

it('takes the class of the most disturbing change', () => {
  const of = (...classes: Change['class'][]): Change[] =>
    classes.map((name) => ({ ...line('x', 'network'), class: name }));
  expect(planClass([])).toBe('none');
  expect(planClass(of('safe', 'replace', 'rolling'))).toBe('replace');
});
