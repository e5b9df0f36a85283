import { expect, it } from 'vitest';
import { figuresOf, median, timesFaster } from './statistics.ts';

it.each([
  [[3], 3],
  [[9, 1, 2], 2],
  [[4, 1, 2, 100], 3],
])('the median of %j is %d', (figures, expected) => {
  expect(median(figures)).toBe(expected);
});

it('has no median of nothing', () => {
  expect(() => median([])).toThrow('no figures');
});

it('compares by medians, so that one stall of the machine decides nothing', () => {
  expect(timesFaster(figuresOf([10, 10, 900]), figuresOf([50, 40, 45]))).toBe(4.5);
});
