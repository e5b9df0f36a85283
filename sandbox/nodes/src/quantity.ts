/** Kubernetes resource quantities (`250m`, `1.5`, `0.2Gi`, `2e3`) as numbers and back. */

const factors: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

const form = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei))?$/;

/** In base units (cores, bytes, pieces). What is no quantity is `undefined`. */
export function parseQuantity(text: string): number | undefined {
  const match = form.exec(text);
  if (match === null) return undefined;
  const [, digits = '', exponent, suffix = ''] = match;
  if (exponent !== undefined) return Number(digits + exponent);
  return Number(digits) * (factors[suffix] ?? 1);
}

/** Whole units, rounded up as apimachinery's `Value()` does; floating noise under a millionth does not round up. */
export function wholeUnits(text: string): number | undefined {
  const value = parseQuantity(text);
  return value === undefined ? undefined : Math.ceil(value - 1e-6);
}

/** Thousandths, rounded up: how CPU is counted. */
export function milliUnits(text: string): number | undefined {
  const value = parseQuantity(text);
  return value === undefined ? undefined : Math.ceil(value * 1000 - 1e-6);
}

/** CPU as the kubelet prints it: `2`, or `1930m`. */
export function formatMilli(milli: number): string {
  return milli % 1000 === 0 ? String(milli / 1000) : `${milli}m`;
}

/** Bytes as the kubelet prints them: in Ki where that is exact. */
export function formatBytes(bytes: number): string {
  return bytes % 1024 === 0 ? `${bytes / 1024}Ki` : String(bytes);
}
