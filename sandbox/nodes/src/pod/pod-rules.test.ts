import { expect, test } from 'vitest';
import { containerWith, podWith } from '../testing/pods.ts';
import { containerId, restartRule, sameStatus } from './pod-rules.ts';

test.each([
  ['Always', false, 0, true],
  ['Always', true, 0, false],
  ['Always', true, 1, true],
  ['OnFailure', false, 0, false],
  ['OnFailure', false, 1, true],
  ['Never', false, 1, false],
  ['Never', true, 1, false],
])('policy %s, init %j, exit code %i: started again %j', (restartPolicy, isInit, code, again) => {
  expect(restartRule(podWith({ spec: { restartPolicy } }), undefined, isInit, code)).toBe(again);
});

test('a sidecar is always started again', () => {
  expect(
    restartRule(podWith({ spec: { restartPolicy: 'Never' } }), containerWith({ restartPolicy: 'Always' }), true, 0),
  ).toBe(true);
});

test.each<[unknown, unknown, boolean]>([
  [{ phase: 'Running', qosClass: 'Burstable' }, { phase: 'Running' }, true],
  [{ phase: 'Pending' }, { phase: 'Running' }, false],
  [undefined, { phase: 'Running' }, false],
  [{ conditions: [{ type: 'Ready', status: 'True' }] }, { conditions: [{ type: 'Ready', status: 'False' }] }, false],
  [{ conditions: [{ type: 'Ready' }] }, { conditions: [] }, false],
  [{ state: { waiting: { reason: 'x' } } }, { state: { running: { startedAt: 'y' } } }, false],
  [{ lastProbeTime: undefined }, { lastProbeTime: null }, true],
])('%j holds %j: %j', (there, wanted, same) => {
  expect(sameStatus(there, wanted)).toBe(same);
});

test('each start of a container has an id of its own', () => {
  const ids = [containerId(podWith(), 'main', 0), containerId(podWith(), 'main', 1), containerId(podWith(), 'side', 0)];
  expect(new Set(ids).size).toBe(3);
  expect(ids[0]).toMatch(/^containerd:\/\/[0-9a-f]{64}$/);
});
