import { AwsError } from '@roadstead/sandbox-gateway';
import { deleteStackResources } from '../engine/delete-stack.ts';
import { type Engine, findStack, markStack, requireStack } from '../engine/engine.ts';
import { exportsAt } from '../engine/export-values.ts';
import { importingStacks } from '../engine/exports.ts';
import { isGone, type Stack } from '../engine/stack.ts';
import { Interrupted, startWork } from '../engine/work.ts';
import { validationError } from '../template/errors.ts';
import { rememberOperation } from './create-stack.ts';
import { optionalText, requiredText, texts } from './input.ts';
import type { Operation } from './operation.ts';

const deletable = new Set([
  'CREATE_IN_PROGRESS',
  'CREATE_COMPLETE',
  'CREATE_FAILED',
  'ROLLBACK_COMPLETE',
  'ROLLBACK_FAILED',
  'DELETE_FAILED',
  'UPDATE_COMPLETE',
  'UPDATE_FAILED',
  'UPDATE_ROLLBACK_COMPLETE',
  'UPDATE_ROLLBACK_FAILED',
  'REVIEW_IN_PROGRESS',
]);

/** DeleteStack: a stack that is not there is deleted already; the work goes on beside. */
export const deleteStack: Operation = async (engine, { input, account, region }) => {
  const stack = findStack(engine, { account, region }, requiredText(input, 'StackName'));
  if (stack === undefined || isGone(stack) || stack.status === 'DELETE_IN_PROGRESS') return {};
  const retain = texts(input, 'RetainResources');
  const force = input['DeletionMode'] === 'FORCE_DELETE_STACK';
  checkDeletable(engine, stack, { retain, force });
  const interrupted = stack.cancel;
  const hasNothing = stack.status === 'REVIEW_IN_PROGRESS';
  stack.operationId = engine.newId();
  stack.clientToken = optionalText(input, 'ClientRequestToken');
  rememberOperation(stack, 'DELETE_STACK');
  markStack(engine, stack, 'DELETE_IN_PROGRESS', 'User Initiated');
  if (!hasNothing) interrupted?.abort(new Interrupted('delete'));
  startWork(engine, stack, () => deleteStackResources(engine, stack, { retain, force }));
  return {};
};

function checkDeletable(
  engine: Engine,
  stack: Stack,
  { retain, force }: { retain: readonly string[]; force: boolean },
): void {
  if (stack.terminationProtection) {
    throw validationError(`Stack [${stack.name}] cannot be deleted while TerminationProtection is enabled`);
  }
  if (!deletable.has(stack.status)) {
    throw validationError(`Stack [${stack.id}] cannot be deleted while in status ${stack.status}`);
  }
  if (retain.length > 0 && stack.status !== 'DELETE_FAILED') {
    throw validationError(
      `Invalid operation on stack [${stack.id}]. Specify RetainResources only when the stack is in the DELETE_FAILED state.`,
    );
  }
  if (force && stack.status !== 'DELETE_FAILED') {
    throw validationError(
      `Invalid operation on stack [${stack.id}]. FORCE_DELETE_STACK is only for a stack in the DELETE_FAILED state.`,
    );
  }
  const unknown = retain.filter((name) => !stack.resources.has(name));
  if (unknown.length > 0)
    throw validationError(`The specified resources do not exist in the stack: [${unknown.join(', ')}]`);
  refuseImportedExports(engine, stack);
}

function refuseImportedExports(engine: Engine, stack: Stack): void {
  for (const { name } of exportsAt(engine, stack.place).filter((each) => each.stack === stack)) {
    const importers = importingStacks(engine, stack, name);
    if (importers.length > 0) {
      throw validationError(
        `Export ${name} cannot be deleted as it is in use by ${importers.map((each) => each.name).join(' and ')}`,
      );
    }
  }
}

/** UpdateTerminationProtection. */
export const updateTerminationProtection: Operation = async (engine, { input, account, region }) => {
  const stack = requireStack(engine, { account, region }, requiredText(input, 'StackName'));
  if (isGone(stack) || stack.status === 'DELETE_IN_PROGRESS') {
    throw validationError(
      `TerminationProtection cannot be updated for stack [${stack.name}] in status ${stack.status}`,
    );
  }
  stack.terminationProtection = input['EnableTerminationProtection'] === true;
  return { StackId: stack.id };
};

/** ListExports. */
export const listExports: Operation = async (engine, { account, region }) => ({
  Exports: exportsAt(engine, { account, region }).map(({ name, value, stack }) => ({
    ExportingStackId: stack.id,
    Name: name,
    Value: value,
  })),
});

/** ListImports: the stacks that import an export; nobody importing it is a refusal, as at AWS. */
export const listImports: Operation = async (engine, { input, account, region }) => {
  const name = requiredText(input, 'ExportName');
  const found = exportsAt(engine, { account, region }).find((each) => each.name === name);
  if (found === undefined) throw new AwsError('ValidationError', `No export named ${name} found.`, 400);
  const importers = importingStacks(engine, found.stack, name);
  if (importers.length === 0) throw validationError(`Export '${name}' is not imported by any stack.`);
  return { Imports: importers.map((stack) => stack.name) };
};
