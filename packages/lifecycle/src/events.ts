import type { Phase } from '@roadstead/definition';
import type { Failure } from '@roadstead/store';

/** What a run says while it works; the same union is the JSON output, one event a line. Seconds are since the step began. */
export type LifecycleEvent =
  | {
      readonly type: 'run-started';
      readonly runId: string;
      readonly cluster: string;
      readonly kind: 'up' | 'down';
      readonly changes: number;
    }
  | {
      readonly type: 'phase-started';
      readonly phase: Phase;
      readonly steps: readonly { readonly id: string; readonly what: string; readonly usualSeconds?: number }[];
    }
  | {
      readonly type: 'step-started';
      readonly id: string;
      readonly what: string;
      readonly phase: Phase;
      readonly usualSeconds?: number;
    }
  | ({ readonly type: 'step-progress'; readonly id: string } & StepProgress)
  | { readonly type: 'step-done'; readonly id: string; readonly seconds: number }
  | { readonly type: 'step-failed'; readonly id: string; readonly seconds: number; readonly failure: Failure }
  | { readonly type: 'stopping'; readonly reason: string }
  | {
      readonly type: 'run-ended';
      readonly runId: string;
      readonly state: 'done' | 'failed' | 'stopped';
      readonly seconds: number;
    };

export interface StepProgress {
  /** What moves inside the step, as a stack's `PrivateSubnetEuc1Az1` or a pod. */
  readonly resource: string;
  readonly status: string;
  readonly elapsedSeconds?: number;
  readonly usualSeconds?: number;
  readonly reason?: string;
}
