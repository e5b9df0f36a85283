import { describe, expect, it } from 'vitest';
import { readNodeFault } from './node-faults.ts';

const place = { account: '123456789012', region: 'eu-central-1' };

describe('a fault of a node from JSON', () => {
  it('is read with the usual account and region', () => {
    expect(readNodeFault({ node: 'pod-crash', cluster: 'shop', match: 'default/web' }, place)).toEqual({
      ...place,
      cluster: 'shop',
      fault: { kind: 'pod-crash', match: 'default/web' },
    });
  });

  it('is not one when it does not say so', () => {
    expect(readNodeFault({ service: 'eks', action: { kind: 'throttle' } }, place)).toBeUndefined();
    expect(readNodeFault(undefined, place)).toBeUndefined();
  });

  it.each([
    [{ node: 'explode', cluster: 'shop' }, 'node is one of'],
    [{ node: 'pod-crash' }, 'needs cluster'],
    [{ node: 'pod-crash', cluster: 3 }, 'needs cluster'],
  ])('is refused: %j', (body, message) => {
    expect(() => readNodeFault(body, place)).toThrow(message);
  });
});
