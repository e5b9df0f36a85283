import type { Change, Phase } from '@roadstead/definition';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { orderAwsChanges } from './order.ts';

const change = (id: string, phase: Phase, action: Change['action'] = 'create', why = ''): Change => ({
  id,
  phase,
  action,
  class: 'safe',
  what: id,
  why,
  fields: [],
});

/** Every kind of line, in the batches in which they can be made. */
const batches: readonly (readonly Change[])[] = [
  [change('stack/network', 'network')],
  [change('stack/foundation', 'foundation')],
  [change('eks/cluster', 'control-plane')],
  [change('eks/cluster/version', 'control-plane', 'update')],
  [change('logs/retention', 'control-plane', 'update')],
  [change('eks/access-entry/own', 'access', 'create', 'Roadstead lets itself in first')],
  [change('eks/access-entry/a', 'access'), change('eks/access-entry/b', 'access', 'delete')],
  [change('eks/pod-identity/dns/dns', 'access')],
  [change('eks/add-on/vpc-cni', 'add-ons-before')],
  [change('stack/pool-app', 'pools')],
  [change('eks/node-group/new', 'pools'), change('eks/node-group/other', 'pools', 'replace')],
  [change('eks/node-group/old', 'pools', 'delete')],
  [change('stack/pool-old', 'pools', 'delete')],
  [change('eks/add-on/coredns', 'add-ons-after')],
  [change('eks/add-on/old', 'add-ons-after', 'delete')],
];

it('changes come in the batches in which they can be made, whatever order they are given in', () => {
  const all = batches.flat();
  fc.assert(
    fc.property(fc.shuffledSubarray([...all], { minLength: 0, maxLength: all.length }), (some) => {
      const expected = batches
        .map((batch) => batch.filter((one) => some.includes(one)))
        .filter(({ length }) => length > 0);
      const found = orderAwsChanges(some);
      const ids = (list: readonly (readonly Change[])[]) => list.map((batch) => batch.map(({ id }) => id).toSorted());
      expect(ids(found)).toEqual(ids(expected));
    }),
  );
});
