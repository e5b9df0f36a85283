import { describe, expect, it } from 'vitest';
import { createdFields, lateMembers, shown, whyUpdated, worstClass } from './lines.ts';

describe('the class of a line', () => {
  it('is the worst of its parts', () => {
    expect(worstClass([])).toBe('none');
    expect(worstClass(['safe', 'rolling', 'none'])).toBe('rolling');
    expect(worstClass(['one-way', 'replace'])).toBe('one-way');
  });
});

describe('the fields of a line', () => {
  const late = { $late: 'outputs.network.VpcId' };

  it('of a thing that is made are its leaves, without tags', () => {
    expect(
      createdFields({ name: 'a', size: { min: 1 }, list: [1], none: {}, vpc: late, tags: { owner: 'x' } }),
    ).toEqual([
      { path: 'name', to: 'a' },
      { path: 'size.min', to: 1 },
      { path: 'list', to: [1] },
      { path: 'none', to: {} },
      { path: 'vpc', to: '(known after network)' },
    ]);
  });

  it('say when holes are known, however deep', () => {
    expect(shown([{ vpc: late }, { $lateText: ['arn:', { $late: 'outputs.foundation.Key' }] }])).toEqual([
      { vpc: '(known after network)' },
      '(known after foundation)',
    ]);
    expect(lateMembers(['outputs.network.VpcId', 'outputs.network.Zone'])).toEqual({
      knownAfter: ['known after network'],
    });
    expect(lateMembers([])).toEqual({});
  });
});

describe('why a line is there', () => {
  it.each([
    [['a'], false, { why: 'a differs from what is declared' }],
    [['a', 'b'], false, { why: 'a, b differ from what is declared' }],
    [['a', 'b', 'c', 'd', 'e'], false, { why: 'a, b, c and 2 more differ from what is declared' }],
    [['a'], true, { why: 'a changed behind our back (drift)', drift: true }],
  ])('%s, drift %s', (paths, isDrift, expected) => {
    expect(whyUpdated({ isDrift }, paths)).toEqual(expected);
  });
});
