import { expect, test } from 'vitest';
import { AddressPool } from './address-pool.ts';

test('addresses come from the end of the block, each once, the same for the same pod', () => {
  const pool = new AddressPool('10.0.0.0/28');
  expect([pool.take('a'), pool.take('b'), pool.take('a')]).toEqual(['10.0.0.14', '10.0.0.13', '10.0.0.14']);
});

test('what AWS keeps and what others hold is never given', () => {
  const pool = new AddressPool('10.0.0.16/28');
  pool.claim('instance', '10.0.0.30');
  const given = Array.from({ length: 12 }, (_, index) => pool.take(`pod-${index}`));
  expect(given[0]).toBe('10.0.0.29');
  expect(given.slice(0, 10).at(-1)).toBe('10.0.0.20');
  expect(given.slice(10)).toEqual([undefined, undefined]);
});

test('an address that is let go is given again', () => {
  const pool = new AddressPool('10.0.0.0/28');
  pool.take('a');
  pool.release('a');
  expect(pool.take('b')).toBe('10.0.0.14');
});
