const suffixes: Readonly<Record<string, readonly [base: bigint, power: bigint]>> = {
  n: [10n, -9n],
  u: [10n, -6n],
  m: [10n, -3n],
  '': [10n, 0n],
  k: [10n, 3n],
  M: [10n, 6n],
  G: [10n, 9n],
  T: [10n, 12n],
  P: [10n, 15n],
  E: [10n, 18n],
  Ki: [2n, 10n],
  Mi: [2n, 20n],
  Gi: [2n, 30n],
  Ti: [2n, 40n],
  Pi: [2n, 50n],
  Ei: [2n, 60n],
};

const nanosPerUnit = 1_000_000_000n;
const grammar = /^([+-]?)(\d+(?:\.\d*)?|\.\d+)(?:([eE][+-]?\d{1,2})|(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei))?$/;

/**
 * Reads a Kubernetes quantity (`250m`, `1.5Gi`, `1e3`) as billionths of its unit, rounded up as Kubernetes does.
 * Anything else is undefined.
 */
export function parseQuantity(text: string): bigint | undefined {
  const match = grammar.exec(text);
  if (match === null) return undefined;
  const [, sign = '', digits = '0', exponent, suffix = ''] = match;
  const [whole = '0', fraction = ''] = digits.split('.');
  const number = BigInt(`${whole || '0'}${fraction}`);
  const [base, power] = exponent === undefined ? (suffixes[suffix] ?? [10n, 0n]) : [10n, BigInt(exponent.slice(1))];
  const scaled = power < 0n ? [1n, base ** -power] : [base ** power, 1n];
  const numerator = number * (scaled[0] ?? 1n) * nanosPerUnit;
  const denominator = (scaled[1] ?? 1n) * 10n ** BigInt(fraction.length);
  const nanos = (numerator + denominator - 1n) / denominator;
  return sign === '-' ? -nanos : nanos;
}

/** Whole bytes of a quantity in billionths, rounded up. */
export function bytesOf(nanos: bigint): bigint {
  return (nanos + nanosPerUnit - 1n) / nanosPerUnit;
}
