import type { KubeClient } from '../kube/kube-client.ts';
import type { Issue, ObjectRef } from '../model.ts';
import { type Members, whole, within } from '../shared/read.ts';

const workloads = ['Deployment', 'DaemonSet'];

/** What keeps an add-on's workloads from being whole; empty when they are. */
export async function addonIssues(
  kube: KubeClient,
  objects: readonly ObjectRef[],
  signal: AbortSignal,
): Promise<readonly Issue[]> {
  const checked = objects.filter((object) => workloads.includes(object.kind));
  const live = await Promise.all(checked.map((object) => kube.get(object, signal)));
  const missing = checked.filter((_, index) => live[index] === undefined);
  if (missing.length > 0) {
    const names = missing.map((object) => `${object.kind} ${object.name}`).join(', ');
    return [{ code: 'K8sResourceNotFound', message: `The add-on's ${names} could not be found`, resourceIds: [] }];
  }
  if (live.every((object) => object !== undefined && isWhole(object))) return [];
  return [
    {
      code: 'InsufficientNumberOfReplicas',
      message: "The add-on is unhealthy because it doesn't have the desired number of replicas.",
      resourceIds: [],
    },
  ];
}

/** A Deployment with all replicas, or a DaemonSet with a ready pod on each of its nodes; of the newest generation. */
export function isWhole(object: Members): boolean {
  const status = within(object, 'status');
  const seen = whole(status, 'observedGeneration') ?? 0;
  if (seen < (whole(within(object, 'metadata'), 'generation') ?? 0)) return false;
  if (object.kind === 'DaemonSet') {
    const wanted = whole(status, 'desiredNumberScheduled') ?? 0;
    return (whole(status, 'numberReady') ?? 0) >= wanted && (whole(status, 'updatedNumberScheduled') ?? 0) >= wanted;
  }
  const wanted = whole(within(object, 'spec'), 'replicas') ?? 1;
  return (whole(status, 'availableReplicas') ?? 0) >= wanted && (whole(status, 'updatedReplicas') ?? 0) >= wanted;
}
