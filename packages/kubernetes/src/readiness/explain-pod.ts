import { isRoadsteadError } from '@roadstead/foundation';
import type { KubernetesReader } from '../client/kubernetes-client.ts';
import { type KubernetesObject, stringAt } from '../objects/kubernetes-object.ts';
import type { PodPointer } from './readiness.ts';

/** The last lines of a crashed container's log, else the pod's last warning; `undefined` when there is neither. Never fails. */
export async function explainPod(
  client: KubernetesReader,
  pod: PodPointer,
  signal?: AbortSignal,
): Promise<string | undefined> {
  try {
    const words = pod.crashed === true ? await lastWords(client, pod, signal) : undefined;
    return words ?? (await lastWarning(client, pod, signal));
  } catch (error) {
    signal?.throwIfAborted();
    if (isRoadsteadError(error)) return undefined;
    throw error;
  }
}

async function lastWords(
  client: KubernetesReader,
  pod: PodPointer,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const container = pod.container === undefined ? {} : { container: pod.container };
  for (const previous of [true, false]) {
    try {
      const log = (await client.podLog(pod, { ...container, tailLines: 5, previous }, signal)).trim();
      if (log !== '')
        return `last words of ${pod.container ?? pod.name}:\n${log
          .split('\n')
          .map((line) => `  ${line}`)
          .join('\n')}`;
    } catch (error) {
      if (!isRoadsteadError(error)) throw error;
    }
  }
  return undefined;
}

async function lastWarning(
  client: KubernetesReader,
  pod: PodPointer,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const listed = await client.list(
    { apiVersion: 'v1', kind: 'Event' },
    {
      namespace: pod.namespace,
      fieldSelector: `involvedObject.kind=Pod,involvedObject.name=${pod.name},type=Warning`,
      ...(signal === undefined ? {} : { signal }),
    },
  );
  const last = [...listed.items].sort((a, b) => (timeOf(a) < timeOf(b) ? -1 : 1)).at(-1);
  return last === undefined
    ? undefined
    : `last event: ${stringAt(last, 'reason') ?? ''}: ${stringAt(last, 'message') ?? ''}`;
}

function timeOf(event: KubernetesObject): string {
  return stringAt(event, 'lastTimestamp') ?? stringAt(event, 'eventTime') ?? event.metadata.creationTimestamp ?? '';
}
