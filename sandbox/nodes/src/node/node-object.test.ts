import { expect, test } from 'vitest';
import { type Condition, kubeletVersionOf, localMounts, nodeConditions } from './node-object.ts';

test.each([
  ['amazon-eks-node-al2023-arm64-standard-1.36-v20261101', 'v1.36.3-eks-20261101'],
  ['amazon-eks-node-al2023-x86_64-standard-1.35-v20260901', 'v1.35.4-eks-20260901'],
  ['my-own-image', 'v1.36.3-eks-custom'],
  [undefined, 'v1.36.3-eks-custom'],
])('the kubelet of %s is %s', (image, version) => {
  expect(kubeletVersionOf(image, '1.36')).toBe(version);
});

test.each([
  [undefined, undefined, 2, []],
  ['Mount', undefined, 2, ['/mnt/k8s-disks/1', '/mnt/k8s-disks/2']],
  ['Mount', '/ephemeral/', 1, ['/ephemeral/1']],
  ['RAID0', undefined, 2, ['/mnt/k8s-disks/0']],
  ['RAID0', undefined, 0, []],
])('%s at %s with %i disks mounts %j', (strategy, path, disks, mounts) => {
  expect(localMounts(strategy, path, disks)).toEqual(mounts);
});

function readyOf(conditions: readonly Condition[]): Condition | undefined {
  return conditions.find(({ type }) => type === 'Ready');
}

test('a condition keeps the time of its last turn while it stays as it is', () => {
  const first = nodeConditions('no-network', [], '2026-01-01T00:00:00Z');
  expect(readyOf(first)).toMatchObject({
    status: 'False',
    message: expect.stringContaining('cni plugin not initialized'),
  });
  const second = nodeConditions('no-network', first, '2026-01-01T00:01:00Z');
  expect(readyOf(second)).toMatchObject({
    lastTransitionTime: '2026-01-01T00:00:00Z',
    lastHeartbeatTime: '2026-01-01T00:01:00Z',
  });
  expect(readyOf(nodeConditions('ready', second, '2026-01-01T00:02:00Z'))).toMatchObject({
    status: 'True',
    lastTransitionTime: '2026-01-01T00:02:00Z',
  });
});

test('a lost node is Unknown in all, with its last heartbeat', () => {
  const lost = nodeConditions('lost', nodeConditions('ready', [], '2026-01-01T00:00:00Z'), '2026-01-01T00:05:00Z');
  expect(lost.map(({ status }) => status)).toEqual(['Unknown', 'Unknown', 'Unknown', 'Unknown']);
  expect(readyOf(lost)?.lastHeartbeatTime).toBe('2026-01-01T00:00:00Z');
});
