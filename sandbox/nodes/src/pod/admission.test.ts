import { expect, test } from 'vitest';
import type { Pod } from '../kube/objects.ts';
import { podWith } from '../testing/pods.ts';
import { podRejection } from './admission.ts';

const bound = (uid: string, status?: Pod['status']): Pod =>
  podWith({ metadata: { uid }, ...(status === undefined ? {} : { status }) });
const running = { phase: 'Running', startTime: '2026-01-01T00:00:00Z' };
const fresh = bound('new');

test.each<[string, Pod, readonly Pod[], boolean]>([
  ['a place is free', fresh, [bound('a', running)], false],
  ['all places are taken', fresh, [bound('a', running), bound('b', running)], true],
  ['one of them has ended', fresh, [bound('a', running), bound('b', { ...running, phase: 'Succeeded' })], false],
  ['one of them is not taken on yet', fresh, [bound('a', running), bound('b')], false],
  ['it is here already', bound('new', running), [bound('a', running), bound('b', running)], false],
])('where %s', (_, pod, others, isRejected) => {
  const found = podRejection(pod, [...others, pod], 2);
  expect(found?.reason).toBe(isRejected ? 'OutOfpods' : undefined);
  if (isRejected) expect(found?.message).toContain('used: 2, capacity: 2');
});
