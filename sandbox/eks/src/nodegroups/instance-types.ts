import type { Place } from '@roadstead/sandbox-gateway';
import type { Eks } from '../deps.ts';
import { isAwsError } from '../shared/errors.ts';
import { records, text, texts, whole, within } from '../shared/read.ts';

export interface InstanceTypeFacts {
  readonly name: string;
  readonly architectures: readonly string[];
  readonly cpus: number;
  readonly interfaces: number;
  readonly addressesPerInterface: number;
  /** Availability zones that offer it. */
  readonly zones: readonly string[];
}

/** The types that exist of those asked for. */
export async function readInstanceTypes(
  eks: Eks,
  place: Place,
  names: readonly string[],
): Promise<readonly InstanceTypeFacts[]> {
  const found = await Promise.all(names.map((name) => readOne(eks, place, name)));
  return found.flatMap((facts) => facts ?? []);
}

async function readOne(eks: Eks, place: Place, name: string): Promise<InstanceTypeFacts | undefined> {
  const call = (operation: string, input: Record<string, unknown>) =>
    eks.context.backend.call(place, 'ec2', operation, input);
  try {
    const described = await call('DescribeInstanceTypes', { InstanceTypes: [name] });
    const type = records(described, 'InstanceTypes')[0];
    if (type === undefined) return undefined;
    const offers = await call('DescribeInstanceTypeOfferings', {
      LocationType: 'availability-zone',
      Filters: [{ Name: 'instance-type', Values: [name] }],
    });
    const network = within(type, 'NetworkInfo');
    return {
      name,
      architectures: texts(within(type, 'ProcessorInfo'), 'SupportedArchitectures') ?? [],
      cpus: whole(within(type, 'VCpuInfo'), 'DefaultVCpus') ?? 1,
      interfaces: whole(network, 'MaximumNetworkInterfaces') ?? 2,
      addressesPerInterface: whole(network, 'Ipv4AddressesPerInterface') ?? 2,
      zones: records(offers, 'InstanceTypeOfferings').flatMap((offer) => text(offer, 'Location') ?? []),
    };
  } catch (error) {
    if (isAwsError(error, 'InvalidInstanceType')) return undefined;
    throw error;
  }
}

/** Pods that the VPC CNI can give addresses to, with the caps EKS uses: the lowest of the group's types. */
export function maxPodsOf(types: readonly InstanceTypeFacts[]): number {
  const each = types.map((type) => {
    const addresses = type.interfaces * (type.addressesPerInterface - 1) + 2;
    return Math.min(addresses, type.cpus > 30 ? 250 : 110);
  });
  return Math.min(...each);
}
