import type { Clock } from '@roadstead/foundation';
import type { KubeClient } from '../kube/kube-client.ts';
import { type Members, records, requiredText, text, textMap, whole, within } from '../shared/read.ts';
import { setUnschedulable } from './node-objects.ts';

export type DrainOutcome =
  | { readonly kind: 'drained' }
  | { readonly kind: 'blocked'; readonly pods: readonly string[] };

export interface DrainOptions {
  readonly clock: Clock;
  /** After so long, pods that a disruption budget holds for good block. */
  readonly limitMs: number;
  /** So long a loaded machine gets beyond the limit for pods that end, and for budgets whose pods are still starting. */
  readonly graceMs: number;
  readonly pollMs: number;
  readonly signal: AbortSignal;
}

/** Whether a drain waits for a pod: not those of DaemonSets, mirror pods, and pods that ended. */
export function isDrained(pod: Members): boolean {
  const owners = records(within(pod, 'metadata'), 'ownerReferences');
  const phase = text(within(pod, 'status'), 'phase');
  return (
    owners.some((owner) => owner.kind === 'DaemonSet' || owner.kind === 'Node') ||
    phase === 'Succeeded' ||
    phase === 'Failed'
  );
}

/** True for a pod whose budget allows nothing though all its pods are healthy: waiting longer changes nothing. */
export function isHeld(pod: Members, budgets: readonly Members[]): boolean {
  const labels = textMap(within(pod, 'metadata'), 'labels');
  return budgets.some((budget) => {
    const status = within(budget, 'status');
    const selector = textMap(within(within(budget, 'spec'), 'selector'), 'matchLabels');
    return (
      text(within(budget, 'metadata'), 'namespace') === text(within(pod, 'metadata'), 'namespace') &&
      Object.entries(selector).every(([key, value]) => labels[key] === value) &&
      (whole(status, 'disruptionsAllowed') ?? 0) === 0 &&
      (whole(status, 'currentHealthy') ?? 0) >= (whole(status, 'expectedPods') ?? 0)
    );
  });
}

/** Cordons a node and evicts its pods, again and again while disruption budgets say not now. */
export async function drainNode(kube: KubeClient, node: string, options: DrainOptions): Promise<DrainOutcome> {
  const { clock, signal } = options;
  const deadline = clock.monotonic() + options.limitMs;
  await setUnschedulable(kube, node, true, signal);
  for (;;) {
    const pods = await podsOn(kube, node, signal);
    if (pods.length === 0) return { kind: 'drained' };
    for (const pod of pods) {
      if (text(within(pod, 'metadata'), 'deletionTimestamp') === undefined) await kube.evict(...nameOf(pod), signal);
    }
    if (clock.monotonic() >= deadline) {
      const left = await podsOn(kube, node, signal);
      if (left.length === 0) return { kind: 'drained' };
      const budgets = await kube.list({ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget' }, '', signal);
      if (clock.monotonic() >= deadline + options.graceMs || left.some((pod) => isHeld(pod, budgets)))
        return { kind: 'blocked', pods: left.map((pod) => nameOf(pod).join('/')) };
    }
    await clock.sleep(options.pollMs, signal);
  }
}

async function podsOn(kube: KubeClient, node: string, signal: AbortSignal): Promise<readonly Members[]> {
  const query = `fieldSelector=${encodeURIComponent(`spec.nodeName=${node}`)}`;
  return (await kube.list({ apiVersion: 'v1', kind: 'Pod' }, query, signal)).filter((pod) => !isDrained(pod));
}

function nameOf(pod: Members): [string, string] {
  const metadata = within(pod, 'metadata');
  return [requiredText(metadata, 'namespace'), requiredText(metadata, 'name')];
}
