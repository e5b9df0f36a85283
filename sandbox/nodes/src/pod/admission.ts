import type { Pod } from '../kube/objects.ts';
import { isFinished, type PodFailure } from './pod-machine.ts';

/**
 * Why a kubelet rejects a pod that was bound to its node: all the places that it has for pods are taken. The scheduler
 * counts the same, so this meets only pods that were bound past it. `bound`: the pods of the node, this one among them.
 */
export function podRejection(pod: Pod, bound: readonly Pod[], places: number): PodFailure | undefined {
  const isTaken = pod.status?.startTime !== undefined;
  const used = bound.filter(
    (other) => other.metadata.uid !== pod.metadata.uid && other.status?.startTime !== undefined && !isFinished(other),
  ).length;
  if (isTaken || used < places) return undefined;
  const message = `Node didn't have enough resource: pods, requested: 1, used: ${used}, capacity: ${places}`;
  return { reason: 'OutOfpods', message };
}
