import { expect, test } from 'vitest';
import { formatBytes, formatMilli, milliUnits, parseQuantity, wholeUnits } from './quantity.ts';

test.each([
  ['1', 1],
  ['250m', 0.25],
  ['0.2Gi', 214_748_364.8],
  ['1Gi', 2 ** 30],
  ['1e3', 1000],
  ['2E', 2e18],
  ['.5', 0.5],
  ['1.5k', 1500],
  ['', undefined],
  ['1 Gi', undefined],
  ['Gi', undefined],
  ['10%', undefined],
])('the quantity %j is %j', (text, value) => {
  expect(parseQuantity(text)).toBe(value);
});

test('whole units round up as apimachinery does', () => {
  expect(wholeUnits('0.2Gi')).toBe(214_748_365);
  expect(wholeUnits('1Gi')).toBe(1_073_741_824);
  expect(milliUnits('0.1')).toBe(100);
  expect(milliUnits('100u')).toBe(1);
  expect(wholeUnits('nonsense')).toBeUndefined();
});

test('quantities print as the kubelet prints them', () => {
  expect([formatMilli(2000), formatMilli(1930), formatMilli(0)]).toEqual(['2', '1930m', '0']);
  expect([formatBytes(2048), formatBytes(2049)]).toEqual(['2Ki', '2049']);
});
