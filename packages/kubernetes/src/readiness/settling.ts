import { type KubernetesObject, numberAt, recordsAt } from '../objects/kubernetes-object.ts';
import { troubleOfPod } from './pod-readiness.ts';
import { progressing, type Readiness } from './readiness.ts';

/** What was seen of a workload since it was first called ready. */
export interface Settling {
  readonly restarts: number;
  /** Since when nothing was restarted, milliseconds. */
  readonly sinceMs: number;
  readonly restarted: boolean;
}

/**
 * A container without a readiness probe counts as ready as soon as it runs, also one that falls over a moment later: a
 * workload that is ready has to stay so for `settleMs` without a restart. Decides from what was seen before.
 */
export function settle(
  before: Settling | undefined,
  verdict: Readiness,
  pods: readonly KubernetesObject[],
  time: { readonly nowMs: number; readonly settleMs: number },
): { readonly seen: Settling | undefined; readonly verdict: Readiness } {
  if (time.settleMs <= 0 || (before === undefined && verdict.state !== 'ready')) return { seen: before, verdict };
  const restarts = restartsOf(pods);
  const restarted = before !== undefined && restarts > before.restarts;
  const seen: Settling =
    before === undefined || restarted || verdict.state !== 'ready'
      ? { restarts, sinceMs: time.nowMs, restarted: restarted || before?.restarted === true }
      : before;
  if (verdict.state !== 'ready' || time.nowMs - seen.sinceMs >= time.settleMs) return { seen, verdict };
  const trouble = seen.restarted ? pods.map(troubleOfPod).find((found) => found !== undefined) : undefined;
  return { seen, verdict: trouble ?? progressing('has just become ready') };
}

function restartsOf(pods: readonly KubernetesObject[]): number {
  const containers = pods.flatMap((pod) => recordsAt(pod, 'status', 'containerStatuses'));
  return containers.reduce((sum, container) => sum + (numberAt(container, 'restartCount') ?? 0), 0);
}
