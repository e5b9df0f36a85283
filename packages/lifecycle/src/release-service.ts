import { type Clock, isRoadsteadError, messageOf, RoadsteadError } from '@roadstead/foundation';
import type { KubernetesClient } from '@roadstead/kubernetes';
import type { StepProgress } from './events.ts';

export interface ReleaseServiceRequest {
  readonly client: Pick<KubernetesClient, 'delete' | 'get'>;
  readonly namespace: string;
  readonly name: string;
  readonly clock: Clock;
  readonly pollScale: number;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: StepProgress) => void;
}

/**
 * Deletes the Service and waits until its finalizer is gone: then its load balancer is. A server that does not answer
 * leaves the sweep to AWS; a Service that is still held at the deadline is an error (`STEP_TIMED_OUT`).
 */
export async function releaseService(request: ReleaseServiceRequest): Promise<void> {
  const { client, namespace, name, clock, pollScale, signal, onProgress } = request;
  const ref = { apiVersion: 'v1', kind: 'Service', namespace, name };
  const resource = `Service ${namespace}/${name}`;
  const deadline = clock.monotonic() + Math.max(30_000, 5 * 60_000 * pollScale);
  try {
    await client.delete(ref, {}, signal);
    while ((await client.get(ref, signal)) !== undefined) {
      if (clock.monotonic() >= deadline) throw stillHeld(namespace, name);
      onProgress({ resource, status: 'waits for its load balancer to go' });
      await clock.sleep(Math.max(200, 3000 * pollScale), signal);
    }
  } catch (error) {
    if (!isRoadsteadError(error) || isRoadsteadError(error, 'STEP_TIMED_OUT') || signal.aborted) throw error;
    onProgress({ resource, status: 'left to AWS', reason: messageOf(error) });
  }
}

function stillHeld(namespace: string, name: string): RoadsteadError {
  return new RoadsteadError(
    `Service ${namespace}/${name} is still held by a finalizer: its load balancer has not gone`,
    {
      code: 'STEP_TIMED_OUT',
      value: `${namespace}/${name}`,
      retry: 'backoff',
      hint: `kubectl -n ${namespace} describe service ${name} tells why. Run \`roadstead down\` again; where its controller is gone, delete the load balancer yourself, then: kubectl -n ${namespace} patch service ${name} --type=merge -p '{"metadata":{"finalizers":null}}'`,
    },
  );
}
