import { type Clock, isRoadsteadError, RoadsteadError, systemClock } from '@roadstead/foundation';
import type { KubernetesReader } from '../client/kubernetes-client.ts';
import type { KubernetesObject } from '../objects/kubernetes-object.ts';
import { describeRef, groupKindOf, keyOf, type ObjectRef, refOf } from '../objects/object-ref.ts';
import { explainPod } from './explain-pod.ts';
import { type Judged, judgeObjects, withPods } from './judge-objects.ts';
import { progressing, type Readiness } from './readiness.ts';
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
  const judge = outlasting(clock, (refs) =>
    judgeObjects(client, refs, { signal: options.signal, podsOfReady: settleMs > 0 }),
  );
  for (;;) {
    const judged = await judge(pending);
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

/** An API server may be away while its control plane changes hands; longer than this it is told as what is wrong. */
const longestOutageMs = 120_000;

/** Looks, and takes a server that does not answer for one that will: what is looked at then waits for it. */
function outlasting(clock: Clock, look: (refs: readonly ObjectRef[]) => Promise<readonly Judged[]>) {
  let awaySince: number | undefined;
  return async (refs: readonly ObjectRef[]): Promise<readonly Judged[]> => {
    try {
      const judged = await look(refs);
      awaySince = undefined;
      return judged;
    } catch (error) {
      if (!isRoadsteadError(error) || error.retry !== 'backoff') throw error;
      awaySince ??= clock.monotonic();
      if (clock.monotonic() - awaySince >= longestOutageMs) throw error;
      return refs.map((ref) => ({ ref, verdict: progressing(error.message), pods: [] }));
    }
  };
}

/** A Job that has ended has nothing to settle, and may be swept away. */
function settles(ref: ObjectRef): boolean {
  const kind = groupKindOf(ref);
  return withPods.has(kind) && kind !== 'Job.batch';
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
