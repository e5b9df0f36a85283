import { messageOf } from '@roadstead/foundation';
import type { ReadOnlyKubernetesClient } from '@roadstead/kubernetes';
import { classicNameOf, type Leftovers } from '@roadstead/provisioning';

export interface LoadBalancerService {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** Services that hold a load balancer, and what a person should know when they could not be asked for. */
export interface AskedServices {
  readonly services: readonly LoadBalancerService[];
  readonly warning?: string;
}

/** Without the classic load balancers that go with their Services. */
export function withoutReleased(leftovers: Leftovers, services: readonly LoadBalancerService[]): Leftovers {
  const released = new Set(services.map(({ uid }) => classicNameOf(uid)));
  return {
    ...leftovers,
    classicLoadBalancers: leftovers.classicLoadBalancers.filter((name) => !released.has(name)),
  };
}

/** A server that does not answer, or does not let us in, is a warning: a broken cluster must go too. */
export async function askLoadBalancerServices(
  client: Pick<ReadOnlyKubernetesClient, 'list'>,
  signal: AbortSignal,
): Promise<AskedServices> {
  try {
    const { items } = await client.list({ apiVersion: 'v1', kind: 'Service' }, { signal });
    const balanced = items.filter(
      (service) => (service.spec as { type?: string } | undefined)?.type === 'LoadBalancer',
    );
    return {
      services: balanced.map(({ metadata }) => ({
        namespace: metadata.namespace ?? 'default',
        name: metadata.name,
        uid: metadata.uid ?? '',
      })),
    };
  } catch (error) {
    signal.throwIfAborted();
    const warning = `Services cannot be listed, so no load balancer is taken back by Kubernetes: ${messageOf(error)}. Load balancers with the cluster's tags are deleted in AWS instead`;
    return { services: [], warning };
  }
}
