import { paced } from '@roadstead/sandbox-gateway';
import { dependenciesOf } from '../plan/graph.ts';
import { deletePhysicalResources } from './delete-resources.ts';
import { type Engine, markResource, markStack } from './engine.ts';
import { exportConflict, importedChange } from './exports.ts';
import { liveScope } from './live-scope.ts';
import { evaluateOutputs } from './outputs.ts';
import { nameList, newRecord } from './records.ts';
import { createResource, evaluateProperties, type ResourceWork, reasonOf } from './resource-work.ts';
import { runGraph } from './run-graph.ts';
import type { Stack, StackModel } from './stack.ts';
import { Interrupted, interruption, resourcesAtOnce } from './work.ts';

/** Makes everything in a new stack's model, or takes it back as the stack's OnFailure says. */
export async function createStackResources(
  engine: Engine,
  stack: Stack,
  model: StackModel,
  cancel: AbortController,
): Promise<void> {
  const timer = startTimeout(engine, stack, cancel);
  const failure = await buildAll(engine, stack, model, cancel);
  timer.abort();
  if (engine.context.signal.aborted || interruption(cancel) === 'delete') return;
  if (failure === undefined) {
    markStack(engine, stack, 'CREATE_COMPLETE');
    return;
  }
  if (stack.onFailure === 'DO_NOTHING') {
    markStack(engine, stack, 'CREATE_FAILED', failure);
    return;
  }
  if (stack.onFailure === 'DELETE') await deleteFailedStack(engine, stack, failure);
  else await rollbackCreate(engine, stack, `${failure} Rollback requested by user.`);
}

function startTimeout(engine: Engine, stack: Stack, cancel: AbortController): AbortController {
  const timer = new AbortController();
  if (stack.timeoutMinutes === undefined) return timer;
  const wait = paced(stack.timeoutMinutes * 60, engine.context.pace);
  engine.context.clock.sleep(wait, AbortSignal.any([timer.signal, engine.context.signal])).then(
    () => cancel.abort(new Interrupted('timeout')),
    () => undefined,
  );
  return timer;
}

async function buildAll(
  engine: Engine,
  stack: Stack,
  model: StackModel,
  cancel: AbortController,
): Promise<string | undefined> {
  const siblings = new AbortController();
  const signal = AbortSignal.any([engine.context.signal, cancel.signal, siblings.signal]);
  const outcome = await runGraph({
    dependencies: dependenciesOf(model.template, model.active),
    limit: resourcesAtOnce,
    stopAtFailure: true,
    work: (logicalId) => buildResource({ engine, stack, signal }, model, logicalId),
    onFailure: () => siblings.abort(new Interrupted('failure')),
  });
  if (interruption(cancel) === 'timeout') return 'Stack creation time exceeded the specified timeout.';
  if (outcome.failed.length > 0) {
    return `The following resource(s) failed to create: ${nameList(outcome.failed.map(({ node }) => node))}.`;
  }
  return settleOutputs(engine, stack, model);
}

/** Sets the outputs of a stack whose resources are there; a reason when they cannot be. */
export function settleOutputs(engine: Engine, stack: Stack, model: StackModel): string | undefined {
  try {
    const outputs = evaluateOutputs(model, liveScope(engine, stack, model));
    const conflict = exportConflict(engine, stack, outputs) ?? importedChange(engine, stack, outputs);
    if (conflict !== undefined) return conflict;
    stack.outputs = outputs;
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

/** Makes one resource of a model that the stack does not have. */
export async function buildResource(work: ResourceWork, model: StackModel, logicalId: string): Promise<void> {
  const { engine, stack } = work;
  work.signal.throwIfAborted();
  const record = newRecord(engine, model, logicalId, {});
  stack.resources.set(logicalId, record);
  const problem = setProperties(work, model, logicalId);
  if (problem !== undefined) {
    markResource(engine, stack, record, 'CREATE_FAILED', problem);
    throw new Error(problem);
  }
  await createResource(work, record);
}

function setProperties({ engine, stack }: ResourceWork, model: StackModel, logicalId: string): string | undefined {
  const record = stack.resources.get(logicalId);
  try {
    const { properties, problems } = evaluateProperties(model, logicalId, liveScope(engine, stack, model));
    if (record !== undefined) record.properties = properties;
    return problems.length === 0 ? undefined : propertyProblem(logicalId, problems);
  } catch (error) {
    return reasonOf(error);
  }
}

/** What is wrong with a resource's properties, in CloudFormation's words. */
export function propertyProblem(logicalId: string, problems: readonly string[]): string {
  return `Properties validation failed for resource ${logicalId} with message:\n[${problems.join('; ')}]`;
}

/** Takes back what a failed creation made. */
export async function rollbackCreate(engine: Engine, stack: Stack, reason: string): Promise<void> {
  markStack(engine, stack, 'ROLLBACK_IN_PROGRESS', reason);
  const failed = await removeResources(engine, stack, (policy) => policy === 'Retain' && !stack.retainExceptOnCreate);
  if (engine.context.signal.aborted) return;
  stack.outputs = [];
  if (failed.length === 0) markStack(engine, stack, 'ROLLBACK_COMPLETE');
  else markStack(engine, stack, 'ROLLBACK_FAILED', `The following resource(s) failed to delete: ${nameList(failed)}. `);
}

async function deleteFailedStack(engine: Engine, stack: Stack, reason: string): Promise<void> {
  markStack(engine, stack, 'DELETE_IN_PROGRESS', `${reason} Delete requested by user.`);
  const failed = await removeResources(engine, stack, (policy) => policy === 'Retain' && !stack.retainExceptOnCreate);
  if (engine.context.signal.aborted) return;
  if (failed.length === 0) markStack(engine, stack, 'DELETE_COMPLETE');
  else markStack(engine, stack, 'DELETE_FAILED', `The following resource(s) failed to delete: ${nameList(failed)}. `);
}

/** Deletes what the stack has and has not yet deleted; resolves to what could not be. */
export async function removeResources(
  engine: Engine,
  stack: Stack,
  retains: (policy: string, logicalId: string) => boolean,
): Promise<string[]> {
  const standing = [...stack.resources.values()].filter(
    (record) => record.status !== 'DELETE_COMPLETE' && record.status !== 'DELETE_SKIPPED',
  );
  const physical = standing.map((record) => ({ record, retain: retains(record.deletionPolicy, record.logicalId) }));
  return deletePhysicalResources(engine, stack, physical, engine.context.signal);
}
