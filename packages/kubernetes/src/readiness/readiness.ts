import { type KubernetesObject, numberAt, recordsAt, stringAt } from '../objects/kubernetes-object.ts';

/** The pod that is in the way, and which of its containers. */
export interface PodPointer {
  readonly namespace: string;
  readonly name: string;
  readonly container?: string;
  /** The container ran and ended: its last words are in the log of the run before. */
  readonly crashed?: boolean;
}

export type Readiness =
  | { readonly state: 'ready' }
  /** May become ready by waiting. */
  | { readonly state: 'progressing'; readonly reason: string; readonly pod?: PodPointer }
  /** Will not become ready without somebody's doing. */
  | { readonly state: 'failed'; readonly reason: string; readonly pod?: PodPointer };

export const ready: Readiness = { state: 'ready' };

export function progressing(reason: string, pod?: PodPointer): Readiness {
  return { state: 'progressing', reason, ...(pod === undefined ? {} : { pod }) };
}

export function failed(reason: string, pod?: PodPointer): Readiness {
  return { state: 'failed', reason, ...(pod === undefined ? {} : { pod }) };
}

export interface Condition {
  readonly status: string;
  /** The generation that it speaks of; absent where its controller does not say. */
  readonly observedGeneration?: number;
  readonly reason: string;
  readonly message: string;
}

export function conditionOf(object: KubernetesObject, type: string): Condition | undefined {
  const found = recordsAt(object, 'status', 'conditions').find((condition) => condition.type === type);
  if (found === undefined) return undefined;
  const observedGeneration = numberAt(found, 'observedGeneration');
  return {
    status: stringAt(found, 'status') ?? 'Unknown',
    ...(observedGeneration === undefined ? {} : { observedGeneration }),
    reason: stringAt(found, 'reason') ?? type,
    message: stringAt(found, 'message') ?? '',
  };
}
