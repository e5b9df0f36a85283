import type { Change } from '@roadstead/definition';
import { refusedByAws } from '../calls/aws-failure.ts';
import { type AwsRunContext, clientToken, type StepResult } from '../execute/context.ts';
import type { ObservedStack } from '../observe/observed.ts';
import { followStack, isAtRest, stackFailed } from './follow-stack.ts';
import { takenOnce } from './known-request.ts';

/** Deletes a stack and waits until it has gone. Nothing to do when it is not there. */
export async function deleteStack(
  context: AwsRunContext,
  change: Change,
  stack: ObservedStack | undefined,
): Promise<StepResult> {
  const started = context.clock.monotonic();
  try {
    if (stack !== undefined) await removeStack(context, change, stack);
  } catch (error) {
    throw refusedByAws(change.what, error);
  }
  const seconds = (context.clock.monotonic() - started) / 1000;
  return { outcome: stack === undefined ? 'unchanged' : 'changed', seconds };
}

/** Deletes the life of a stack that was found; throws `STACK_FAILED` with what keeps it when CloudFormation gives up. */
export async function removeStack(context: AwsRunContext, change: Change, found: ObservedStack): Promise<void> {
  const cancels = found.status === 'CREATE_IN_PROGRESS';
  const rest = isAtRest(found.status) || cancels ? found : await followStack(context, change, found.stackId);
  if (rest === undefined || rest.status === 'DELETE_COMPLETE') return;
  const token = clientToken(context, change, 'delete', rest.stackId, rest.status, rest.changedAt);
  const input = { StackName: rest.stackId, ClientRequestToken: token };
  await takenOnce(context.writer.write('cloudformation', 'DeleteStack', input, context.signal));
  const ended = await followStack(context, change, rest.stackId, rest);
  if (ended === undefined || ended.status === 'DELETE_COMPLETE') return;
  throw await stackFailed(context, ended);
}
