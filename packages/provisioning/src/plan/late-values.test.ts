import { describe, expect, it } from 'vitest';
import { knownAfter, lateReferences, resolveLate } from './late-values.ts';

const vpc = { $late: 'outputs.network.VpcId' };
const key = { $late: 'outputs.foundation.Key' };
const outputs = { network: { VpcId: 'vpc-1', Private: 'subnet-a,subnet-b' } };

describe('late values', () => {
  it.each([
    ['a plain value', 'text', 'text', []],
    ['a known hole', vpc, 'vpc-1', []],
    ['an unknown hole', key, key, ['outputs.foundation.Key']],
    ['a hole deep inside', { a: [{ b: vpc }] }, { a: [{ b: 'vpc-1' }] }, []],
    ['text around a hole', { $lateText: ['arn:', vpc, '/x'] }, 'arn:vpc-1/x', []],
    [
      'text around an unknown hole',
      { $lateText: ['arn:', key] },
      { $lateText: ['arn:', key] },
      ['outputs.foundation.Key'],
    ],
    [
      'a list output inside a list',
      [{ $late: 'outputs.network.Private' }, 'subnet-c'],
      ['subnet-a', 'subnet-b', 'subnet-c'],
      [],
    ],
    ['a list output alone', { $late: 'outputs.network.Private' }, 'subnet-a,subnet-b', []],
  ])('fills %s', (_name, value, filled, unknown) => {
    expect(resolveLate(value, outputs)).toEqual({ value: filled, unknown });
  });

  it('names what is still to be known, by stack, once', () => {
    const references = lateReferences([key, vpc, { $lateText: ['a', vpc] }]);
    expect(references).toEqual(['outputs.foundation.Key', 'outputs.network.VpcId']);
    expect(knownAfter(references)).toEqual(['known after foundation', 'known after network']);
  });
});
