import type { AwsReader } from '../calls/aws-port.ts';
import { type ClusterIdentity, type ObserveOptions, observe } from '../observe/observe.ts';
import type { ObservedAws } from '../observe/observed.ts';
import type { Leftovers } from './leftovers.ts';
import { observeLeftovers } from './observe-leftovers.ts';

export interface ObservedDown {
  readonly observed: ObservedAws;
  readonly leftovers: Leftovers;
}

/** Everything that a way down has to know, from AWS alone. Drift is not asked for: what goes needs no mending. */
export async function observeDown(
  reader: AwsReader,
  identity: ClusterIdentity,
  options: ObserveOptions = {},
): Promise<ObservedDown> {
  const observed = await observe(reader, identity, { ...options, drift: false });
  return { observed, leftovers: await observeLeftovers(reader, observed, options.signal) };
}
