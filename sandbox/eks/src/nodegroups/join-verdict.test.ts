import { describe, expect, it } from 'vitest';
import { type JoinSight, joinVerdict } from './join-verdict.ts';

/** At factor 60: EKS's twenty minutes are 20 seconds. */
const sight = (change: Partial<JoinSight>): JoinSight => ({
  wanted: 2,
  ready: 0,
  missing: ['i-1', 'i-2'],
  waitedMs: 21_000,
  limitMs: 20_000,
  floorMs: 120_000,
  ...change,
});

describe('nodes that are waited for', () => {
  it.each<[string, Partial<JoinSight>, readonly string[], string]>([
    ['all Ready', { ready: 2, missing: [] }, [], 'joined'],
    ['none can join, and the time is not over', { waitedMs: 19_999 }, ['i-1', 'i-2'], 'wait'],
    ['none can join, and the time is over', {}, ['i-1', 'i-2'], 'over'],
    ['one may still join', {}, ['i-1'], 'wait'],
    ['nothing is known against them', {}, [], 'wait'],
    ['one is Ready, the other cannot join', { ready: 1, missing: ['i-2'] }, ['i-2'], 'over'],
    ['an instance is not yet launched', { missing: ['i-1'] }, ['i-1'], 'wait'],
    ['no instance is there', { missing: [] }, [], 'wait'],
    ['one may still join after the floor', { waitedMs: 120_000 }, ['i-1'], 'over'],
    ['nothing is known after the floor', { waitedMs: 120_000 }, [], 'over'],
    ['the floor is shorter than the limit', { waitedMs: 130_000, limitMs: 1_200_000 }, ['i-1', 'i-2'], 'wait'],
  ])('%s', (_title, change, lost, expected) => {
    expect(joinVerdict(sight(change), (id) => (lost.includes(id) ? 'no way out' : undefined))).toBe(expected);
  });
});
