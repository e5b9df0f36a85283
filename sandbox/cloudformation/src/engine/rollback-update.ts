import { type Dependencies } from '../plan/graph.ts';
import { deletePhysicalResources } from './delete-resources.ts';
import { type Engine, markResource, markStack } from './engine.ts';
import { nameList } from './records.ts';
import { type ResourceWork, updateResource } from './resource-work.ts';
import { runGraph } from './run-graph.ts';
import type { Stack, Transaction } from './stack.ts';
import { resourcesAtOnce } from './work.ts';

/**
 * Puts the resources of a failed update back to what they were, then deletes what the update made. What cannot be put
 * back leaves the stack in UPDATE_ROLLBACK_FAILED, from where it is called again; `skip` names what to leave as it is.
 */
export async function rollbackUpdate(
  engine: Engine,
  stack: Stack,
  reason: string,
  skip: readonly string[] = [],
): Promise<void> {
  const { transaction } = stack;
  if (transaction === undefined) throw new Error(`stack ${stack.name} has no update to roll back`);
  markStack(engine, stack, 'UPDATE_ROLLBACK_IN_PROGRESS', reason);
  const outcome = await runGraph({
    dependencies: touchedDependencies(transaction),
    limit: resourcesAtOnce,
    stopAtFailure: false,
    work: (logicalId) =>
      restoreResource(
        { engine, stack, signal: engine.context.signal },
        transaction,
        logicalId,
        skip.includes(logicalId),
      ),
  });
  if (engine.context.signal.aborted) return;
  if (outcome.failed.length > 0) {
    const names = nameList(outcome.failed.map(({ node }) => node));
    markStack(engine, stack, 'UPDATE_ROLLBACK_FAILED', `The following resource(s) failed to update: ${names}. `);
    return;
  }
  await forgetUpdate(engine, stack, transaction);
}

function touchedDependencies(transaction: Transaction): Dependencies {
  const touched = [...transaction.touched];
  return new Map(
    touched.map((name) => {
      const needs = transaction.resources.get(name)?.dependsOn ?? new Set<string>();
      return [name, new Set(touched.filter((other) => needs.has(other)))];
    }),
  );
}

async function restoreResource(
  work: ResourceWork,
  transaction: Transaction,
  logicalId: string,
  skip: boolean,
): Promise<void> {
  const { engine, stack } = work;
  const old = transaction.resources.get(logicalId);
  const now = stack.resources.get(logicalId);
  if (old === undefined) return;
  if (skip || now === undefined || now.physicalId !== old.physicalId) {
    const restored = { ...old };
    stack.resources.set(logicalId, restored);
    markResource(engine, stack, restored, 'UPDATE_COMPLETE', skip ? 'Resource update was skipped' : undefined);
  } else {
    await updateResource(work, now, old.properties);
    stack.resources.set(logicalId, { ...old, ...pickLive(now) });
  }
  transaction.touched.delete(logicalId);
}

function pickLive<
  T extends {
    status: string;
    reason: string | undefined;
    changedAt: number;
    attributes: unknown;
    resolved: unknown;
    properties: unknown;
  },
>(now: T): Pick<T, 'status' | 'reason' | 'changedAt' | 'attributes' | 'resolved' | 'properties'> {
  const { status, reason, changedAt, attributes, resolved, properties } = now;
  return { status, reason, changedAt, attributes, resolved, properties };
}

async function forgetUpdate(engine: Engine, stack: Stack, transaction: Transaction): Promise<void> {
  for (const logicalId of [...stack.resources.keys()]) {
    if (!transaction.resources.has(logicalId)) stack.resources.delete(logicalId);
  }
  stack.model = transaction.before;
  stack.outputs = transaction.outputs;
  markStack(engine, stack, 'UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS');
  await deletePhysicalResources(engine, stack, transaction.made, engine.context.signal);
  if (engine.context.signal.aborted) return;
  stack.transaction = undefined;
  stack.updatedAt = engine.context.clock.now();
  markStack(engine, stack, 'UPDATE_ROLLBACK_COMPLETE');
}
