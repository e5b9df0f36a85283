import { AwsError, type Place } from '@roadstead/sandbox-gateway';
import { createStackResources } from '../engine/create-stack.ts';
import { type Engine, findStack, markStack } from '../engine/engine.ts';
import { checkServiceRole, prepareModel } from '../engine/prepare.ts';
import type { Origin, Stack, StackModel } from '../engine/stack.ts';
import { startWork } from '../engine/work.ts';
import { validationError } from '../template/errors.ts';
import { givenParameters, givenTags, type Input, optionalText, requiredText, texts } from './input.ts';
import type { Operation } from './operation.ts';
import { isRepeat, originOf } from './origin.ts';

/** A stack's ARN. */
export function stackArn(engine: Engine, place: Place, name: string): string {
  return `arn:aws:cloudformation:${place.region}:${place.account}:stack/${name}/${engine.newId()}`;
}

/** A stack in which nothing is made yet. */
export function emptyStack(engine: Engine, place: Place, name: string, id: string, input: Input): Stack {
  const onFailure = onFailureOf(input);
  return {
    id,
    name,
    place,
    createdAt: engine.context.clock.now(),
    updatedAt: undefined,
    deletedAt: undefined,
    status: 'REVIEW_IN_PROGRESS',
    reason: undefined,
    model: undefined,
    resources: new Map(),
    outputs: [],
    events: [],
    changeSets: new Map(),
    changeSetId: undefined,
    disableRollback: onFailure === 'DO_NOTHING',
    onFailure,
    terminationProtection: input['EnableTerminationProtection'] === true,
    timeoutMinutes: typeof input['TimeoutInMinutes'] === 'number' ? input['TimeoutInMinutes'] : undefined,
    roleArn: optionalText(input, 'RoleARN'),
    retainExceptOnCreate: input['RetainExceptOnCreate'] === true,
    transaction: undefined,
    operationId: engine.newId(),
    clientToken: optionalText(input, 'ClientRequestToken'),
    origin: undefined,
    cancel: undefined,
    drift: { status: 'NOT_CHECKED', at: undefined },
    deletionMode: undefined,
    lastOperations: [],
  };
}

function onFailureOf(input: Input): Stack['onFailure'] {
  const onFailure = optionalText(input, 'OnFailure');
  if (onFailure !== undefined && input['DisableRollback'] !== undefined) {
    throw validationError('You may specify either DisableRollback or OnFailure, but not both');
  }
  if (input['DisableRollback'] === true) return 'DO_NOTHING';
  return onFailure === 'DO_NOTHING' || onFailure === 'DELETE' ? onFailure : 'ROLLBACK';
}

/** Refuses names that CloudFormation does not take. */
export function checkStackName(name: string): void {
  if (/^[a-zA-Z][-a-zA-Z0-9]{0,127}$/.test(name)) return;
  throw validationError(
    `1 validation error detected: Value '${name}' at 'stackName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*`,
  );
}

/** The model of a stack that is yet to be made, whose role, when one is given, is there. */
export async function newModel(
  engine: Engine,
  place: Place,
  wanted: { readonly id: string; readonly name: string; readonly input: Input },
): Promise<StackModel> {
  const { id, name, input } = wanted;
  const model = await prepareModel(engine, {
    identity: { place, stackId: id, stackName: name },
    templateBody: requiredBody(input),
    parameters: givenParameters(input),
    previous: undefined,
    capabilities: texts(input, 'Capabilities'),
    tags: givenTags(input) ?? [],
  });
  await checkServiceRole(engine, place, optionalText(input, 'RoleARN'));
  return model;
}

/** CreateStack: answers at once, the work goes on beside. The same token again answers the same stack. */
export const createStack: Operation = async (engine, request) => {
  const { input, account, region } = request;
  const place = { account, region };
  const name = requiredText(input, 'StackName');
  checkStackName(name);
  const origin = originOf(request);
  const repeated = madeBy(engine, place, name, origin);
  if (repeated !== undefined) return { StackId: repeated.id, OperationId: repeated.operationId };
  const id = stackArn(engine, place, name);
  const model = await newModel(engine, place, { id, name, input });
  if (findStack(engine, place, name) !== undefined) throw alreadyExists(name);
  const stack = { ...emptyStack(engine, place, name, id, input), origin };
  engine.stacks.push(stack);
  beginCreate(engine, stack, model);
  return { StackId: id, OperationId: stack.operationId };
};

/** The stack of this name when this very request made it, as its last operation; any other meets a taken name. */
function madeBy(engine: Engine, place: Place, name: string, origin: Origin): Stack | undefined {
  const stack = findStack(engine, place, name);
  if (stack === undefined || (isRepeat(origin, stack.origin) && stack.status.startsWith('CREATE_'))) return stack;
  throw alreadyExists(name);
}

/** The refusal of a name that another stack has. */
export function alreadyExists(name: string): AwsError {
  return new AwsError('AlreadyExistsException', `Stack [${name}] already exists`, 400);
}

/** The template's text; a request without one is refused. */
export function requiredBody(input: Input): string {
  const body = optionalText(input, 'TemplateBody');
  if (body === undefined) throw validationError('Either Template URL or Template Body must be specified.');
  return body;
}

/** Starts the making of a stack's resources. */
export function beginCreate(engine: Engine, stack: Stack, model: StackModel): void {
  stack.model = model;
  rememberOperation(stack, 'CREATE_STACK');
  markStack(engine, stack, 'CREATE_IN_PROGRESS', 'User Initiated');
  startWork(engine, stack, (cancel) => createStackResources(engine, stack, model, cancel));
}

/** Notes an operation among the last ones that DescribeStacks tells. */
export function rememberOperation(stack: Stack, type: string): void {
  stack.lastOperations.unshift({ OperationType: type, OperationId: stack.operationId });
  stack.lastOperations.length = Math.min(stack.lastOperations.length, 3);
}
