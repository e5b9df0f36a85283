import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf, parseQuantity } from './quantity.ts';

describe('a Kubernetes quantity', () => {
  it.each([
    ['250m', 250_000_000n],
    ['1', 1_000_000_000n],
    ['0.5', 500_000_000n],
    ['.5', 500_000_000n],
    ['1Ki', 1024_000_000_000n],
    ['1.5Gi', 1_610_612_736_000_000_000n],
    ['0.2Gi', 214_748_364_800_000_000n],
    ['1k', 1_000_000_000_000n],
    ['1e3', 1_000_000_000_000n],
    ['2E-3', 2_000_000n],
    ['1E', 10n ** 27n],
    ['100n', 100n],
    ['1.5n', 2n],
    ['-1', -1_000_000_000n],
    ['+3', 3_000_000_000n],
  ])('reads %s', (text, nanos) => {
    expect(parseQuantity(text)).toBe(nanos);
  });

  it.each(['', '1GB', '1 Gi', 'Gi', '1.2.3', '1kk', '0x10', '1e', '٣', '1_000', '.'])('refuses %j', (text) => {
    expect(parseQuantity(text)).toBeUndefined();
  });

  it('keeps the order of whole numbers', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (a, b) => {
        const [left, right] = [parseQuantity(`${a}Mi`) ?? -1n, parseQuantity(`${b}Mi`) ?? -1n];
        expect(left < right).toBe(a < b);
      }),
    );
  });

  it('rounds bytes up', () => {
    expect(bytesOf(parseQuantity('0.2Gi') ?? 0n)).toBe(214748365n);
  });
});
