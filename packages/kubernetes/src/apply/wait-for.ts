import { type Clock, RoadsteadError } from '@roadstead/foundation';
import { findMapping } from '../client/api-catalog.ts';
import type { KubernetesReader } from '../client/kubernetes-client.ts';
import { type KubernetesObject, recordsAt } from '../objects/kubernetes-object.ts';
import { describeRef, type KindRef, type ObjectRef } from '../objects/object-ref.ts';

const pollMs = 100;

/** Waits until the server serves a custom resource definition's kinds; 30 s at most. */
export async function waitEstablished(
  client: KubernetesReader,
  ref: ObjectRef,
  clock: Clock,
  signal?: AbortSignal,
): Promise<void> {
  await waitUntil(client, ref, clock, signal, 30_000, 'to be established', (object) =>
    recordsAt(object, 'status', 'conditions').some(
      (condition) => condition.type === 'Established' && condition.status === 'True',
    ),
  );
}

/** Waits until discovery knows all of these kinds; 30 s at most. */
export async function waitServed(
  client: KubernetesReader,
  kinds: readonly KindRef[],
  clock: Clock,
  signal?: AbortSignal,
): Promise<void> {
  const deadline = clock.monotonic() + 30_000;
  for (;;) {
    const catalog = await client.discover({ refresh: true, ...(signal === undefined ? {} : { signal }) });
    const missing = kinds.find((kind) => findMapping(catalog, kind) === undefined);
    if (missing === undefined) return;
    if (clock.monotonic() > deadline)
      throw new RoadsteadError(`waited 30 s for ${missing.kind} to be served in ${missing.apiVersion}`, {
        code: 'KUBE_WAIT_TIMEOUT',
        value: `${missing.apiVersion}/${missing.kind}`,
        retry: 'backoff',
        hint: 'See `kubectl api-resources`, and the conditions of its CustomResourceDefinition.',
      });
    await clock.sleep(pollMs, signal);
  }
}

/** Waits until an object, or one of this uid, is no longer there; 120 s at most, as finalizers and pods may take their time. */
export async function waitGone(
  client: KubernetesReader,
  ref: ObjectRef,
  uid: string | undefined,
  clock: Clock,
  signal?: AbortSignal,
): Promise<void> {
  await waitUntil(
    client,
    ref,
    clock,
    signal,
    120_000,
    'to be gone',
    (object) => object === undefined || (uid !== undefined && object.metadata.uid !== uid),
  );
}

async function waitUntil(
  client: KubernetesReader,
  ref: ObjectRef,
  clock: Clock,
  signal: AbortSignal | undefined,
  limitMs: number,
  what: string,
  isDone: (object: KubernetesObject | undefined) => boolean,
): Promise<void> {
  const deadline = clock.monotonic() + limitMs;
  for (;;) {
    const object = await client.get(ref, signal);
    if (isDone(object)) return;
    if (clock.monotonic() > deadline) throw waitedTooLong(ref, object, what, limitMs);
    await clock.sleep(pollMs, signal);
  }
}

function waitedTooLong(
  ref: ObjectRef,
  object: KubernetesObject | undefined,
  what: string,
  limitMs: number,
): RoadsteadError {
  const finalizers = object?.metadata.finalizers ?? [];
  const held = what === 'to be gone' && finalizers.length > 0;
  return new RoadsteadError(`waited ${limitMs / 1000} s for ${describeRef(ref)} ${what}`, {
    code: 'KUBE_WAIT_TIMEOUT',
    value: describeRef(ref),
    retry: 'backoff',
    hint: held
      ? `It is held by finalizers: ${finalizers.join(', ')}.`
      : `See \`kubectl describe ${ref.kind.toLowerCase()} ${ref.name}\`.`,
  });
}
