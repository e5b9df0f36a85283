import { diffProperties, strongestRecreation } from '../plan/diff-properties.ts';
import { dependenciesOf } from '../plan/graph.ts';
import { resourceSpec } from '../spec/resource-spec.ts';
import type { JsonObject } from '../template/parse.ts';
import { buildResource, propertyProblem, settleOutputs } from './create-stack.ts';
import { deletePhysicalResources } from './delete-resources.ts';
import { type Engine, markResource, markStack } from './engine.ts';
import { liveScope } from './live-scope.ts';
import { adoptDeclaration, nameList } from './records.ts';
import {
  evaluateProperties,
  handlerOf,
  type ResourceWork,
  reasonOf,
  replaceResource,
  updateResource,
} from './resource-work.ts';
import { rollbackUpdate } from './rollback-update.ts';
import { runGraph } from './run-graph.ts';
import type { Stack, StackModel, StackResource, Transaction } from './stack.ts';
import { Interrupted, interruption, resourcesAtOnce } from './work.ts';

/** Turns a stack to another model at once; `updateStackResources` then does the work. */
export function openUpdate(engine: Engine, stack: Stack, model: StackModel): Transaction {
  const transaction = beginTransaction(stack);
  stack.model = model;
  markStack(engine, stack, 'UPDATE_IN_PROGRESS', 'User Initiated');
  return transaction;
}

/** Brings a stack's resources to its new model, or back to the one it had. */
export async function updateStackResources(
  engine: Engine,
  stack: Stack,
  update: { readonly model: StackModel; readonly transaction: Transaction },
  cancel: AbortController,
): Promise<void> {
  const { model, transaction } = update;
  const failure =
    (await changeAll(engine, stack, model, { transaction, cancel })) ?? settleOutputs(engine, stack, model);
  if (engine.context.signal.aborted) return;
  if (failure === undefined) {
    await cleanUp(engine, stack, model, transaction);
    return;
  }
  if (stack.disableRollback && interruption(cancel) === undefined) markStack(engine, stack, 'UPDATE_FAILED', failure);
  else await rollbackUpdate(engine, stack, failure);
}

function beginTransaction(stack: Stack): Transaction {
  if (stack.transaction !== undefined) return stack.transaction;
  if (stack.model === undefined) throw new Error(`stack ${stack.name} has no model to update`);
  const isNew = stack.status === 'CREATE_FAILED';
  const transaction: Transaction = {
    before: stack.model,
    resources: isNew ? new Map() : new Map([...stack.resources].map(([id, record]) => [id, { ...record }])),
    outputs: stack.outputs,
    superseded: [],
    made: isNew ? [...stack.resources.values()].map((record) => ({ record, retain: false })) : [],
    touched: new Set(),
  };
  stack.transaction = transaction;
  return transaction;
}

interface Pass {
  readonly transaction: Transaction;
  readonly cancel: AbortController;
}

async function changeAll(engine: Engine, stack: Stack, model: StackModel, pass: Pass): Promise<string | undefined> {
  const siblings = new AbortController();
  const signal = AbortSignal.any([engine.context.signal, pass.cancel.signal, siblings.signal]);
  const outcome = await runGraph({
    dependencies: dependenciesOf(model.template, model.active),
    limit: resourcesAtOnce,
    stopAtFailure: true,
    work: (logicalId) => changeResource({ engine, stack, signal }, model, pass.transaction, logicalId),
    onFailure: () => siblings.abort(new Interrupted('failure')),
  });
  if (interruption(pass.cancel) === 'cancel') return 'User Initiated';
  if (outcome.failed.length === 0) return undefined;
  const names = outcome.failed.map(({ node }) => node);
  const made = names.filter((name) => stack.resources.get(name)?.status === 'CREATE_FAILED');
  const changed = names.filter((name) => !made.includes(name));
  const parts = [
    ...(made.length === 0 ? [] : [`The following resource(s) failed to create: ${nameList(made)}. `]),
    ...(changed.length === 0 ? [] : [`The following resource(s) failed to update: ${nameList(changed)}. `]),
  ];
  return parts.join('');
}

async function changeResource(
  work: ResourceWork,
  model: StackModel,
  transaction: Transaction,
  logicalId: string,
): Promise<void> {
  work.signal.throwIfAborted();
  const record = work.stack.resources.get(logicalId);
  if (record === undefined || record.status === 'CREATE_FAILED') {
    if (record?.physicalId !== undefined) transaction.superseded.push({ record, retain: false });
    await buildNew(work, model, transaction, logicalId);
    return;
  }
  const properties = desiredProperties(work, model, record);
  const kind = changeKind(work.engine, record, properties);
  if (kind !== 'none') {
    transaction.touched.add(logicalId);
    if (kind === 'replace') await replace(work, transaction, record, properties);
    else await updateResource(work, record, properties);
  }
  adoptDeclaration(model, record);
}

async function buildNew(
  work: ResourceWork,
  model: StackModel,
  transaction: Transaction,
  logicalId: string,
): Promise<void> {
  try {
    await buildResource(work, model, logicalId);
  } finally {
    const made = work.stack.resources.get(logicalId);
    if (made !== undefined) transaction.made.push({ record: made, retain: outlivesRollback(work.stack, made) });
  }
}

/** Whether what an operation made is left alone when that operation is rolled back. */
export function outlivesRollback(stack: Stack, record: StackResource): boolean {
  return record.deletionPolicy === 'Retain' && !stack.retainExceptOnCreate;
}

function desiredProperties(work: ResourceWork, model: StackModel, record: StackResource): JsonObject {
  const { engine, stack } = work;
  try {
    const { properties, problems } = evaluateProperties(model, record.logicalId, liveScope(engine, stack, model));
    if (problems.length === 0) return properties;
    throw new Error(propertyProblem(record.logicalId, problems));
  } catch (error) {
    markResource(engine, stack, record, 'UPDATE_FAILED', error instanceof Error ? error.message : reasonOf(error));
    throw error;
  }
}

function changeKind(engine: Engine, record: StackResource, properties: JsonObject): 'none' | 'update' | 'replace' {
  const spec = resourceSpec(record.type);
  if (spec === undefined) throw new Error(`no specification of ${record.type}`);
  const changes = diffProperties(spec, record.properties, properties);
  if (record.physicalId === undefined) return 'replace';
  if (changes.length === 0) return record.status === 'UPDATE_FAILED' ? 'update' : 'none';
  const recreation = strongestRecreation(changes);
  if (recreation === 'Never') return 'update';
  if (recreation === 'Always') return 'replace';
  return (handlerOf(engine, record.type).replaces?.(record.properties, properties) ?? true) ? 'replace' : 'update';
}

async function replace(
  work: ResourceWork,
  transaction: Transaction,
  record: StackResource,
  properties: JsonObject,
): Promise<void> {
  const old = { ...record };
  try {
    await replaceResource(work, record, properties);
  } finally {
    if (record.physicalId !== old.physicalId) {
      transaction.superseded.push({ record: old, retain: old.updateReplacePolicy !== 'Delete' });
      if (record.physicalId !== undefined) transaction.made.push({ record: { ...record }, retain: false });
    }
  }
}

async function cleanUp(engine: Engine, stack: Stack, model: StackModel, transaction: Transaction): Promise<void> {
  const kept = new Set(model.active);
  const removed = [...stack.resources.values()].filter((record) => !kept.has(record.logicalId));
  markStack(engine, stack, 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS');
  stack.updatedAt = engine.context.clock.now();
  const gone = removed.map((record) => ({ record, retain: record.deletionPolicy !== 'Delete' }));
  await deletePhysicalResources(engine, stack, [...transaction.superseded, ...gone], engine.context.signal);
  if (engine.context.signal.aborted) return;
  for (const record of removed) stack.resources.delete(record.logicalId);
  stack.transaction = undefined;
  markStack(engine, stack, 'UPDATE_COMPLETE');
}
