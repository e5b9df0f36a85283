import type { Change } from '@roadstead/definition';
import { RoadsteadError } from '@roadstead/foundation';
import type { AwsRunContext } from './context.ts';

/** What a step works on, and how long that may take. */
export interface StepWork {
  readonly change: Pick<Change, 'id' | 'what'>;
  readonly usualSeconds: number;
  readonly longestSeconds?: number;
}

/** How long a wait may last, seconds. */
export function longest(
  { pollScale }: AwsRunContext,
  { usualSeconds, longestSeconds = usualSeconds * 4 }: StepWork,
): number {
  return Math.max(180, longestSeconds * pollScale);
}

/** How long what EKS does not see yet is believed to be on its way, seconds. */
export function propagation({ pollScale }: AwsRunContext): number {
  return Math.max(3, 60 * pollScale);
}

/** Tells where the work stands. */
export function report(
  context: AwsRunContext,
  work: StepWork,
  status: string,
  elapsedSeconds: number,
  reason?: string,
): void {
  context.onProgress({
    type: 'resource',
    changeId: work.change.id,
    resource: work.change.what,
    status,
    elapsedSeconds,
    usualSeconds: work.usualSeconds,
    ...(reason === undefined ? {} : { reason }),
  });
}

/** The error of a wait that lasted too long, with what it waited for. */
export function timedOut(work: StepWork, seconds: number, waitsFor: string): RoadsteadError {
  return new RoadsteadError(`${work.change.what}: still waiting after ${Math.round(seconds)} s for ${waitsFor}`, {
    code: 'STEP_TIMED_OUT',
    value: work.change.what,
    hint: `usual is ${work.usualSeconds} s; run \`roadstead up\` again to go on waiting, or look at what it waits for`,
    retry: 'backoff',
  });
}

/** The error of work that is asked for again and again and does not hold. */
export function notConverging(what: string, how: string): RoadsteadError {
  return new RoadsteadError(`${what}: asked for again and again, it does not hold: ${how}`, {
    code: 'NOT_CONVERGING',
    value: what,
    hint: 'somebody or something else changes it back; find it in CloudTrail',
  });
}
