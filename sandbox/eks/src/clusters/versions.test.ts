import { describe, expect, it } from 'vitest';
import { offeredVersions, supportedVersions, versionStatus, versionStep } from './versions.ts';

const at = (day: string) => Date.parse(day);
const minors = ['1.33', '1.34', '1.35', '1.36'];

describe('the versions on offer', () => {
  it.each([
    ['2026-11-21', ['1.33', '1.34', '1.35', '1.36']],
    ['2026-02-01', ['1.33', '1.34', '1.35']],
    ['2027-08-01', ['1.34', '1.35', '1.36']],
  ])('on %s are %j', (day, expected) => {
    expect(offeredVersions(minors, at(day)).map((version) => version.minor)).toEqual(expected);
  });

  it('are only those that can be played', () => {
    expect(offeredVersions(['1.36'], at('2026-11-21')).map((version) => version.minor)).toEqual(['1.36']);
  });

  it.each([
    ['1.33', '2026-11-21', 'EXTENDED_SUPPORT'],
    ['1.34', '2026-11-21', 'STANDARD_SUPPORT'],
    ['1.34', '2026-12-02', 'EXTENDED_SUPPORT'],
    ['1.33', '2027-07-29', 'UNSUPPORTED'],
  ])('%s on %s is in %s', (minor, day, expected) => {
    const version = supportedVersions.find((one) => one.minor === minor);
    expect(version === undefined ? undefined : versionStatus(version, at(day))).toBe(expected);
  });
});

describe('a step between versions', () => {
  const now = at('2026-11-21');
  const upgraded = { from: '1.34', at: now - 6 * 24 * 3600_000 };
  const longAgo = { from: '1.34', at: now - 8 * 24 * 3600_000 };
  it.each([
    ['one up', '1.35', '1.36', undefined, 'upgrade'],
    ['two up', '1.34', '1.36', undefined, 'refused'],
    ['nowhere', '1.35', '1.35', undefined, 'refused'],
    ['down without an upgrade', '1.35', '1.34', undefined, 'refused'],
    ['back within seven days', '1.35', '1.34', upgraded, 'rollback'],
    ['back after seven days', '1.35', '1.34', longAgo, 'refused'],
    ['back to another version than before', '1.36', '1.35', upgraded, 'refused'],
    ['to what is not on offer', '1.36', '1.37', undefined, 'refused'],
  ] as const)('%s', (_title, from, to, last, expected) => {
    expect(versionStep(from, to, minors, last, now).kind).toBe(expected);
  });
});
