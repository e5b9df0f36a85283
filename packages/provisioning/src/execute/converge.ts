import type { Change } from '@roadstead/definition';
import { isRoadsteadError, messageOf, RoadsteadError } from '@roadstead/foundation';
import { awsErrorCode, isAbsent, isInUse, isNotSeenYet, refusedByAws } from '../calls/aws-failure.ts';
import type { AwsRunContext, StepResult } from './context.ts';
import { pollDelay } from './poll-delay.ts';

/** What one look at a thing says is to be done. */
export type Pass =
  | { readonly kind: 'done' }
  | { readonly kind: 'wait'; readonly status: string; readonly for: string }
  | Act;

/** One request. */
export interface Act {
  readonly kind: 'act';
  readonly what: string;
  readonly send: () => Promise<UpdateReference | undefined>;
}

/** An update object of EKS that follows a request. */
export interface UpdateReference {
  readonly name: string;
  readonly updateId: string;
  readonly nodegroupName?: string;
  readonly addonName?: string;
}

export interface Convergence {
  /** Where the line of the plan does not say. */
  readonly usualSeconds: number;
  /** A wait never lasts longer, scaled as polls are. Default four times what is usual; three minutes at least. */
  readonly longestSeconds?: number;
  /** An update that EKS calls failed may still come to hold: the thing itself is looked at before the failure is told. */
  readonly outlivesFailedUpdate?: boolean;
  /** Describes the thing and decides. Never sends anything. */
  look(): Promise<Pass>;
}

const maxRequests = 25;

/**
 * Looks, decides, sends at most one request, waits, and looks again, until there is nothing to do. Safe to repeat and to
 * begin anywhere: a thing that is being made or changed already is waited for.
 */
export async function converge(
  context: AwsRunContext,
  change: Pick<Change, 'id' | 'what' | 'usualSeconds'>,
  convergence: Convergence,
): Promise<StepResult> {
  const work = { ...convergence, change, usualSeconds: change.usualSeconds ?? convergence.usualSeconds };
  const started = context.clock.monotonic();
  const elapsed = () => (context.clock.monotonic() - started) / 1000;
  const limit = longest(context, work);
  const state: Sent = { requests: 0, quiet: 0 };
  for (;;) {
    context.signal.throwIfAborted();
    const pass = await look(work, state);
    if (pass.kind === 'done') {
      report(context, work, 'DONE', elapsed());
      return { outcome: state.requests > 0 ? 'changed' : 'unchanged', seconds: elapsed() };
    }
    if (elapsed() > limit) {
      throw state.failed ?? timedOut(work, elapsed(), pass.kind === 'wait' ? pass.for : (state.busy ?? pass.what));
    }
    if (pass.kind === 'wait') {
      report(context, work, pass.status, elapsed(), pass.for);
    } else {
      if (state.failed !== undefined) throw state.failed;
      if (state.requests >= maxRequests) throw notConverging(work, pass.what);
      report(context, work, 'REQUESTED', elapsed(), pass.what);
      await sendOnce(context, work, pass.send, state, elapsed);
    }
    await context.clock.sleep(pollDelay(state.quiet, context.pollScale), context.signal);
    state.quiet += 1;
  }
}

interface Work extends Convergence {
  readonly change: Pick<Change, 'id' | 'what'>;
}

/** What is remembered between two looks: no more than how requests went. */
interface Sent {
  requests: number;
  /** Looks since the last request that was taken. */
  quiet: number;
  /** Why the last request was not taken. */
  busy?: string;
  /** Since when AWS has not seen what the request names, seconds. */
  unseenSince?: number;
  /** The update that failed, where the thing is looked at nevertheless. */
  failed?: RoadsteadError;
}

/** Seconds. */
function longest(
  { pollScale }: AwsRunContext,
  { usualSeconds, longestSeconds = usualSeconds * 4 }: Convergence,
): number {
  return Math.max(180, longestSeconds * pollScale);
}

/** How long what EKS does not see yet is believed to be on its way, seconds. */
function propagation({ pollScale }: AwsRunContext): number {
  return Math.max(3, 60 * pollScale);
}

/** After an update that failed, a look that fails too is only its echo. */
async function look(work: Work, { failed }: Sent): Promise<Pass> {
  try {
    return await named(work, () => work.look());
  } catch (error) {
    throw failed ?? error;
  }
}

/** Sends, and keeps how it went: taken, or to be tried again after the next look. */
async function sendOnce(
  context: AwsRunContext,
  work: Work,
  send: () => Promise<UpdateReference | undefined>,
  state: Sent,
  elapsed: () => number,
): Promise<void> {
  try {
    const update = await send();
    state.requests += 1;
    if (update !== undefined) await followUpdate(context, work, update, elapsed);
  } catch (error) {
    if (isAlreadySo(error)) state.requests += 1;
    else if (work.outlivesFailedUpdate === true && isFailedUpdate(error)) state.failed = error;
    else return tryLater(context, work, error, state, elapsed());
  }
  state.quiet = 0;
  delete state.busy;
  delete state.unseenSince;
}

/** Throws what will not pass by itself. */
function tryLater(context: AwsRunContext, work: Work, error: unknown, state: Sent, now: number): void {
  const busy = isInUse(error);
  if (!busy) {
    if (!isNotSeenYet(error)) throw refusedByAws(work.change.what, error);
    state.unseenSince ??= now;
    if (now - state.unseenSince > propagation(context)) throw refusedByAws(work.change.what, error);
  }
  state.busy = messageOf(error);
  report(context, work, busy ? 'BUSY' : 'NOT SEEN YET', now, state.busy);
}

/** EKS refuses an update that would change nothing; the next look finds out whether that is true. */
function isAlreadySo(error: unknown): boolean {
  const code = awsErrorCode(error);
  return (
    (code === 'InvalidParameterException' || code === 'InvalidRequestException') &&
    /already at the desired|no changes needed|no update/i.test(messageOf(error))
  );
}

function isFailedUpdate(error: unknown): error is RoadsteadError {
  return isRoadsteadError(error) && error.code === 'EKS_UPDATE_FAILED';
}

async function followUpdate(
  context: AwsRunContext,
  work: Work,
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
async function describeUpdate(context: AwsRunContext, work: Work, reference: UpdateReference, sinceSeconds: number) {
  try {
    return (await context.reader.read('eks', 'DescribeUpdate', { ...reference }, context.signal)).update;
  } catch (error) {
    if (isAbsent(error) && sinceSeconds < propagation(context)) return undefined;
    throw refusedByAws(work.change.what, error);
  }
}

async function named<T>(work: Work, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw refusedByAws(work.change.what, error);
  }
}

function report(context: AwsRunContext, work: Work, status: string, elapsedSeconds: number, reason?: string): void {
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

function timedOut(work: Work, seconds: number, waitsFor: string): RoadsteadError {
  return new RoadsteadError(`${work.change.what}: still waiting after ${Math.round(seconds)} s for ${waitsFor}`, {
    code: 'STEP_TIMED_OUT',
    value: work.change.what,
    hint: `usual is ${work.usualSeconds} s; run \`roadstead up\` again to go on waiting, or look at what it waits for`,
    retry: 'backoff',
  });
}

function notConverging(work: Work, what: string): RoadsteadError {
  return new RoadsteadError(`${work.change.what}: ${what} was asked for again and again and does not hold`, {
    code: 'NOT_CONVERGING',
    value: work.change.what,
    hint: 'somebody or something else changes it back; find it in CloudTrail',
  });
}

function updateFailed(work: Work, status: string, reasons: readonly string[]): RoadsteadError {
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
