import { describe, expect, it } from 'vitest';
import { isInRange } from './version-range.ts';

describe('a range of versions', () => {
  it.each<[version: string, range: string, isInside: boolean | undefined]>([
    ['1.4.2', '>=1.2.0 <2.0.0', true],
    ['2.0.0', '>=1.2.0 <2.0.0', false],
    ['1.4.2', '>=1.2, <2', true],
    ['1.4.2', '>= 1.2 < 2', true],
    ['1.2.0', '>1.2', false],
    ['1.3.0', '>1.2', true],
    ['1.2.1', '>1.2.0', true],
    ['1.2.9', '<=1.2', true],
    ['1.2.9', '<=1.2.8', false],
    ['1.9.0', '^1.2.3', true],
    ['2.0.0', '^1.2.3', false],
    ['0.2.9', '^0.2.3', true],
    ['0.3.0', '^0.2.3', false],
    ['0.0.4', '^0.0.3', false],
    ['1.2.9', '~1.2.3', true],
    ['1.3.0', '~1.2.3', false],
    ['1.9.9', '1.x', true],
    ['1.9.9', '1', true],
    ['1.2.3', '1.2.3', true],
    ['1.2.4', '=1.2.3', false],
    ['3.0.0', '^1 || ^3', true],
    ['2.0.0', '^1 || ^3', false],
    ['0.0.0', '*', true],
    ['0.0.0', '>=0.0.0', true],
    ['2.0.0-rc.1', '>=2', true],
    ['2.0.0-rc.1', '<2', false],
    ['2.0.0-rc.1', '>=2.0.0', false],
    ['2.0.0-rc.2', '>2.0.0-rc.1', true],
    ['2.0.0-rc.10', '>2.0.0-rc.9', true],
    ['2.0.0-alpha', '>2.0.0-1', true],
    ['1.0.0', 'new', undefined],
    ['1.0.0', '>=', undefined],
    ['1.0.0', '^1 || new', undefined],
    ['1.0.0', '>=1.0.0.0', undefined],
    ['one', '*', undefined],
  ])('%s in %s: %s', (version, range, isInside) => {
    expect(isInRange(version, range)).toBe(isInside);
  });
});
