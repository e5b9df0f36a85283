import { AwsError } from '@roadstead/sandbox-gateway';
import type { Engine } from '../engine/engine.ts';
import { adoptLiveResources } from '../engine/live-state.ts';
import type { ChangeSet, Stack, StackModel } from '../engine/stack.ts';
import { startWork } from '../engine/work.ts';
import { validationError } from '../template/errors.ts';
import { findChangeSet } from './change-sets.ts';
import { beginCreate } from './create-stack.ts';
import { optionalText, requiredText } from './input.ts';
import type { Operation } from './operation.ts';
import { beginUpdate, checkUpdatable } from './update-stack.ts';

/** ExecuteChangeSet: does what was computed, unless the stack has moved since. */
export const executeChangeSet: Operation = async (engine, { input, account, region }) => {
  const { stack, changeSet } = findChangeSet(
    engine,
    { account, region },
    requiredText(input, 'ChangeSetName'),
    optionalText(input, 'StackName'),
  );
  const { model } = changeSet;
  const token = optionalText(input, 'ClientRequestToken');
  if (token !== undefined && token === stack.clientToken && stack.changeSetId === changeSet.id) return {};
  if (changeSet.executionStatus !== 'AVAILABLE' || model === undefined) throw notExecutable(changeSet);
  const disableRollback = input['DisableRollback'] === true || changeSet.onStackFailure === 'DO_NOTHING';
  if (changeSet.type === 'UPDATE') checkUpdatable(stack, disableRollback);
  else if (stack.status !== 'REVIEW_IN_PROGRESS') {
    throw validationError(`Stack:${stack.id} is in ${stack.status} state and can not be created.`);
  }
  // Before anything is waited for: a second execution meets a change set that is taken.
  changeSet.executionStatus = 'EXECUTE_IN_PROGRESS';
  if (changeSet.revertsDrift) await adoptLiveResources(engine, stack);
  stack.clientToken = token;
  stack.changeSetId = changeSet.id;
  stack.roleArn = changeSet.roleArn ?? stack.roleArn;
  stack.retainExceptOnCreate = input['RetainExceptOnCreate'] === true;
  // The others were made for a stack that is no more.
  stack.changeSets.clear();
  if (changeSet.type === 'CREATE') executeCreate(engine, stack, model, changeSet, disableRollback);
  else beginUpdate(engine, stack, model, disableRollback);
  stack.changeSets.set(changeSet.name, changeSet);
  startWork(engine, stack, async () => settleExecution(stack, changeSet));
  return {};
};

function notExecutable(changeSet: ChangeSet): AwsError {
  const why =
    changeSet.status === 'CREATE_COMPLETE'
      ? `execution status of [${changeSet.executionStatus}]`
      : `status of [${changeSet.status}]`;
  return new AwsError(
    'InvalidChangeSetStatus',
    `ChangeSet [${changeSet.id}] cannot be executed in its current ${why}`,
    400,
  );
}

function executeCreate(
  engine: Engine,
  stack: Stack,
  model: StackModel,
  changeSet: ChangeSet,
  disableRollback: boolean,
): void {
  const wanted = changeSet.onStackFailure;
  stack.onFailure = disableRollback ? 'DO_NOTHING' : wanted === 'DELETE' ? 'DELETE' : 'ROLLBACK';
  stack.disableRollback = disableRollback;
  stack.operationId = engine.newId();
  beginCreate(engine, stack, model);
}

/** What became of an executed change set. */
function settleExecution(stack: Stack, changeSet: ChangeSet): void {
  const succeeded = stack.status === 'CREATE_COMPLETE' || stack.status === 'UPDATE_COMPLETE';
  changeSet.executionStatus = succeeded ? 'EXECUTE_COMPLETE' : 'EXECUTE_FAILED';
}
