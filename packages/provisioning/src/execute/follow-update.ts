import { isRoadsteadError, RoadsteadError } from '@roadstead/foundation';
import { isAbsent, refusedByAws } from '../calls/aws-failure.ts';
import type { AwsRunContext } from './context.ts';
import { pollDelay } from './poll-delay.ts';
import { longest, propagation, report, type StepWork, timedOut } from './step-work.ts';

/** An update object of EKS that follows a request. */
export interface UpdateReference {
  readonly name: string;
  readonly updateId: string;
  readonly nodegroupName?: string;
  readonly addonName?: string;
}

/** Waits until an update of EKS has ended; throws `EKS_UPDATE_FAILED` with its reasons when it did not succeed. */
export async function followUpdate(
  context: AwsRunContext,
  work: StepWork,
  reference: UpdateReference,
  elapsed: () => number,
): Promise<void> {
  const since = elapsed();
  for (let quiet = 0; ; quiet += 1) {
    await context.clock.sleep(pollDelay(quiet, context.pollScale), context.signal);
    const update = await describeUpdate(context, work, reference, elapsed() - since);
    const status = update?.status ?? 'InProgress';
    if (status === 'Successful') return;
    const reasons = (update?.errors ?? []).map((error) => `${error.errorCode}: ${error.errorMessage}`);
    if (status === 'Failed' || status === 'Cancelled') throw updateFailed(work, status, reasons);
    report(context, work, 'UPDATING', elapsed(), update?.type);
    if (elapsed() - since > longest(context, work)) {
      throw timedOut(work, elapsed(), `the update ${reference.updateId} (${update?.type})`);
    }
  }
}

/** Undefined for a moment after the request: EKS may answer from where the update is not known yet. */
async function describeUpdate(
  context: AwsRunContext,
  work: StepWork,
  reference: UpdateReference,
  sinceSeconds: number,
) {
  try {
    return (await context.reader.read('eks', 'DescribeUpdate', { ...reference }, context.signal)).update;
  } catch (error) {
    if (isAbsent(error) && sinceSeconds < propagation(context)) return undefined;
    throw refusedByAws(work.change.what, error);
  }
}

/** Whether an error says that an update of EKS failed. */
export function isFailedUpdate(error: unknown): error is RoadsteadError {
  return isRoadsteadError(error) && error.code === 'EKS_UPDATE_FAILED';
}

function updateFailed(work: StepWork, status: string, reasons: readonly string[]): RoadsteadError {
  const evicting = reasons.some((reason) => reason.startsWith('PodEvictionFailure'));
  return new RoadsteadError(
    `${work.change.what}: the update ended ${status}: ${reasons.join('; ') || 'no reason given'}`,
    {
      code: 'EKS_UPDATE_FAILED',
      value: reasons,
      hint: evicting
        ? 'a disruption budget or a pod that does not end kept its node; `kubectl get pdb -A` names it; then run `roadstead up` again'
        : 'mend what EKS names, then run `roadstead up` again',
    },
  );
}
