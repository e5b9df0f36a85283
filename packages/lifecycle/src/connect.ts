import {
  createKubernetesClient,
  type KubernetesClient,
  type ReadOnlyKubernetesClient,
  refreshingCredentials,
} from '@roadstead/kubernetes';
import { type ObservedAws, signEksToken } from '@roadstead/provisioning';
import type { ReadingWorld } from './world.ts';

/** A client of the cluster's API server that cannot write; undefined while there is no server to speak to. */
export function connectReader(world: ReadingWorld, observed: ObservedAws): ReadOnlyKubernetesClient | undefined {
  const options = optionsOf(world, observed);
  return options === undefined ? undefined : createKubernetesClient({ ...options, readOnly: true });
}

/** The same for changing it. */
export function connectWriter(world: ReadingWorld, observed: ObservedAws): KubernetesClient | undefined {
  const options = optionsOf(world, observed);
  return options === undefined ? undefined : createKubernetesClient(options);
}

function optionsOf(world: ReadingWorld, { eks, cluster, region }: ObservedAws) {
  if (eks?.endpoint === undefined || eks.certificateAuthority === undefined) return undefined;
  const { clock, credentials, userAgent, proxy } = world;
  return {
    server: eks.endpoint,
    caPem: Buffer.from(eks.certificateAuthority, 'base64').toString('utf8'),
    userAgent,
    clock,
    ...(proxy === undefined ? {} : { proxy }),
    credentials: refreshingCredentials(async () => {
      const { token, expiresAt } = await signEksToken(cluster, region, credentials, new Date(clock.now()));
      return { token, expiresAtMs: expiresAt };
    }, clock),
  };
}
