import { type Clock, RoadsteadError } from '@roadstead/foundation';
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
 * Deletes the Service and waits until its finalizer is gone: then its load balancer is. A server that refuses or does not
 * answer fails the step, while the control plane is still there to be asked again: what goes on without it leaves a load
 * balancer behind. A Service that is still held at the deadline is an error (`STEP_TIMED_OUT`).
 */
export async function releaseService(request: ReleaseServiceRequest): Promise<void> {
  const { client, namespace, name, clock, pollScale, signal, onProgress } = request;
  const ref = { apiVersion: 'v1', kind: 'Service', namespace, name };
  const resource = `Service ${namespace}/${name}`;
  const deadline = clock.monotonic() + Math.max(30_000, 5 * 60_000 * pollScale);
  await client.delete(ref, {}, signal);
  while ((await client.get(ref, signal)) !== undefined) {
    if (clock.monotonic() >= deadline) throw stillHeld(namespace, name);
    onProgress({ resource, status: 'waits for its load balancer to go' });
    await clock.sleep(Math.max(200, 3000 * pollScale), signal);
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
