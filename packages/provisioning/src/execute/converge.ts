import type { Change } from '@roadstead/definition';
import { messageOf, RoadsteadError } from '@roadstead/foundation';
import { awsErrorCode, isInUse, refusedByAws } from '../calls/aws-failure.ts';
import type { AwsRunContext, StepResult } from './context.ts';

/** What one look at a thing says is to be done. */
export type Pass =
  | { readonly kind: 'done' }
  | { readonly kind: 'wait'; readonly status: string; readonly for: string }
  | { readonly kind: 'act'; readonly what: string; readonly send: () => Promise<UpdateReference | undefined> };

/** An update object of EKS that follows a request. */
export interface UpdateReference {
  readonly name: string;
  readonly updateId: string;
  readonly nodegroupName?: string;
  readonly addonName?: string;
}

export interface Convergence {
  readonly change: Pick<Change, 'id'>;
  /** The thing as an operator would name it. */
  readonly resource: string;
  readonly usualSeconds: number;
  /** A wait never lasts longer than this times what is usual. Default 4, and three minutes at least. */
  readonly patience?: number;
  /** Describes the thing and decides. Never sends anything. */
  look(): Promise<Pass>;
}

const maxRequests = 25;

/**
 * Looks, decides, sends at most one request, waits, and looks again, until there is nothing to do. Safe to repeat and to
 * begin anywhere: a thing that is being made or changed already is waited for.
 */
export async function converge(context: AwsRunContext, work: Convergence): Promise<StepResult> {
  const started = context.clock.monotonic();
  const elapsed = () => (context.clock.monotonic() - started) / 1000;
  const limit = Math.max(180, work.usualSeconds * (work.patience ?? 4) * context.pollScale);
  let requests = 0;
  let quiet = 0;
  let busy: string | undefined;
  for (;;) {
    context.signal.throwIfAborted();
    const pass = await named(work, () => work.look());
    if (pass.kind === 'done') {
      report(context, work, 'DONE', elapsed());
      return { outcome: requests > 0 ? 'changed' : 'unchanged', seconds: elapsed() };
    }
    if (elapsed() > limit) throw timedOut(work, elapsed(), pass.kind === 'wait' ? pass.for : (busy ?? pass.what));
    if (pass.kind === 'wait') {
      report(context, work, pass.status, elapsed(), pass.for);
    } else {
      if (requests >= maxRequests) throw notConverging(work, pass.what);
      report(context, work, 'REQUESTED', elapsed(), pass.what);
      busy = await sendOnce(context, work, pass.send, elapsed);
      if (busy === undefined) requests += 1;
      else report(context, work, 'BUSY', elapsed(), busy);
      quiet = busy === undefined ? 0 : quiet;
    }
    await context.clock.sleep(pollDelay(quiet, context.pollScale), context.signal);
    quiet += 1;
  }
}

/** Milliseconds before the next look: half a second, growing to fifteen, both scaled; never under a tenth of a second. */
export function pollDelay(quiet: number, scale: number): number {
  return Math.max(100, Math.min(15_000, 500 * 1.5 ** quiet) * scale);
}

/** Sends; answers why the thing was busy, or undefined when the request was taken. */
async function sendOnce(
  context: AwsRunContext,
  work: Convergence,
  send: () => Promise<UpdateReference | undefined>,
  elapsed: () => number,
): Promise<string | undefined> {
  let update: UpdateReference | undefined;
  try {
    update = await send();
  } catch (error) {
    if (isInUse(error)) return messageOf(error);
    if (isAlreadySo(error)) return undefined;
    throw refusedByAws(work.resource, error);
  }
  if (update !== undefined) await followUpdate(context, work, update, elapsed);
  return undefined;
}

/** EKS refuses an update that would change nothing; the next look finds out whether that is true. */
function isAlreadySo(error: unknown): boolean {
  const code = awsErrorCode(error);
  return (
    (code === 'InvalidParameterException' || code === 'InvalidRequestException') &&
    /already at the desired|no changes needed|no update/i.test(messageOf(error))
  );
}

async function followUpdate(
  context: AwsRunContext,
  work: Convergence,
  reference: UpdateReference,
  elapsed: () => number,
): Promise<void> {
  const limit = elapsed() + Math.max(180, work.usualSeconds * (work.patience ?? 4) * context.pollScale);
  for (let quiet = 0; ; quiet += 1) {
    await context.clock.sleep(pollDelay(quiet, context.pollScale), context.signal);
    const answer = await named(work, () =>
      context.reader.read('eks', 'DescribeUpdate', { ...reference }, context.signal),
    );
    const update = answer.update;
    const status = update?.status ?? 'InProgress';
    if (status === 'Successful') return;
    const reasons = (update?.errors ?? []).map((error) => `${error.errorCode}: ${error.errorMessage}`);
    if (status === 'Failed' || status === 'Cancelled') throw updateFailed(work, status, reasons);
    report(context, work, 'UPDATING', elapsed(), update?.type);
    if (elapsed() > limit) throw timedOut(work, elapsed(), `the update ${reference.updateId} (${update?.type})`);
  }
}

async function named<T>(work: Convergence, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw refusedByAws(work.resource, error);
  }
}

function report(
  context: AwsRunContext,
  work: Convergence,
  status: string,
  elapsedSeconds: number,
  reason?: string,
): void {
  context.onProgress({
    type: 'resource',
    changeId: work.change.id,
    resource: work.resource,
    status,
    elapsedSeconds,
    usualSeconds: work.usualSeconds,
    ...(reason === undefined ? {} : { reason }),
  });
}

function timedOut(work: Convergence, seconds: number, waitsFor: string): RoadsteadError {
  return new RoadsteadError(`${work.resource}: still waiting after ${Math.round(seconds)} s for ${waitsFor}`, {
    code: 'STEP_TIMED_OUT',
    value: work.resource,
    hint: `usual is ${work.usualSeconds} s; run \`roadstead up\` again to go on waiting, or look at what it waits for`,
    retry: 'backoff',
  });
}

function notConverging(work: Convergence, what: string): RoadsteadError {
  return new RoadsteadError(`${work.resource}: ${what} was asked for again and again and does not hold`, {
    code: 'NOT_CONVERGING',
    value: work.resource,
    hint: 'somebody or something else changes it back; find it in CloudTrail',
  });
}

function updateFailed(work: Convergence, status: string, reasons: readonly string[]): RoadsteadError {
  const evicting = reasons.some((reason) => reason.startsWith('PodEvictionFailure'));
  return new RoadsteadError(
    `${work.resource}: the update ended ${status}: ${reasons.join('; ') || 'no reason given'}`,
    {
      code: 'EKS_UPDATE_FAILED',
      value: reasons,
      hint: evicting
        ? 'a disruption budget or a pod that does not end kept its node; `kubectl get pdb -A` names it; then run `roadstead up` again'
        : 'mend what EKS names, then run `roadstead up` again',
    },
  );
}
