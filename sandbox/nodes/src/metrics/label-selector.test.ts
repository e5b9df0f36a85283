import { expect, test } from 'vitest';
import { fitsSelector } from './label-selector.ts';

const labels = { app: 'web', tier: 'front' };

test.each([
  ['', true],
  ['app=web', true],
  ['app==web,tier=front', true],
  ['app=api', false],
  ['app!=api', true],
  ['missing!=x', true],
  ['app in (api, web),tier', true],
  ['app in (api)', false],
  ['app notin (api)', true],
  ['missing notin (a)', true],
  ['missing', false],
  ['!missing', true],
  ['!app', false],
])('%j fits: %j', (selector, fits) => {
  expect(fitsSelector(selector, labels)).toBe(fits);
});
