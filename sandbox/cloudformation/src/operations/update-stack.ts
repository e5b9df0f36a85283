import type { Place } from '@roadstead/sandbox-gateway';
import { rollbackCreate } from '../engine/create-stack.ts';
import { type Engine, requireStack } from '../engine/engine.ts';
import { isNoUpdate } from '../engine/plan-stack.ts';
import { checkServiceRole, prepareModel } from '../engine/prepare.ts';
import { rollbackUpdate } from '../engine/rollback-update.ts';
import type { Stack, StackModel } from '../engine/stack.ts';
import { openUpdate, updateStackResources } from '../engine/update-stack.ts';
import { Interrupted, startWork } from '../engine/work.ts';
import { validationError } from '../template/errors.ts';
import { rememberOperation, requiredBody } from './create-stack.ts';
import { givenParameters, givenTags, type Input, optionalText, requiredText, texts } from './input.ts';
import type { Operation } from './operation.ts';
import { isRepeat, originOf } from './origin.ts';

const updatable = new Set(['CREATE_COMPLETE', 'UPDATE_COMPLETE', 'UPDATE_ROLLBACK_COMPLETE']);
const resumable = new Set(['CREATE_FAILED', 'UPDATE_FAILED']);

/** Refuses an update of a stack that is busy or cannot be updated any more. */
export function checkUpdatable(stack: Stack, disableRollback: boolean): void {
  if (updatable.has(stack.status)) return;
  if (resumable.has(stack.status)) {
    if (disableRollback) return;
    throw validationError(
      `This stack is currently in a non-terminal [${stack.status}] state. To update the stack from this state, please use the disable-rollback parameter with update-stack API. To rollback to the last known good state, use the rollback-stack API`,
    );
  }
  throw validationError(`Stack:${stack.id} is in ${stack.status} state and can not be updated.`);
}

/** The model that an update request asks for. */
export async function updatedModel(engine: Engine, stack: Stack, input: Input): Promise<StackModel> {
  const usesPrevious = input['UsePreviousTemplate'] === true;
  if (usesPrevious && optionalText(input, 'TemplateBody') !== undefined) {
    throw validationError('You cannot specify both usePreviousTemplate and Template Body/Template URL.');
  }
  const previous = stack.model;
  const model = await prepareModel(engine, {
    identity: { place: stack.place, stackId: stack.id, stackName: stack.name },
    templateBody: usesPrevious && previous !== undefined ? previous.templateBody : requiredBody(input),
    parameters: givenParameters(input),
    previous: previous?.parameters,
    capabilities: texts(input, 'Capabilities'),
    tags: givenTags(input) ?? previous?.tags ?? [],
  });
  refuseTypeChange(stack, model);
  return model;
}

function refuseTypeChange(stack: Stack, model: StackModel): void {
  const changed = [...stack.resources.values()].filter((record) => {
    const declaration = model.template.resources[record.logicalId];
    return declaration !== undefined && declaration.type !== record.type;
  });
  if (changed.length === 0) return;
  const names = changed.map((record) => record.logicalId).join(', ');
  throw validationError(
    `Update of resource type is not permitted. The new template modifies resource type of the following resources: [${names}]`,
  );
}

/** UpdateStack: answers at once; "No updates are to be performed." when there is nothing to do. */
export const updateStack: Operation = async (engine, request) => {
  const { input, account, region } = request;
  const stack = requireStack(engine, { account, region }, requiredText(input, 'StackName'));
  const origin = originOf(request);
  if (/^UPDATE_/.test(stack.status) && isRepeat(origin, stack.origin)) {
    return { StackId: stack.id, OperationId: stack.operationId };
  }
  const disableRollback = input['DisableRollback'] === true;
  checkUpdatable(stack, disableRollback);
  const model = await updatedModel(engine, stack, input);
  await checkServiceRole(engine, stack.place, optionalText(input, 'RoleARN'));
  checkUpdatable(stack, disableRollback);
  if (!resumable.has(stack.status) && isNoUpdate(engine, stack, model)) {
    throw validationError('No updates are to be performed.');
  }
  stack.clientToken = origin.token;
  stack.retainExceptOnCreate = input['RetainExceptOnCreate'] === true;
  stack.roleArn = optionalText(input, 'RoleARN') ?? stack.roleArn;
  beginUpdate(engine, stack, model, disableRollback);
  stack.origin = origin;
  return { StackId: stack.id, OperationId: stack.operationId };
};

/** Starts the work of an update. */
export function beginUpdate(engine: Engine, stack: Stack, model: StackModel, disableRollback: boolean): void {
  stack.operationId = engine.newId();
  stack.origin = undefined;
  stack.disableRollback = disableRollback;
  rememberOperation(stack, 'UPDATE_STACK');
  for (const changeSet of stack.changeSets.values()) {
    if (changeSet.executionStatus === 'AVAILABLE') changeSet.executionStatus = 'OBSOLETE';
  }
  const transaction = openUpdate(engine, stack, model);
  startWork(engine, stack, (cancel) => updateStackResources(engine, stack, { model, transaction }, cancel));
}

/** CancelUpdateStack: the running update is rolled back. */
export const cancelUpdateStack: Operation = async (engine, { input, account, region }) => {
  const stack = requireStack(engine, { account, region }, requiredText(input, 'StackName'));
  if (stack.status !== 'UPDATE_IN_PROGRESS') {
    throw validationError('CancelUpdateStack cannot be called from current stack status');
  }
  stack.cancel?.abort(new Interrupted('cancel'));
  return {};
};

/** ContinueUpdateRollback: tries a failed rollback again, leaving out what is named. */
export const continueUpdateRollback: Operation = async (engine, { input, account, region }) => {
  const stack = requireStack(engine, { account, region }, requiredText(input, 'StackName'));
  if (stack.status !== 'UPDATE_ROLLBACK_FAILED') {
    throw validationError(`Stack:${stack.id} is in ${stack.status} state and can not continue rolling back.`);
  }
  const skip = texts(input, 'ResourcesToSkip');
  const wrong = skip.filter((name) => stack.resources.get(name)?.status !== 'UPDATE_FAILED');
  if (wrong.length > 0) {
    throw validationError(
      `The resources you specified to skip are not in the UPDATE_FAILED state: [${wrong.join(', ')}]`,
    );
  }
  startRollback(engine, stack, 'CONTINUE_ROLLBACK', optionalText(input, 'ClientRequestToken'));
  startWork(engine, stack, () => rollbackUpdate(engine, stack, 'User Initiated', skip));
  return {};
};

/** RollbackStack: takes a stack whose rollback was disabled back to its last good state. */
export const rollbackStack: Operation = async (engine, { input, account, region }) => {
  const place: Place = { account, region };
  const stack = requireStack(engine, place, requiredText(input, 'StackName'));
  if (!resumable.has(stack.status)) {
    throw validationError(`Stack:${stack.id} is in ${stack.status} state and can not be rolled back.`);
  }
  const fromCreate = stack.status === 'CREATE_FAILED';
  stack.retainExceptOnCreate ||= input['RetainExceptOnCreate'] === true;
  startRollback(engine, stack, 'ROLLBACK', optionalText(input, 'ClientRequestToken'));
  startWork(engine, stack, () =>
    fromCreate ? rollbackCreate(engine, stack, 'User Initiated') : rollbackUpdate(engine, stack, 'User Initiated'),
  );
  return { StackId: stack.id, OperationId: stack.operationId };
};

function startRollback(engine: Engine, stack: Stack, type: string, token: string | undefined): void {
  stack.operationId = engine.newId();
  stack.clientToken = token;
  stack.origin = undefined;
  rememberOperation(stack, type);
  // The status turns with the request, so that a second one meets a busy stack.
  stack.status = stack.status === 'CREATE_FAILED' ? 'ROLLBACK_IN_PROGRESS' : 'UPDATE_ROLLBACK_IN_PROGRESS';
}
