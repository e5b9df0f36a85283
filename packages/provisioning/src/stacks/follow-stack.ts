import type { Change } from '@roadstead/definition';
import { RoadsteadError } from '@roadstead/foundation';
import { awsErrorCode } from '../calls/aws-failure.ts';
import type { AwsRunContext } from '../execute/context.ts';
import { pollDelay } from '../execute/poll-delay.ts';
import { describeStack } from '../observe/observe-stacks.ts';
import type { ObservedStack } from '../observe/observed.ts';
import { usualResourceSeconds } from '../plan/usual-seconds.ts';
import { stackAction } from './stack-action.ts';
import { beganAt, firstFailure, type ResourceEvent, readEvents } from './stack-events.ts';

/**
 * Waits until the stack is at rest, telling each resource's progress as events say it. Takes the stack's id, under
 * which a deleted stack is still found; undefined when CloudFormation knows it no more. `from` is the stack before the
 * request that is followed: for a moment it may still look like that, which is not yet the answer.
 */
export async function followStack(
  context: AwsRunContext,
  change: Change,
  stackId: string,
  from?: ObservedStack,
): Promise<ObservedStack | undefined> {
  const { clock, reader, signal } = context;
  const started = clock.monotonic();
  const graceMs = Math.max(2_000, 30_000 * context.pollScale);
  const limitMs = Math.max(600, (change.usualSeconds ?? 120) * 6 * context.pollScale) * 1000;
  const told = new Set<string>();
  for (let quiet = 0; ; quiet += 1) {
    const stack = await describeStack(reader, stackId, signal);
    const news = await tellEvents(context, change, stackId, told);
    const begun = clock.monotonic() - started > graceMs || !isSame(stack, from);
    if (stack === undefined || (begun && isAtRest(stack.status))) return stack;
    if (clock.monotonic() - started > limitMs) throw tooLong(stack, change);
    await clock.sleep(pollDelay(news > 0 ? 0 : quiet, context.pollScale), signal);
    if (news > 0) quiet = 0;
  }
}

function isSame(stack: ObservedStack | undefined, from: ObservedStack | undefined): boolean {
  return stack !== undefined && stack.status === from?.status && stack.changedAt === from.changedAt;
}

export function isAtRest(status: string): boolean {
  return stackAction(status, { wanted: true, differs: true }).kind !== 'wait';
}

/** Events only tell: where AWS does not give them, the stack's own status still says how it ended. */
async function eventsOrNone(context: AwsRunContext, stackId: string): Promise<readonly ResourceEvent[]> {
  try {
    return await readEvents(context.reader, stackId, context.signal);
  } catch (error) {
    if (awsErrorCode(error) === undefined) throw error;
    return [];
  }
}

async function tellEvents(context: AwsRunContext, change: Change, stackId: string, told: Set<string>): Promise<number> {
  const events = await eventsOrNone(context, stackId);
  const news = events.filter((event) => !told.has(event.eventId));
  for (const event of news) {
    told.add(event.eventId);
    context.onProgress({
      type: 'resource',
      changeId: change.id,
      resource: event.ofStack ? `stack ${event.logicalId}` : `${event.logicalId} (${event.type})`,
      status: event.status,
      elapsedSeconds: Math.max(0, (event.at - beganAt(events, event)) / 1000),
      usualSeconds: event.ofStack ? (change.usualSeconds ?? 120) : usualResourceSeconds(event.type),
      ...(event.reason === undefined ? {} : { reason: event.reason }),
    });
  }
  return news.length;
}

/** What failed and why, as CloudFormation's events tell it. */
export async function stackFailed(
  context: AwsRunContext,
  stack: Pick<ObservedStack, 'stackName' | 'stackId' | 'status' | 'statusReason'>,
): Promise<RoadsteadError> {
  const events = await eventsOrNone(context, stack.stackId);
  return stackFailure(stack, firstFailure(events));
}

export function stackFailure(
  stack: Pick<ObservedStack, 'stackName' | 'status' | 'statusReason'>,
  cause: ResourceEvent | undefined,
): RoadsteadError {
  const reason = cause?.reason ?? stack.statusReason ?? 'CloudFormation gives no reason';
  const resource = cause === undefined || cause.ofStack ? '' : `${cause.logicalId} (${cause.type}): `;
  return new RoadsteadError(`stack ${stack.stackName} ended ${stack.status}: ${resource}${reason}`, {
    code: 'STACK_FAILED',
    value: { stackName: stack.stackName, logicalId: cause?.logicalId, type: cause?.type, reason, status: stack.status },
    hint: hintFor(stack.status),
  });
}

function hintFor(status: string): string {
  if (status.startsWith('DELETE')) return 'remove what keeps the resource, then run `roadstead down` again';
  if (status === 'UPDATE_ROLLBACK_FAILED')
    return 'what was there could not be put back; mend the cause: the next `roadstead up` goes on with the rollback';
  if (status === 'ROLLBACK_FAILED')
    return 'what was made could not be removed; mend the cause: the next `roadstead up` deletes it and begins anew';
  return 'what was made is rolled back; mend the cause, then run `roadstead up` again';
}

function tooLong(stack: ObservedStack, change: Change): RoadsteadError {
  return new RoadsteadError(`stack ${stack.stackName} is still ${stack.status}`, {
    code: 'STEP_TIMED_OUT',
    value: stack.stackName,
    hint: `usual is ${change.usualSeconds ?? 120} s; run the command again to go on waiting`,
    retry: 'backoff',
  });
}
