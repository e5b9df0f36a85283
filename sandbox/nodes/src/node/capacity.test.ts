import { describe, expect, test } from 'vitest';
import { kubeletSettings } from '../bootstrap/kubelet-config.ts';
import { mergeNodeConfigs } from '../bootstrap/node-config.ts';
import { nodeAllocatable, nodeCapacity, resourceList } from './capacity.ts';
import { eniMaxPods, type InstanceType } from './instance-type.ts';

const large: InstanceType = {
  name: 'm7g.large',
  vcpus: 2,
  memoryMiB: 8192,
  architecture: 'arm64',
  networkInterfaces: 3,
  addressesPerInterface: 10,
  localDisksGB: [],
};
const local: InstanceType = { ...large, name: 'm7gd.2xlarge', localDisksGB: [474] };
const gibi = 2 ** 30;

function allocatableWith(kubelet: Record<string, unknown>) {
  const settings = kubeletSettings(
    { ...mergeNodeConfigs([]), kubelet },
    { vcpus: 2, maxPods: eniMaxPods(large), providerId: 'x', serviceCidr: '172.20.0.0/16' },
  );
  if (settings.kind === 'refused') throw new Error(settings.reason);
  const capacity = nodeCapacity({ type: large, rootVolumeGiB: 80, localStorage: {}, maxPods: settings.value.maxPods });
  return { capacity, allocatable: nodeAllocatable(capacity, settings.value) };
}

test.each([
  [3, 10, 29],
  [4, 15, 58],
  [8, 30, 234],
])('%i interfaces of %i addresses hold %i pods', (networkInterfaces, addressesPerInterface, pods) => {
  expect(eniMaxPods({ ...large, networkInterfaces, addressesPerInterface })).toBe(pods);
});

describe('allocatable', () => {
  test('with nodeadm’s defaults', () => {
    const { capacity, allocatable } = allocatableWith({});
    expect(capacity.milliCpu - allocatable.milliCpu).toBe(70);
    expect(capacity.memoryBytes - allocatable.memoryBytes).toBe((574 + 100) * 2 ** 20);
    expect(capacity.ephemeralBytes - allocatable.ephemeralBytes).toBe(gibi + Math.floor(capacity.ephemeralBytes / 10));
    expect(allocatable.pods).toBe(29);
  });

  test('with seed 003’s reserves', () => {
    const { capacity, allocatable } = allocatableWith({
      kubeReserved: { cpu: '250m', memory: '1Gi', 'ephemeral-storage': '1Gi' },
      systemReserved: { cpu: '250m', memory: '0.2Gi', 'ephemeral-storage': '1Gi' },
      evictionHard: { 'memory.available': '1Gi', 'nodefs.available': '10%' },
    });
    expect(allocatable.milliCpu).toBe(1500);
    expect(capacity.memoryBytes - allocatable.memoryBytes).toBe(2 * gibi + 214_748_365);
    expect(capacity.ephemeralBytes - allocatable.ephemeralBytes).toBe(
      2 * gibi + Math.floor(capacity.ephemeralBytes / 10),
    );
  });

  test('a percentage of memory is of the capacity', () => {
    const { capacity, allocatable } = allocatableWith({
      kubeReserved: { memory: '0' },
      evictionHard: { 'memory.available': '5%' },
    });
    expect(capacity.memoryBytes - allocatable.memoryBytes).toBe(Math.floor(capacity.memoryBytes / 20));
  });

  test('is never less than nothing', () => {
    expect(allocatableWith({ kubeReserved: { cpu: '8', memory: '1Ti' } }).allocatable).toMatchObject({
      milliCpu: 0,
      memoryBytes: 0,
    });
  });
});

describe('disk', () => {
  test('the root volume less what the file system takes', () => {
    const size = nodeCapacity({ type: large, rootVolumeGiB: 80, localStorage: {}, maxPods: 29 });
    expect(resourceList(size)['ephemeral-storage']).toBe('83873772Ki');
  });

  test.each([
    ['RAID0', 474e9],
    ['RAID10', 237e9],
  ] as const)('%s moves it to the local disks', (strategy, bytes) => {
    const size = nodeCapacity({ type: local, rootVolumeGiB: 80, localStorage: { strategy }, maxPods: 29 });
    expect(Math.abs(size.ephemeralBytes - bytes)).toBeLessThan(1024);
  });

  test('mounts leave it where it is, as RAID does where there are no disks', () => {
    const root = nodeCapacity({ type: large, rootVolumeGiB: 80, localStorage: {}, maxPods: 29 }).ephemeralBytes;
    expect(
      nodeCapacity({ type: local, rootVolumeGiB: 80, localStorage: { strategy: 'Mount' }, maxPods: 29 }).ephemeralBytes,
    ).toBe(root);
    expect(
      nodeCapacity({ type: large, rootVolumeGiB: 80, localStorage: { strategy: 'RAID0' }, maxPods: 29 }).ephemeralBytes,
    ).toBe(root);
  });
});
