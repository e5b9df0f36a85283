import { describe, expect, it } from 'vitest';
import { nearMatch } from './near-match.ts';

describe('the near match', () => {
  const words = ['name', 'nodePools', 'network', 'instanceTypes', 'VpcId'];
  it.each([
    ['nodePool', 'nodePools'],
    ['nodepools', 'nodePools'],
    ['nmae', 'name'],
    ['netwrok', 'network'],
    ['Vpc', 'VpcId'],
    ['instanceType', 'instanceTypes'],
    ['nope', undefined],
    ['karpenter', undefined],
  ])('of %s is %s', (word, match) => {
    expect(nearMatch(word, words)).toBe(match);
  });

  it('of nothing is nothing', () => {
    expect(nearMatch('a', [])).toBeUndefined();
  });
});
