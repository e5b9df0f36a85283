import { describe, expect, it } from 'vitest';
import { trustsService } from '../aws/iam.ts';
import { addressIn, contains, overlaps, parseCidr } from './cidr.ts';
import { page } from './paging.ts';

describe('pages of a list', () => {
  const items = ['d', 'a', 'c', 'b', 'e'];
  const walk = (maxResults: number) => {
    const seen: string[][] = [];
    let nextToken: string | undefined;
    do {
      const input = nextToken === undefined ? { maxResults } : { maxResults, nextToken };
      const shown = page(items, { operation: 'ListClusters', input }, (item) => item);
      seen.push([...shown.items]);
      nextToken = shown.nextToken;
    } while (nextToken !== undefined && seen.length < 10);
    return seen;
  };

  it.each([
    [2, [['a', 'b'], ['c', 'd'], ['e']]],
    [5, [['a', 'b', 'c', 'd', 'e']]],
    [100, [['a', 'b', 'c', 'd', 'e']]],
  ])('of %i hold each item once, in order', (size, expected) => {
    expect(walk(size)).toEqual(expected);
  });

  it.each([
    ['nonsense', 'x'],
    ['the token of another list', Buffer.from('ListAddons:a').toString('base64url')],
  ])('refuse %s', (_title, nextToken) => {
    const request = { operation: 'ListClusters', input: { nextToken } };
    expect(() => page(items, request, (item) => item)).toThrow(/Invalid nextToken/);
  });
});

describe('address blocks', () => {
  const cidr = (text: string) => parseCidr(text) ?? { base: -1, bits: -1 };
  it.each([
    ['10.0.0.0/8', true],
    ['10.0.0.1/8', false],
    ['256.0.0.0/8', false],
    ['10.0.0.0/33', false],
    ['10.0.0.0', false],
  ])('%s is one: %s', (text, good) => {
    expect(parseCidr(text) !== undefined).toBe(good);
  });

  it.each([
    ['10.0.0.0/8', '10.20.0.0/16', true],
    ['10.20.0.0/16', '10.0.0.0/8', true],
    ['10.20.0.0/16', '10.21.0.0/16', false],
  ])('%s and %s overlap: %s', (a, b, expected) => {
    expect(overlaps(cidr(a), cidr(b))).toBe(expected);
    expect(contains(cidr(a), cidr(b))).toBe(expected && a === '10.0.0.0/8');
  });

  it('count their addresses', () => {
    expect(addressIn(cidr('172.20.255.0/24'), 10)).toBe('172.20.255.10');
    expect(addressIn(cidr('10.100.0.0/16'), 256)).toBe('10.100.1.0');
  });
});

describe('a trust policy', () => {
  const document = (statement: object) => ({ Statement: [statement] });
  const eks = { Effect: 'Allow', Principal: { Service: 'eks.amazonaws.com' }, Action: 'sts:AssumeRole' };
  it.each<[string, unknown, boolean]>([
    ['names the service', document(eks), true],
    [
      'names it among others',
      document({ ...eks, Principal: { Service: ['ec2.amazonaws.com', 'eks.amazonaws.com'] } }),
      true,
    ],
    ['allows more actions', document({ ...eks, Action: ['sts:AssumeRole', 'sts:TagSession'] }), true],
    ['holds one statement that is no list', { Statement: eks }, true],
    ['names another service', document({ ...eks, Principal: { Service: 'ec2.amazonaws.com' } }), false],
    ['allows another action', document({ ...eks, Action: 'sts:TagSession' }), false],
    ['names an account', document({ ...eks, Principal: { AWS: '*' } }), false],
    ['denies it too', { Statement: [eks, { ...eks, Effect: 'Deny' }] }, false],
    ['is missing', undefined, false],
  ])('that %s', (_title, trust, expected) => {
    expect(trustsService(trust, 'eks.amazonaws.com')).toBe(expected);
  });
});
