import type { KubernetesClient } from '@roadstead/kubernetes';
import type { AwsWriter, ObservedAws } from '@roadstead/provisioning';
import { connectWriter } from './connect.ts';
import { type HeldLease, holdLease } from './hold-lease.ts';
import type { World } from './world.ts';

/** How long a lease lasts without renewal. A process that died on another host frees the cluster after this. */
export const leaseTtlMs = 60_000;

/** What a run acts through: every request that changes something asks first whether the lease is still ours. */
export interface HeldWorld extends World {
  readonly held: HeldLease;
  /** Undefined while there is no API server to speak to. */
  connectWriter(observed: ObservedAws): KubernetesClient | undefined;
}

/**
 * Works under the lease of a cluster, and lets it go however the work ends. `signal` is aborted with `abort` or when the lease
 * is lost. AWS and Kubernetes check no token: so a holder that lost its lease has at most the requests under way, which are
 * idempotent, and begins no other.
 */
export async function underLease<T>(
  world: World,
  key: string,
  abort: AbortSignal,
  work: (world: HeldWorld, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const held = await holdLease({ ...world, key, ttlMs: leaseTtlMs });
  try {
    return await work(heldWorld(world, held), AbortSignal.any([abort, held.lost]));
  } finally {
    await held.release();
  }
}

function heldWorld(world: World, held: HeldLease): HeldWorld {
  return {
    ...world,
    held,
    writer: heldAws(world.writer, held),
    connectWriter: (observed) => {
      const client = connectWriter(world, observed);
      return client === undefined ? undefined : heldKubernetes(client, held);
    },
  };
}

function heldAws(writer: AwsWriter, held: HeldLease): AwsWriter {
  return {
    region: writer.region,
    write: async (service, operation, input, signal) => {
      await held.demand();
      return writer.write(service, operation, input, signal);
    },
  };
}

function heldKubernetes(client: KubernetesClient, held: HeldLease): KubernetesClient {
  const demanding =
    <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      await held.demand();
      return call(...args);
    };
  return {
    ...client,
    apply: demanding(client.apply),
    create: demanding(client.create),
    patch: demanding(client.patch),
    delete: demanding(client.delete),
    evict: demanding(client.evict),
    createSubresource: demanding(client.createSubresource),
  };
}
