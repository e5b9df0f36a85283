import type { KubeletSettings } from '../bootstrap/kubelet-config.ts';
import type { LocalStorage } from '../bootstrap/node-config.ts';
import { formatBytes, formatMilli, milliUnits, wholeUnits } from '../quantity.ts';
import type { InstanceType } from './instance-type.ts';

/** A node's size in plain numbers: thousandths of cores, bytes, pods. */
export interface NodeSize {
  readonly milliCpu: number;
  readonly memoryBytes: number;
  readonly ephemeralBytes: number;
  readonly pods: number;
}

/** Part of the memory that hypervisor, firmware and kernel keep; what Karpenter assumes of a type that it has not seen. */
const memoryOverhead = 0.075;
/** What XFS takes of a volume, in KiB: 80 GiB read as 83873772 Ki. */
const filesystemOverheadKi = 12_308;

export interface CapacityFacts {
  readonly type: InstanceType;
  readonly rootVolumeGiB: number;
  readonly localStorage: LocalStorage;
  readonly maxPods: number;
}

/** What the kubelet finds on the machine. RAID strategies move its disk onto the NVMe disks, where the type has any. */
export function nodeCapacity(facts: CapacityFacts): NodeSize {
  const memoryKi = Math.floor(facts.type.memoryMiB * 1024 * (1 - memoryOverhead));
  return {
    milliCpu: facts.type.vcpus * 1000,
    memoryBytes: memoryKi * 1024,
    ephemeralBytes: diskBytes(facts),
    pods: facts.maxPods,
  };
}

function diskBytes(facts: CapacityFacts): number {
  const disks = facts.type.localDisksGB;
  const total = disks.reduce((sum, size) => sum + size, 0);
  const root = facts.rootVolumeGiB * 2 ** 30 - filesystemOverheadKi * 1024;
  if (disks.length === 0) return root;
  if (facts.localStorage.strategy === 'RAID0') return Math.floor((total * 1e9) / 1024) * 1024;
  return facts.localStorage.strategy === 'RAID10' ? Math.floor((total * 1e9) / 2048) * 1024 : root;
}

/** allocatable = capacity − kubeReserved − systemReserved − evictionHard, never below nothing: the kubelet's sum. */
export function nodeAllocatable(capacity: NodeSize, settings: KubeletSettings): NodeSize {
  const { kubeReserved, systemReserved, evictionHard } = settings;
  const cpu = (milliUnits(kubeReserved.cpu ?? '0') ?? 0) + (milliUnits(systemReserved.cpu ?? '0') ?? 0);
  const reserved = (resource: string) =>
    (wholeUnits(kubeReserved[resource] ?? '0') ?? 0) + (wholeUnits(systemReserved[resource] ?? '0') ?? 0);
  const memory = reserved('memory') + threshold(evictionHard['memory.available'], capacity.memoryBytes);
  const disk = reserved('ephemeral-storage') + threshold(evictionHard['nodefs.available'], capacity.ephemeralBytes);
  return {
    milliCpu: Math.max(0, capacity.milliCpu - cpu),
    memoryBytes: Math.max(0, capacity.memoryBytes - memory),
    ephemeralBytes: Math.max(0, capacity.ephemeralBytes - disk),
    pods: capacity.pods,
  };
}

/** A signal that is not set evicts at nothing. */
function threshold(text: string | undefined, capacity: number): number {
  if (text === undefined) return 0;
  const percent = /^([\d.]+)%$/.exec(text);
  return percent === null ? (wholeUnits(text) ?? 0) : Math.floor((capacity * Number(percent[1])) / 100);
}

/** As `status.capacity` and `status.allocatable` hold it. */
export function resourceList(size: NodeSize): Readonly<Record<string, string>> {
  return {
    cpu: formatMilli(size.milliCpu),
    memory: formatBytes(size.memoryBytes),
    'ephemeral-storage': formatBytes(size.ephemeralBytes),
    'hugepages-1Gi': '0',
    'hugepages-2Mi': '0',
    pods: String(size.pods),
  };
}
