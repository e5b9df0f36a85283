import type { ResourceChange, Change as SetChange } from '@aws-sdk/client-cloudformation';
import type { Change } from '@roadstead/definition';
import { canonicalJson, RoadsteadError } from '@roadstead/foundation';
import { awsErrorCode, orAbsent } from '../calls/aws-failure.ts';
import { type AwsRunContext, clientToken } from '../execute/context.ts';
import { planMoved } from '../execute/plan-moved.ts';
import { pollDelay } from '../execute/poll-delay.ts';
import type { ObservedStack } from '../observe/observed.ts';
import { allPages } from '../observe/plain.ts';
import type { DesiredStack } from '../plan/desired.ts';
import type { StackDiff } from '../plan/stack-diff.ts';
import { takenOnce } from './known-request.ts';

const prefix = 'roadstead-';

export interface StackUpdate {
  readonly desired: DesiredStack;
  readonly stack: ObservedStack;
  readonly diff: StackDiff;
  /** Puts back what was changed outside of CloudFormation, by a drift-aware change set. */
  readonly mends: boolean;
}

/**
 * Updates a stack through a change set: made, compared with what the plan said, executed. Resolves to false when
 * CloudFormation finds nothing to change. The change set is a write, so only a run makes one.
 */
export async function executeChangeSet(context: AwsRunContext, change: Change, update: StackUpdate): Promise<boolean> {
  const { desired, stack } = update;
  const token = clientToken(context, change, 'change-set', stack.stackId, stack.changedAt);
  const name = `${prefix}${token.slice(3, 35)}`;
  const named = { StackName: stack.stackId, ChangeSetName: name };
  await removeLeftovers(context, stack.stackId, name);
  await makeChangeSet(context, change, { ...update, name, token });
  const made = await settledChangeSet(context, named);
  if (made.status === 'FAILED') {
    await context.writer.write('cloudformation', 'DeleteChangeSet', named, context.signal);
    if (isEmptyChange(made.reason)) return false;
    throw changeSetFailed(desired.stackName, made.reason);
  }
  const surprise = surpriseOf(made.changes, update.diff);
  if (surprise !== undefined) {
    await context.writer.write('cloudformation', 'DeleteChangeSet', named, context.signal);
    throw planMoved(change, surprise);
  }
  const execution = { ...named, ClientRequestToken: token };
  await takenOnce(context.writer.write('cloudformation', 'ExecuteChangeSet', execution, context.signal));
  return true;
}

/**
 * What a change set would do that the plan did not class: a replacement or a deletion of a resource that the plan did
 * not name. Undefined when there is nothing. Whether a value that is only known later replaces is not counted.
 */
export function surpriseOf(
  changes: readonly SetChange[],
  planned: Pick<StackDiff, 'removed' | 'replaced'>,
): string | undefined {
  const surprises = changes.flatMap(({ ResourceChange: resource }) => {
    if (resource === undefined) return [];
    const id = resource.LogicalResourceId ?? '';
    const named = `${id} (${resource.ResourceType})`;
    if (resource.Action === 'Remove' && !planned.removed.includes(id)) return [`${named} would be deleted`];
    if (isReplacement(resource) && !planned.replaced.includes(id)) return [`${named} would be replaced`];
    return [];
  });
  return surprises.length === 0 ? undefined : surprises.join(', ');
}

function isReplacement(resource: ResourceChange): boolean {
  if (resource.Action !== 'Modify') return false;
  if (resource.Replacement === 'True') return true;
  if (resource.Replacement !== 'Conditional') return false;
  return (resource.Details ?? []).some(
    (detail) => detail.Evaluation === 'Static' && (detail.Target?.RequiresRecreation ?? 'Never') !== 'Never',
  );
}

/** Parameters as CloudFormation takes them. */
export function toParameters(desired: DesiredStack): { ParameterKey: string; ParameterValue: string }[] {
  return Object.entries(desired.parameters).map(([ParameterKey, value]) => ({
    ParameterKey,
    ParameterValue: String(value),
  }));
}

export function toTags(tags: { readonly [key: string]: string }): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

async function makeChangeSet(
  context: AwsRunContext,
  change: Change,
  update: StackUpdate & { readonly name: string; readonly token: string },
): Promise<void> {
  const { desired, stack, name, token } = update;
  const tags = { ...withoutAwsTags(stack.tags), ...desired.tags };
  try {
    await context.writer.write(
      'cloudformation',
      'CreateChangeSet',
      {
        StackName: stack.stackId,
        ChangeSetName: name,
        ChangeSetType: 'UPDATE',
        TemplateBody: canonicalJson(desired.template),
        Parameters: toParameters(desired),
        Tags: toTags(tags),
        Capabilities: ['CAPABILITY_NAMED_IAM'],
        ClientToken: token,
        Description: `Roadstead: ${change.id}`,
        ...(update.mends ? { DeploymentMode: 'REVERT_DRIFT' as const } : {}),
      },
      context.signal,
    );
  } catch (error) {
    if (awsErrorCode(error) !== 'AlreadyExistsException') throw error;
  }
}

function withoutAwsTags(tags: { readonly [key: string]: string }): { readonly [key: string]: string } {
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !key.startsWith('aws:')));
}

interface SettledChangeSet {
  readonly status: string;
  readonly reason: string;
  readonly changes: readonly SetChange[];
}

async function settledChangeSet(
  context: AwsRunContext,
  named: { StackName: string; ChangeSetName: string },
): Promise<SettledChangeSet> {
  const deadline = context.clock.monotonic() + 300_000;
  for (let quiet = 0; ; quiet += 1) {
    const page = await context.reader.read('cloudformation', 'DescribeChangeSet', named, context.signal);
    const status = page.Status ?? '';
    if (!status.endsWith('PENDING') && !status.endsWith('IN_PROGRESS')) {
      return { status, reason: page.StatusReason ?? '', changes: await allChanges(context, named) };
    }
    if (context.clock.monotonic() > deadline) throw changeSetFailed(named.StackName, `it stays ${status}`);
    await context.clock.sleep(pollDelay(quiet, context.pollScale), context.signal);
  }
}

function allChanges(context: AwsRunContext, named: { StackName: string; ChangeSetName: string }): Promise<SetChange[]> {
  return allPages(
    (token) =>
      context.reader.read(
        'cloudformation',
        'DescribeChangeSet',
        { ...named, ...(token === undefined ? {} : { NextToken: token }) },
        context.signal,
      ),
    (page) => page.Changes,
    (page) => page.NextToken,
  );
}

function isEmptyChange(reason: string): boolean {
  return /didn't contain changes|did not contain changes|no updates are to be performed/i.test(reason);
}

/** Change sets of runs that were cut off before they executed one. */
async function removeLeftovers(context: AwsRunContext, stackId: string, keep: string): Promise<void> {
  const sets = await orAbsent(
    allPages(
      (token) =>
        context.reader.read(
          'cloudformation',
          'ListChangeSets',
          { StackName: stackId, ...(token === undefined ? {} : { NextToken: token }) },
          context.signal,
        ),
      (page) => page.Summaries,
      (page) => page.NextToken,
    ),
  );
  for (const { ChangeSetName: name, ExecutionStatus: status } of sets ?? []) {
    if (name === undefined || name === keep || !name.startsWith(prefix)) continue;
    if (status !== 'AVAILABLE' && status !== 'UNAVAILABLE') continue;
    const named = { StackName: stackId, ChangeSetName: name };
    await context.writer.write('cloudformation', 'DeleteChangeSet', named, context.signal);
  }
}

function changeSetFailed(stackName: string, reason: string): RoadsteadError {
  return new RoadsteadError(`the change set of ${stackName} could not be made: ${reason}`, {
    code: 'CHANGE_SET_FAILED',
    value: reason,
    hint: 'nothing was changed; mend what CloudFormation names',
  });
}
