import { canonicalJson } from '@roadstead/foundation';
import { AwsError, type AwsRequest, type Place, paced } from '@roadstead/sandbox-gateway';
import { type Engine, findStack, markStack, requireStack, stacksAt } from '../engine/engine.ts';
import { liveResources } from '../engine/live-state.ts';
import { isNoUpdate, planStackChanges } from '../engine/plan-stack.ts';
import { checkServiceRole } from '../engine/prepare.ts';
import { reasonOf } from '../engine/resource-work.ts';
import { hideSecrets } from '../engine/secrets.ts';
import type { ChangeSet, Stack, StackModel } from '../engine/stack.ts';
import { describeChange, withoutValues } from '../plan/describe-changes.ts';
import { resourceSpec } from '../spec/resource-spec.ts';
import { validationError } from '../template/errors.ts';
import { alreadyExists, checkStackName, emptyStack, newModel, stackArn } from './create-stack.ts';
import { describeParameters } from './describe.ts';
import { type Input, optionalText, pageOf, requiredText } from './input.ts';
import type { Operation } from './operation.ts';
import { originOf } from './origin.ts';
import { checkUpdatable, updatedModel } from './update-stack.ts';

/** CreateChangeSet: of a new stack (then in REVIEW_IN_PROGRESS) or an update; computed beside the request. */
export const createChangeSet: Operation = async (engine, request) => {
  const { input, account, region } = request;
  const place = { account, region };
  const name = requiredText(input, 'ChangeSetName');
  const type = optionalText(input, 'ChangeSetType') ?? 'UPDATE';
  if (type === 'IMPORT') throw validationError('ChangeSetType IMPORT is not carried by the sandbox');
  const existing = findStack(engine, place, requiredText(input, 'StackName'));
  const repeated = existing?.changeSets.get(name);
  if (existing !== undefined && repeated !== undefined) {
    return { Id: sameChangeSet(repeated, request), StackId: existing.id };
  }
  refuseFailureMode(optionalText(input, 'OnStackFailure'), type);
  const { stack, model } =
    type === 'CREATE' ? await forNewStack(engine, place, input) : await forUpdate(engine, place, input);
  const meanwhile = stack.changeSets.get(name);
  if (meanwhile !== undefined) return { Id: sameChangeSet(meanwhile, request), StackId: stack.id };
  const changeSet: ChangeSet = {
    id: `arn:aws:cloudformation:${region}:${account}:changeSet/${name}/${engine.newId()}`,
    name,
    type: type === 'CREATE' ? 'CREATE' : 'UPDATE',
    description: optionalText(input, 'Description'),
    createdAt: engine.context.clock.now(),
    onStackFailure: optionalText(input, 'OnStackFailure'),
    revertsDrift: optionalText(input, 'DeploymentMode') === 'REVERT_DRIFT',
    model,
    status: 'CREATE_PENDING',
    executionStatus: 'UNAVAILABLE',
    reason: undefined,
    changes: [],
    origin: originOf(request),
    roleArn: optionalText(input, 'RoleARN'),
    basedOn: stack.operationId,
  };
  stack.changeSets.set(name, changeSet);
  void computeChangeSet(engine, stack, changeSet, model);
  return { Id: changeSet.id, StackId: stack.id };
};

/** The id of a change set that this very request made before; any other one of the name is in the way. */
function sameChangeSet(standing: ChangeSet, request: AwsRequest): string {
  const origin = originOf(request);
  if (origin.token !== undefined && origin.token === standing.origin.token) {
    if (origin.digest === standing.origin.digest) return standing.id;
    throw new AwsError(
      'AlreadyExistsException',
      `ChangeSet ${standing.name} cannot be created due to a mismatch with existing attribute Template, Parameters or Tags`,
      400,
    );
  }
  throw new AwsError('AlreadyExistsException', `ChangeSet ${standing.id} already exists`, 400);
}

function refuseFailureMode(mode: string | undefined, type: string): void {
  if (mode !== 'DELETE' || type === 'CREATE') return;
  throw validationError('OnStackFailure DELETE is only valid when the ChangeSetType parameter is set to CREATE');
}

async function forNewStack(engine: Engine, place: Place, input: Input): Promise<{ stack: Stack; model: StackModel }> {
  const name = requiredText(input, 'StackName');
  checkStackName(name);
  const standing = findStack(engine, place, name);
  if (standing !== undefined && standing.status !== 'REVIEW_IN_PROGRESS') {
    throw validationError(
      `Stack [${name}] already exists and cannot be created again with the changeSet [${requiredText(input, 'ChangeSetName')}].`,
    );
  }
  const id = standing?.id ?? stackArn(engine, place, name);
  const model = await newModel(engine, place, { id, name, input });
  if (standing !== undefined) return { stack: standing, model };
  if (findStack(engine, place, name) !== undefined) throw alreadyExists(name);
  const stack = emptyStack(engine, place, name, id, input);
  engine.stacks.push(stack);
  markStack(engine, stack, 'REVIEW_IN_PROGRESS', 'User Initiated');
  return { stack, model };
}

async function forUpdate(engine: Engine, place: Place, input: Input): Promise<{ stack: Stack; model: StackModel }> {
  const stack = requireStack(engine, place, requiredText(input, 'StackName'));
  if (stack.status === 'REVIEW_IN_PROGRESS') {
    throw validationError(`Stack [${stack.name}] does not exist`);
  }
  checkUpdatable(stack, true);
  const model = await updatedModel(engine, stack, input);
  await checkServiceRole(engine, place, optionalText(input, 'RoleARN'));
  return { stack, model };
}

/** AWS takes about this long to compute a change set. */
const usualSeconds = 5;

async function computeChangeSet(engine: Engine, stack: Stack, changeSet: ChangeSet, model: StackModel): Promise<void> {
  const { clock, pace, signal } = engine.context;
  changeSet.status = 'CREATE_IN_PROGRESS';
  try {
    await clock.sleep(paced(usualSeconds, pace), signal);
    const present = changeSet.revertsDrift ? await liveResources(engine, stack) : stack.resources;
    const planned = planStackChanges(engine, stack, model, present);
    const isEmpty = changeSet.type === 'UPDATE' && planned.length === 0 && isNoUpdate(engine, stack, model);
    const described = planned.map((change) =>
      describeChange(change, {
        before: stack.model?.template,
        after: model.template,
        changedParameters: changedParameters(stack.model, model),
        tagProperty: (type) => resourceSpec(type)?.tags?.property,
      }),
    );
    changeSet.changes = JSON.parse(hideSecrets(stack.model, hideSecrets(model, JSON.stringify(described))));
    if (isEmpty) {
      failChangeSet(
        changeSet,
        "The submitted information didn't contain changes. Submit different information to create a change set.",
      );
      return;
    }
    changeSet.status = 'CREATE_COMPLETE';
    changeSet.executionStatus = stack.operationId === changeSet.basedOn ? 'AVAILABLE' : 'OBSOLETE';
  } catch (error) {
    if (!signal.aborted) failChangeSet(changeSet, reasonOf(error));
  }
}

function failChangeSet(changeSet: ChangeSet, reason: string): void {
  changeSet.status = 'FAILED';
  changeSet.executionStatus = 'UNAVAILABLE';
  changeSet.reason = reason;
}

function changedParameters(before: StackModel | undefined, after: StackModel): ReadonlySet<string> {
  const names = Object.keys(after.parameters);
  return new Set(
    names.filter((name) => canonicalJson(after.parameters[name]) !== canonicalJson(before?.parameters[name])),
  );
}

/** A change set by ARN, or by name within a stack. */
export function findChangeSet(
  engine: Engine,
  place: Place,
  nameOrId: string,
  stackName: string | undefined,
): { stack: Stack; changeSet: ChangeSet } {
  const byId = nameOrId.startsWith('arn:');
  if (!byId && stackName === undefined) {
    throw validationError('StackName must be specified if ChangeSetName is not specified as an ARN.');
  }
  const stacks = stackName === undefined ? stacksAt(engine, place) : [requireStack(engine, place, stackName)];
  for (const stack of stacks.toReversed()) {
    for (const changeSet of stack.changeSets.values()) {
      if (byId ? changeSet.id === nameOrId : changeSet.name === nameOrId) return { stack, changeSet };
    }
  }
  throw new AwsError('ChangeSetNotFound', `ChangeSet [${nameOrId}] does not exist`, 404);
}

const changesPerPage = 100;

/** DescribeChangeSet, with values when asked. */
export const describeChangeSet: Operation = async (engine, { input, account, region }) => {
  const found = findChangeSet(
    engine,
    { account, region },
    requiredText(input, 'ChangeSetName'),
    optionalText(input, 'StackName'),
  );
  const { stack, changeSet } = found;
  const shown = input['IncludePropertyValues'] === true ? changeSet.changes : changeSet.changes.map(withoutValues);
  const { page, next } = pageOf(shown, optionalText(input, 'NextToken'), changesPerPage);
  return {
    ...summary(stack, changeSet),
    ...(changeSet.revertsDrift ? { DeploymentMode: 'REVERT_DRIFT' } : {}),
    Parameters: changeSet.model === undefined ? [] : describeParameters(changeSet.model),
    NotificationARNs: [],
    RollbackConfiguration: {},
    Capabilities: changeSet.model?.capabilities ?? [],
    Tags: changeSet.model?.tags ?? [],
    Changes: page,
    ...next,
    ...(changeSet.onStackFailure === undefined ? {} : { OnStackFailure: changeSet.onStackFailure }),
  };
};

function summary(stack: Stack, changeSet: ChangeSet): Record<string, unknown> {
  return {
    StackId: stack.id,
    StackName: stack.name,
    ChangeSetId: changeSet.id,
    ChangeSetName: changeSet.name,
    ...(changeSet.description === undefined ? {} : { Description: changeSet.description }),
    CreationTime: new Date(changeSet.createdAt),
    ExecutionStatus: changeSet.executionStatus,
    Status: changeSet.status,
    ...(changeSet.reason === undefined ? {} : { StatusReason: changeSet.reason }),
    IncludeNestedStacks: false,
    ImportExistingResources: false,
  };
}

/** ListChangeSets of a stack. */
export const listChangeSets: Operation = async (engine, { input, account, region }) => {
  const stack = requireStack(engine, { account, region }, requiredText(input, 'StackName'));
  const { page, next } = pageOf([...stack.changeSets.values()], optionalText(input, 'NextToken'), 100);
  return { Summaries: page.map((changeSet) => summary(stack, changeSet)), ...next };
};

/** DeleteChangeSet: one that is not there is deleted already. */
export const deleteChangeSet: Operation = async (engine, { input, account, region }) => {
  const place = { account, region };
  const name = requiredText(input, 'ChangeSetName');
  const stackName = optionalText(input, 'StackName');
  if (stackName !== undefined) requireStack(engine, place, stackName);
  const found = tryFind(engine, place, name, stackName);
  if (found === undefined) return {};
  const { stack, changeSet } = found;
  if (changeSet.executionStatus === 'EXECUTE_IN_PROGRESS' || changeSet.status.endsWith('_IN_PROGRESS')) {
    throw new AwsError(
      'InvalidChangeSetStatus',
      `ChangeSet [${changeSet.id}] cannot be deleted in its current status of [${changeSet.status}]`,
      400,
    );
  }
  stack.changeSets.delete(changeSet.name);
  return {};
};

function tryFind(engine: Engine, place: Place, name: string, stackName: string | undefined) {
  try {
    return findChangeSet(engine, place, name, stackName);
  } catch (error) {
    if (error instanceof AwsError && error.code === 'ChangeSetNotFound') return undefined;
    throw error;
  }
}
