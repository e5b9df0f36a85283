import { FakeClock } from '@roadstead/foundation';
import { describe, expect, it } from 'vitest';
import type { KubeClient } from '../kube/kube-client.ts';
import type { Members } from '../shared/read.ts';
import { drainNode, isDrained, isHeld } from './drain.ts';

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

describe('a drain that no eviction helps', () => {
  const waiting = { ...spent, currentHealthy: 1 };

  /** Fifteen minutes are 10 s here, with 30 s of grace; answers after how many seconds it gave up. */
  async function givesUpAfter(status: Members): Promise<number> {
    const clock = new FakeClock();
    const kube: Partial<KubeClient> = {
      merge: async () => ({}),
      evict: async () => 'blocked',
      list: async ({ kind }) => (kind === 'Pod' ? [pod()] : [budget(status)]),
    };
    const options = { clock, limitMs: 10_000, graceMs: 30_000, pollMs: 500, signal: new AbortController().signal };
    const began = clock.monotonic();
    let ended: number | undefined;
    const drained = drainNode(kube as KubeClient, 'node-1', options).then((outcome) => {
      ended = (clock.monotonic() - began) / 1000;
      return outcome;
    });
    for (let step = 0; step < 200 && ended === undefined; step++) await clock.advance(500);
    expect(await drained).toEqual({ kind: 'blocked', pods: ['shop/web-1'] });
    return ended ?? Number.NaN;
  }

  it.each<[string, Members, number]>([
    ['ends on EKS’s time where a budget holds the pod for good', spent, 10],
    ['has the grace of a loaded machine where the budget’s pods are still starting', waiting, 40],
  ])('%s', async (_what, status, seconds) => {
    expect(await givesUpAfter(status)).toBe(seconds);
  });
});
