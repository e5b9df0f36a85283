import type { Change } from '@roadstead/definition';
import { describe, expect, it } from 'vitest';
import { movedSince } from './object-changes.ts';

const line = (id: string, action: Change['action'], name: Change['class'] = 'safe'): Change => ({
  id,
  phase: 'manifests',
  action,
  class: name,
  what: id,
  why: 'x',
  fields: [],
});

describe('what has moved since a plan was shown', () => {
  it.each<[string, Change[], Change[], string[]]>([
    ['nothing when the lines are the same', [line('a', 'create')], [line('a', 'create')], []],
    ['nothing when there is less to do', [line('a', 'create'), line('b', 'update')], [line('a', 'create')], []],
    ['a line that the plan did not have', [], [line('a', 'update')], ['a']],
    ['a line whose class rose', [line('a', 'update', 'safe')], [line('a', 'update', 'rolling')], ['a']],
    ['nothing when the class fell', [line('a', 'update', 'rolling')], [line('a', 'update', 'safe')], []],
    ['a line that now does something else', [line('a', 'create')], [line('a', 'update')], ['a']],
  ])('is %s', (_what, planned, now, moved) => {
    expect(movedSince(planned, now).map(({ id }) => id)).toEqual(moved);
  });
});
