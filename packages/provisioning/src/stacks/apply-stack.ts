import type { Change } from '@roadstead/definition';
import { canonicalJson, RoadsteadError } from '@roadstead/foundation';
import { awsErrorCode, refusedByAws } from '../calls/aws-failure.ts';
import { type AwsRunContext, clientToken, type StepResult } from '../execute/context.ts';
import { planMoved, refuseMoved } from '../execute/plan-moved.ts';
import { pollDelay } from '../execute/poll-delay.ts';
import { notConverging } from '../execute/step-work.ts';
import { describeStack, readTemplate } from '../observe/observe-stacks.ts';
import type { ObservedStack } from '../observe/observed.ts';
import type { DesiredStack } from '../plan/desired.ts';
import { diffStack, type StackDiff } from '../plan/stack-diff.ts';
import { isOurs } from '../plan/tags.ts';
import { executeChangeSet, toParameters, toTags } from './change-set.ts';
import { removeStack } from './delete-stack.ts';
import { followStack, stackFailed } from './follow-stack.ts';
import { takenOnce } from './known-request.ts';
import { stackAction } from './stack-action.ts';

/**
 * Brings a stack to what the release says: created, updated through a checked change set, or nothing. Safe to repeat and
 * to begin in any status. Throws `STACK_FAILED` with the first real cause, `PLAN_MOVED` when CloudFormation would do more
 * than the plan classed.
 */
export async function applyStack(context: AwsRunContext, change: Change, desired: DesiredStack): Promise<StepResult> {
  const started = context.clock.monotonic();
  const work = new StackWork(context, change, desired);
  try {
    while (await work.pass()) context.signal.throwIfAborted();
  } catch (error) {
    throw refusedByAws(change.what, error);
  }
  const seconds = (context.clock.monotonic() - started) / 1000;
  return { outcome: work.requests > 0 ? 'changed' : 'unchanged', seconds };
}

/** One stack's way to its desired state; each pass looks, does one thing, and waits for it. */
class StackWork {
  requests = 0;
  readonly #context: AwsRunContext;
  readonly #change: Change;
  readonly #desired: DesiredStack;
  #remade = false;
  #updated = false;
  #nothingToUpdate = false;
  #repeats = 0;

  constructor(context: AwsRunContext, change: Change, desired: DesiredStack) {
    this.#context = context;
    this.#change = change;
    this.#desired = desired;
  }

  /** Resolves to whether there is more to do. */
  async pass(): Promise<boolean> {
    const { reader, signal } = this.#context;
    const stack = await describeStack(reader, this.#desired.stackName, signal);
    this.#refuseForeign(stack);
    const diff = stack === undefined ? undefined : await this.#compare(stack);
    const mends = diff !== undefined && !this.#updated && mendsResources(this.#change, diff);
    const differs = diff !== undefined && (diff.fields.length > 0 || mends);
    const action = stackAction(stack?.status, { wanted: true, differs });
    switch (action.kind) {
      case 'none':
      case 'delete':
        return false;
      case 'wait':
        await followStack(this.#context, this.#change, stack?.stackId ?? this.#desired.stackName);
        return true;
      case 'create':
        return this.#create(stack);
      case 'delete-then-create':
        return this.#makeRoom(stack);
      case 'continue-rollback':
        return this.#rollBack(stack, 'ContinueUpdateRollback');
      case 'roll-back':
        return this.#rollBack(stack, 'RollbackStack');
      case 'update':
        return stack === undefined || diff === undefined ? false : this.#update(stack, diff, mends);
      case 'refuse':
        throw unusable(this.#desired.stackName, action.reason);
    }
  }

  async #compare(stack: ObservedStack): Promise<StackDiff> {
    const template = await readTemplate(this.#context.reader, stack.stackName, this.#context.signal);
    return diffStack(this.#desired, { ...stack, ...(template === undefined ? {} : { template }) });
  }

  async #create(before: ObservedStack | undefined): Promise<boolean> {
    const desired = this.#desired;
    const { writer, signal } = this.#context;
    const token = clientToken(this.#context, this.#change, 'create', before?.stackId ?? '', String(this.#remade));
    let stackId: string | undefined;
    try {
      const answer = await writer.write(
        'cloudformation',
        'CreateStack',
        {
          StackName: desired.stackName,
          TemplateBody: canonicalJson(desired.template),
          Parameters: toParameters(desired),
          Tags: toTags(desired.tags),
          Capabilities: ['CAPABILITY_NAMED_IAM'],
          EnableTerminationProtection: desired.terminationProtection,
          OnFailure: 'ROLLBACK',
          ClientRequestToken: token,
        },
        signal,
      );
      stackId = answer.StackId;
    } catch (error) {
      // Somebody, or this step before it was cut off, was first: the next pass looks.
      if (!/^(Token)?AlreadyExistsException$/.test(awsErrorCode(error) ?? '')) throw error;
      return this.#lookAgain('a stack of that name is there, and is not described');
    }
    this.requests += 1;
    await this.#expect(stackId ?? desired.stackName, 'CREATE_COMPLETE');
    return true;
  }

  async #makeRoom(stack: ObservedStack | undefined): Promise<boolean> {
    if (stack === undefined) return true;
    if (this.#remade) throw await stackFailed(this.#context, stack);
    // A creation that failed keeps its protection though there is nothing to protect.
    if (stack.terminationProtection) await protectStack(this.#context, stack.stackName, false);
    await removeStack(this.#context, this.#change, stack);
    this.#remade = true;
    this.requests += 1;
    return true;
  }

  async #rollBack(
    stack: ObservedStack | undefined,
    operation: 'ContinueUpdateRollback' | 'RollbackStack',
  ): Promise<boolean> {
    if (stack === undefined) return true;
    const { writer, signal } = this.#context;
    const token = clientToken(this.#context, this.#change, operation, stack.stackId, stack.changedAt);
    const input = { StackName: stack.stackId, ClientRequestToken: token };
    await takenOnce(writer.write('cloudformation', operation, input, signal));
    this.requests += 1;
    const ended = await followStack(this.#context, this.#change, stack.stackId, stack);
    if (ended?.status === 'UPDATE_ROLLBACK_FAILED') throw await stackFailed(this.#context, ended);
    return true;
  }

  async #update(stack: ObservedStack, diff: StackDiff, mends: boolean): Promise<boolean> {
    this.#refuseMoved(diff);
    if (stack.terminationProtection !== this.#desired.terminationProtection) {
      await protectStack(this.#context, stack.stackName, this.#desired.terminationProtection);
      this.requests += 1;
      return this.#lookAgain('its termination protection is changed back');
    }
    if (this.#updated || this.#nothingToUpdate) return false;
    if (!diff.needsUpdate && !mends) return false;
    const update = { desired: this.#desired, stack, diff, mends };
    const begun = await executeChangeSet(this.#context, this.#change, update);
    if (!begun) {
      this.#nothingToUpdate = true;
      this.#updated = true;
      return true;
    }
    this.requests += 1;
    this.#updated = true;
    await this.#expect(stack.stackId, 'UPDATE_COMPLETE', stack);
    return true;
  }

  /** What was asked for may not be seen at once; it is not asked for without end. */
  async #lookAgain(instead: string): Promise<true> {
    this.#repeats += 1;
    if (this.#repeats > 12) throw notConverging(this.#change.what, instead);
    await this.#context.clock.sleep(pollDelay(this.#repeats, this.#context.pollScale), this.#context.signal);
    return true;
  }

  #refuseForeign(stack: ObservedStack | undefined): void {
    if (stack === undefined || isOurs(stack.tags, this.#context.cluster)) return;
    throw planMoved(this.#change, 'a stack of that name is there and was not made by Roadstead for this cluster');
  }

  /** No more than the plan classed; where the plan had a stack to compare with, no more than its fields. */
  #refuseMoved(diff: StackDiff): void {
    refuseMoved(this.#change, diff);
    if (this.#change.action === 'create') return;
    const planned = new Set(this.#change.fields.map(({ path }) => path));
    const more = diff.fields.map(({ path }) => path).filter((path) => !planned.has(path));
    const unfinished = this.#change.class === 'none';
    if (more.length > 0 && !unfinished) throw planMoved(this.#change, `${more.join(', ')} differs too`);
  }

  async #expect(stackId: string, status: string, from?: ObservedStack): Promise<void> {
    const ended = await followStack(this.#context, this.#change, stackId, from);
    if (ended === undefined || ended.status === status) return;
    throw await stackFailed(this.#context, ended);
  }
}

/**
 * Whether the line mends resources themselves: it names some that differ neither by template nor by parameters, so it was
 * drift that told them.
 */
function mendsResources(change: Change, diff: StackDiff): boolean {
  if (change.drift !== true || change.action !== 'update') return false;
  const declared = new Set(diff.fields.map(({ path }) => path));
  return change.fields.some(({ path }) => path.startsWith('Resources.') && !declared.has(path));
}

/** Termination protection cannot be part of a change set: a call of its own. */
export async function protectStack(context: AwsRunContext, stackName: string, on: boolean): Promise<void> {
  const input = { StackName: stackName, EnableTerminationProtection: on };
  await context.writer.write('cloudformation', 'UpdateTerminationProtection', input, context.signal);
}

function unusable(stackName: string, reason: string): RoadsteadError {
  return new RoadsteadError(`stack ${stackName}: ${reason}`, {
    code: 'STACK_NOT_USABLE',
    value: stackName,
    hint: 'bring the stack to rest in the CloudFormation console, then run `roadstead up` again',
  });
}
