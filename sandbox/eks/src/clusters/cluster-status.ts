import type { KubeClient } from '../kube/kube-client.ts';
import type { ClusterRecord } from '../model.ts';
import { invalidRequest, resourceInUse } from '../shared/errors.ts';

/** Updates need a cluster at rest. */
export function requireActive(cluster: ClusterRecord): void {
  if (cluster.status === 'ACTIVE') return;
  throw resourceInUse(`Cluster '${cluster.name}' is not in ACTIVE status (${cluster.status})`, {
    clusterName: cluster.name,
  });
}

/**
 * What is made inside a cluster needs one that is up. While it is UPDATING EKS's behaviour is not documented: the
 * harsher reading, refuse.
 */
export function requireUsable(cluster: ClusterRecord): void {
  if (cluster.status === 'ACTIVE') return;
  throw invalidRequest(`Cluster '${cluster.name}' is not in ACTIVE status (${cluster.status})`, {
    clusterName: cluster.name,
  });
}

export function kubeOf(cluster: ClusterRecord): KubeClient {
  if (cluster.kube === undefined) throw new Error(`the control plane of ${cluster.name} does not answer`);
  return cluster.kube;
}
