import { at, itemsOf, numberOf, textOf } from '../read.ts';

/** What an instance of a type brings, as EC2's DescribeInstanceTypes says. */
export interface InstanceType {
  readonly name: string;
  readonly vcpus: number;
  readonly memoryMiB: number;
  /** As Kubernetes names it. */
  readonly architecture: 'amd64' | 'arm64';
  readonly networkInterfaces: number;
  readonly addressesPerInterface: number;
  /** GB of each local NVMe disk. */
  readonly localDisksGB: readonly number[];
}

/** `undefined` where a member that decides something is missing. */
export function readInstanceType(answer: unknown): InstanceType | undefined {
  const name = textOf(at(answer, 'InstanceType'));
  const vcpus = numberOf(at(answer, 'VCpuInfo', 'DefaultVCpus'));
  const memoryMiB = numberOf(at(answer, 'MemoryInfo', 'SizeInMiB'));
  if (name === undefined || vcpus === undefined || memoryMiB === undefined) return undefined;
  const architectures = itemsOf(at(answer, 'ProcessorInfo', 'SupportedArchitectures'));
  return {
    name,
    vcpus,
    memoryMiB,
    architecture: architectures.includes('arm64') ? 'arm64' : 'amd64',
    networkInterfaces: numberOf(at(answer, 'NetworkInfo', 'MaximumNetworkInterfaces')) ?? 2,
    addressesPerInterface: numberOf(at(answer, 'NetworkInfo', 'Ipv4AddressesPerInterface')) ?? 2,
    localDisksGB: itemsOf(at(answer, 'InstanceStorageInfo', 'Disks')).flatMap((disk) =>
      Array<number>(numberOf(at(disk, 'Count')) ?? 1).fill(numberOf(at(disk, 'SizeInGB')) ?? 0),
    ),
  };
}

/** The VPC CNI's rule without prefixes: one address of each interface is the interface's own; two pods use the host's. */
export function eniMaxPods(type: InstanceType): number {
  return type.networkInterfaces * (type.addressesPerInterface - 1) + 2;
}
