import { kubeOf } from '../clusters/cluster-status.ts';
import type { Eks } from '../deps.ts';
import type { ClusterRecord } from '../model.ts';
import { factsOf } from './addon-lifecycle.ts';
import { catalogueAddon, defaultRelease } from './catalogue/catalogue.ts';

const names = ['vpc-cni', 'kube-proxy', 'coredns'];

/** What CreateCluster installs unless told otherwise: the three add-ons as plain objects that no one updates. */
export async function installSelfManagedAddons(_eks: Eks, cluster: ClusterRecord, signal: AbortSignal): Promise<void> {
  for (const name of names) {
    const addon = catalogueAddon(name);
    const version = addon === undefined ? undefined : defaultRelease(addon, cluster.version)?.version;
    if (addon === undefined || version === undefined) continue;
    for (const object of addon.objects(factsOf(cluster, { version, serviceAccountRoleArn: undefined }, {}))) {
      await kubeOf(cluster).apply(object, { fieldManager: 'eks', force: true }, signal);
    }
  }
}
