import { removeResources } from './create-stack.ts';
import { type Engine, markStack } from './engine.ts';
import { nameList } from './records.ts';
import type { Stack } from './stack.ts';

export interface StackDeletion {
  /** Logical ids to leave alone, asked for by name. */
  readonly retain: readonly string[];
  /** Leave what cannot be deleted, and call the stack deleted. */
  readonly force: boolean;
}

/** Deletes a stack's resources and then the stack, or ends in DELETE_FAILED with the names of what blocks. */
export async function deleteStackResources(engine: Engine, stack: Stack, deletion: StackDeletion): Promise<void> {
  stack.deletionMode = deletion.force ? 'FORCE_DELETE_STACK' : 'STANDARD';
  adoptLeftovers(stack);
  const failed = await removeResources(
    engine,
    stack,
    (policy, logicalId) => policy !== 'Delete' || deletion.retain.includes(logicalId),
  );
  if (engine.context.signal.aborted) return;
  if (failed.length > 0 && !deletion.force) {
    markStack(engine, stack, 'DELETE_FAILED', `The following resource(s) failed to delete: ${nameList(failed)}. `);
    return;
  }
  stack.outputs = [];
  stack.transaction = undefined;
  markStack(engine, stack, 'DELETE_COMPLETE');
}

/** What an unfinished update made or took out of use belongs to the stack too. */
function adoptLeftovers(stack: Stack): void {
  const held = new Set([...stack.resources.values()].map((record) => record.physicalId));
  for (const { record } of [...(stack.transaction?.superseded ?? []), ...(stack.transaction?.made ?? [])]) {
    if (record.physicalId === undefined || held.has(record.physicalId)) continue;
    held.add(record.physicalId);
    stack.resources.set(`${record.logicalId}/${record.physicalId}`, record);
  }
}
