import { type Clock, mapBounded, RoadsteadError, systemClock } from '@roadstead/foundation';
import type { KubernetesReader } from '../client/kubernetes-client.ts';
import { type KubernetesObject, stringAt } from '../objects/kubernetes-object.ts';
import { describeRef, groupKindOf, type KindRef, keyOf, type ObjectRef, refOf } from '../objects/object-ref.ts';
import { explainPod } from './explain-pod.ts';
import type { Readiness } from './readiness.ts';
import { type Related, readinessOf } from './readiness-of.ts';
import { type Settling, settle } from './settling.ts';

export interface WaitProgress {
  readonly ready: number;
  readonly total: number;
  /** What is not ready yet and why, in the objects' order. */
  readonly waitingFor: readonly { readonly ref: ObjectRef; readonly reason: string }[];
}

export interface WaitOptions {
  readonly timeoutMs: number;
  /** How long something may look failed before it counts: controllers restart, registries hiccup. Default 5 s. */
  readonly failAfterMs?: number;
  /** How long a workload has to stay ready without a restart before it counts. Default 0. */
  readonly settleMs?: number;
  readonly pollMs?: number;
  readonly onProgress?: (progress: WaitProgress) => void;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
}

/** Kinds that are what they are once they are stored. */
const withoutStatus = new Set([
  'ConfigMap',
  'Secret',
  'ServiceAccount',
  'LimitRange',
  'ResourceQuota',
  'PriorityClass.scheduling.k8s.io',
  'StorageClass.storage.k8s.io',
]);
const withPods = new Set(['Deployment.apps', 'StatefulSet.apps', 'DaemonSet.apps', 'ReplicaSet.apps', 'Job.batch']);

/**
 * Waits until all objects are ready. Fails with `KUBE_NOT_READY` as soon as one has failed for good, else at the timeout; the error
 * names object, reason, pod, and the pod's last event or words.
 */
export async function waitReady(
  client: KubernetesReader,
  objects: readonly KubernetesObject[],
  options: WaitOptions,
): Promise<void> {
  const clock = options.clock ?? systemClock;
  const deadline = clock.monotonic() + options.timeoutMs;
  const failingSince = new Map<string, number>();
  const settling = new Map<string, Settling>();
  const settleMs = options.settleMs ?? 0;
  let pending = objects.filter((object) => !withoutStatus.has(groupKindOf(object))).map(refOf);
  const total = objects.length;
  for (;;) {
    const judged = await judgeAll(client, pending, options);
    const verdicts = judged.map((one): Judged => {
      if (!settles(one.ref)) return one;
      const time = { nowMs: clock.monotonic(), settleMs };
      const { seen, verdict } = settle(settling.get(keyOf(one.ref)), one.verdict, one.pods, time);
      if (seen !== undefined) settling.set(keyOf(one.ref), seen);
      return { ...one, verdict };
    });
    const waiting = verdicts.filter(({ verdict }) => verdict.state !== 'ready');
    options.onProgress?.({
      ready: total - waiting.length,
      total,
      waitingFor: waiting.map(({ ref, verdict }) => ({ ref, reason: reasonOf(verdict) })),
    });
    if (waiting.length === 0) return;
    const now = clock.monotonic();
    const worst = waiting.find(({ ref, verdict }) =>
      isFailedSince(failingSince, ref, verdict, now, options.failAfterMs ?? 5_000),
    );
    const first = worst ?? (now >= deadline ? waiting[0] : undefined);
    if (first !== undefined)
      throw await notReady(
        client,
        first,
        worst === undefined ? options.timeoutMs : undefined,
        waiting.length,
        options.signal,
      );
    pending = waiting.map(({ ref }) => ref);
    await clock.sleep(Math.min(options.pollMs ?? 1_000, Math.max(0, deadline - now)), options.signal);
  }
}

/** A Job that has ended has nothing to settle, and may be swept away. */
function settles(ref: ObjectRef): boolean {
  const kind = groupKindOf(ref);
  return withPods.has(kind) && kind !== 'Job.batch';
}

interface Judged {
  readonly ref: ObjectRef;
  readonly verdict: Readiness;
  /** Those of a workload. */
  readonly pods: readonly KubernetesObject[];
}

function isFailedSince(
  since: Map<string, number>,
  ref: ObjectRef,
  verdict: Readiness,
  now: number,
  patienceMs: number,
): boolean {
  if (verdict.state !== 'failed') {
    // A container that is tried again and again looks well for a moment between two failures.
    if (verdict.state === 'ready' || verdict.pod?.container === undefined) since.delete(keyOf(ref));
    return false;
  }
  const began = since.get(keyOf(ref)) ?? now;
  since.set(keyOf(ref), began);
  return now - began >= patienceMs;
}

/** One list per kind and namespace when several objects share it, else one read each. */
async function judgeAll(
  client: KubernetesReader,
  refs: readonly ObjectRef[],
  { signal, settleMs }: Pick<WaitOptions, 'signal' | 'settleMs'>,
): Promise<readonly Judged[]> {
  const groups = Map.groupBy(refs, (ref) => `${ref.apiVersion} ${ref.kind} ${ref.namespace ?? ''}`);
  const found = await mapBounded([...groups.values()], 8, (group) => readGroup(client, group, signal));
  const objects = new Map(found.flat().map((object) => [keyOf(refOf(object)), object]));
  const pods = await podsFor(client, [...objects.values()], { signal, readyToo: (settleMs ?? 0) > 0 });
  return mapBounded(refs, 8, async (ref): Promise<Judged> => {
    const object = objects.get(keyOf(ref));
    if (object === undefined) return { ref, verdict: { state: 'failed', reason: 'is not there' }, pods: [] };
    const related = await relatedOf(client, object, pods, signal);
    return { ref, verdict: readinessOf(object, related), pods: related.pods ?? [] };
  });
}

async function readGroup(
  client: KubernetesReader,
  group: readonly ObjectRef[],
  signal: AbortSignal | undefined,
): Promise<readonly KubernetesObject[]> {
  const [first] = group;
  if (first === undefined) return [];
  if (group.length < 4)
    return (await Promise.all(group.map((ref) => client.get(ref, signal)))).filter((object) => object !== undefined);
  const kind: KindRef = { apiVersion: first.apiVersion, kind: first.kind };
  const where = first.namespace === undefined ? {} : { namespace: first.namespace };
  return (await client.list(kind, { ...where, dropManagedFields: true, ...(signal === undefined ? {} : { signal }) }))
    .items;
}

/** Pods by the namespaces of workloads that are not ready as yet; those that are ready need no explaining, but may have to settle. */
async function podsFor(
  client: KubernetesReader,
  objects: readonly KubernetesObject[],
  { signal, readyToo }: { readonly signal: AbortSignal | undefined; readonly readyToo: boolean },
): Promise<readonly KubernetesObject[]> {
  const workloads = objects.filter(
    (object) => withPods.has(groupKindOf(object)) && (readyToo || readinessOf(object).state !== 'ready'),
  );
  const namespaces = [...new Set(workloads.flatMap((object) => object.metadata.namespace ?? []))];
  const lists = await mapBounded(namespaces, 4, (namespace) =>
    client.list(
      { apiVersion: 'v1', kind: 'Pod' },
      { namespace, dropManagedFields: true, ...(signal === undefined ? {} : { signal }) },
    ),
  );
  return lists.flatMap((list) => list.items);
}

async function relatedOf(
  client: KubernetesReader,
  object: KubernetesObject,
  pods: readonly KubernetesObject[],
  signal: AbortSignal | undefined,
): Promise<Related> {
  if (groupKindOf(object) === 'PersistentVolumeClaim') {
    const name = stringAt(object, 'spec', 'storageClassName');
    const storageClass =
      name === undefined
        ? undefined
        : await client.get({ apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', name }, signal);
    return storageClass === undefined ? {} : { storageClass };
  }
  return withPods.has(groupKindOf(object)) ? { pods: podsOf(object, pods) } : {};
}

/** A Deployment's pods belong to its ReplicaSets, whose names are the Deployment's with a hash. */
export function podsOf(workload: KubernetesObject, pods: readonly KubernetesObject[]): readonly KubernetesObject[] {
  const { name, namespace, uid } = workload.metadata;
  return pods.filter((pod) => {
    const owner = pod.metadata.ownerReferences?.find((each) => each.controller === true);
    if (owner === undefined || pod.metadata.namespace !== namespace) return false;
    if (owner.kind === workload.kind) return owner.uid === uid;
    return (
      workload.kind === 'Deployment' && owner.kind === 'ReplicaSet' && owner.name.replace(/-[a-z0-9]+$/, '') === name
    );
  });
}

function reasonOf(verdict: Readiness): string {
  return verdict.state === 'ready' ? '' : verdict.reason;
}

async function notReady(
  client: KubernetesReader,
  { ref, verdict }: Judged,
  timeoutMs: number | undefined,
  waiting: number,
  signal: AbortSignal | undefined,
): Promise<RoadsteadError> {
  const pod = verdict.state === 'ready' ? undefined : verdict.pod;
  const detail = pod === undefined ? undefined : await explainPod(client, pod, signal);
  const late = timeoutMs === undefined ? '' : ` after ${Math.round(timeoutMs / 1000)} s`;
  const others = waiting > 1 ? ` (and ${waiting - 1} more not ready)` : '';
  return new RoadsteadError(
    `${describeRef(ref)} is not ready${late}: ${reasonOf(verdict)}${others}${detail === undefined ? '' : `\n${detail}`}`,
    {
      code: 'KUBE_NOT_READY',
      value: {
        ref: describeRef(ref),
        reason: reasonOf(verdict),
        ...(pod === undefined ? {} : { pod: `${pod.namespace}/${pod.name}` }),
      },
      hint:
        pod === undefined
          ? `kubectl describe ${ref.kind.toLowerCase()} ${ref.name}${ref.namespace === undefined ? '' : ` -n ${ref.namespace}`}`
          : `kubectl describe pod ${pod.name} -n ${pod.namespace}`,
    },
  );
}
