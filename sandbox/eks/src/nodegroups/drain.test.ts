import { describe, expect, it } from 'vitest';
import type { Members } from '../shared/read.ts';
import { isDrained, isHeld } from './drain.ts';

const pod = (over: Members = {}): Members => ({
  metadata: { namespace: 'shop', name: 'web-1', labels: { app: 'web' } },
  ...over,
});

function budget(status: Members, place: { namespace?: string; app?: string } = {}): Members {
  const { namespace = 'shop', app = 'web' } = place;
  return { metadata: { namespace }, spec: { selector: { matchLabels: { app } } }, status };
}
const spent = { disruptionsAllowed: 0, currentHealthy: 2, expectedPods: 2 };

describe('a pod is held for good', () => {
  it.each<[string, Members, boolean]>([
    ['by a budget that allows nothing though all are healthy', budget(spent), true],
    ['not by one whose pods are still starting', budget({ ...spent, currentHealthy: 1 }), false],
    ['not by one that allows another', budget({ ...spent, disruptionsAllowed: 1 }), false],
    ['not by one of another namespace', budget(spent, { namespace: 'kube-system' }), false],
    ['not by one of other pods', budget(spent, { app: 'db' }), false],
  ])('%s', (_what, one, expected) => {
    expect(isHeld(pod(), [one])).toBe(expected);
  });
});

it.each<[string, Members, boolean]>([
  ['runs', pod(), false],
  ['has ended', pod({ status: { phase: 'Succeeded' } }), true],
  ['is of a DaemonSet', pod({ metadata: { ownerReferences: [{ kind: 'DaemonSet' }] } }), true],
])('a pod that %s', (_what, one, expected) => {
  expect(isDrained(one)).toBe(expected);
});
