import type { Place } from '@roadstead/sandbox-gateway';
import { type Engine, findStack, requireStack, stacksAt } from '../engine/engine.ts';
import { isGone, type Stack, type StackEvent, type StackModel, type StackResource } from '../engine/stack.ts';
import { validationError } from '../template/errors.ts';
import { optionalText, pageOf, requiredText, texts } from './input.ts';
import type { Operation } from './operation.ts';

/** DescribeStacks: by name or id, or all that are not deleted. */
export const describeStacks: Operation = async (engine, { input, account, region }) => {
  const place = { account, region };
  const name = optionalText(input, 'StackName');
  if (name !== undefined) {
    const stack = findStack(engine, place, name);
    if (stack === undefined) throw validationError(`Stack with id ${name} does not exist`);
    return { Stacks: [describeStack(stack)] };
  }
  const standing = stacksAt(engine, place).filter((stack) => !isGone(stack));
  const { page, next } = pageOf(standing.toReversed(), optionalText(input, 'NextToken'), 100);
  return { Stacks: page.map(describeStack), ...next };
};

function describeStack(stack: Stack): Record<string, unknown> {
  const { model } = stack;
  return {
    StackId: stack.id,
    StackName: stack.name,
    ...(stack.changeSetId === undefined ? {} : { ChangeSetId: stack.changeSetId }),
    ...(model?.template.description === undefined ? {} : { Description: model.template.description }),
    Parameters: model === undefined ? [] : describeParameters(model),
    CreationTime: new Date(stack.createdAt),
    ...(stack.updatedAt === undefined ? {} : { LastUpdatedTime: new Date(stack.updatedAt) }),
    ...(stack.deletedAt === undefined ? {} : { DeletionTime: new Date(stack.deletedAt) }),
    RollbackConfiguration: {},
    StackStatus: stack.status,
    ...(stack.reason === undefined ? {} : { StackStatusReason: stack.reason }),
    DisableRollback: stack.disableRollback,
    NotificationARNs: [],
    ...(stack.timeoutMinutes === undefined ? {} : { TimeoutInMinutes: stack.timeoutMinutes }),
    Capabilities: model?.capabilities ?? [],
    Outputs: stack.outputs.map((output) => ({
      OutputKey: output.key,
      OutputValue: output.value,
      ...(output.description === undefined ? {} : { Description: output.description }),
      ...(output.exportName === undefined ? {} : { ExportName: output.exportName }),
    })),
    ...(stack.roleArn === undefined ? {} : { RoleARN: stack.roleArn }),
    Tags: model?.tags ?? [],
    EnableTerminationProtection: stack.terminationProtection,
    DriftInformation: driftInformation(stack),
    ...(stack.retainExceptOnCreate ? { RetainExceptOnCreate: true } : {}),
    ...(stack.deletionMode === undefined ? {} : { DeletionMode: stack.deletionMode }),
    LastOperations: stack.lastOperations,
  };
}

/** A model's parameters as AWS shows them: secrets as `****`. */
export function describeParameters(model: StackModel): Record<string, unknown>[] {
  return Object.entries(model.parameters).map(([key, { value, resolved }]) => {
    const hidden = model.template.parameters[key]?.noEcho === true;
    return {
      ParameterKey: key,
      ParameterValue: hidden ? '****' : value,
      ...(resolved === undefined || hidden ? {} : { ResolvedValue: resolved }),
    };
  });
}

function driftInformation(stack: Stack): Record<string, unknown> {
  return {
    StackDriftStatus: stack.drift.status,
    ...(stack.drift.at === undefined ? {} : { LastCheckTimestamp: new Date(stack.drift.at) }),
  };
}

/** ListStacks: deleted ones too, newest first, filtered by status. */
export const listStacks: Operation = async (engine, { input, account, region }) => {
  const wanted = texts(input, 'StackStatusFilter');
  const stacks = stacksAt(engine, { account, region })
    .filter((stack) => wanted.length === 0 || wanted.includes(stack.status))
    .toReversed();
  const { page, next } = pageOf(stacks, optionalText(input, 'NextToken'), 100);
  const summaries = page.map((stack) => ({
    StackId: stack.id,
    StackName: stack.name,
    ...(stack.model?.template.description === undefined
      ? {}
      : { TemplateDescription: stack.model.template.description }),
    CreationTime: new Date(stack.createdAt),
    ...(stack.updatedAt === undefined ? {} : { LastUpdatedTime: new Date(stack.updatedAt) }),
    ...(stack.deletedAt === undefined ? {} : { DeletionTime: new Date(stack.deletedAt) }),
    StackStatus: stack.status,
    ...(stack.reason === undefined ? {} : { StackStatusReason: stack.reason }),
    DriftInformation: driftInformation(stack),
    LastOperations: stack.lastOperations,
  }));
  return { StackSummaries: summaries, ...next };
};

const eventsPerPage = 100;

/** DescribeStackEvents: newest first; a page's token names the event it goes on after, so new ones shift nothing. */
export const describeStackEvents: Operation = async (engine, { input, account, region }) => {
  const stack = requireNamed(engine, { account, region }, requiredText(input, 'StackName'));
  const newestFirst = stack.events.filter(isInModel).toReversed();
  const token = optionalText(input, 'NextToken');
  const after = token === undefined ? -1 : newestFirst.findIndex((event) => event.eventId === token);
  if (token !== undefined && after < 0) throw validationError('NextToken is invalid');
  const page = newestFirst.slice(after + 1, after + 1 + eventsPerPage);
  const hasMore = after + 1 + eventsPerPage < newestFirst.length;
  return {
    StackEvents: page.map((event) => ({
      StackId: stack.id,
      EventId: event.eventId,
      StackName: stack.name,
      OperationId: event.operationId,
      LogicalResourceId: event.logicalId,
      PhysicalResourceId: event.physicalId,
      ResourceType: event.type,
      Timestamp: new Date(event.at),
      ResourceStatus: event.status,
      ...(event.reason === undefined ? {} : { ResourceStatusReason: event.reason }),
      ...(event.properties === undefined ? {} : { ResourceProperties: event.properties }),
      ...(event.clientToken === undefined ? {} : { ClientRequestToken: event.clientToken }),
    })),
    ...(hasMore ? { NextToken: page.at(-1)?.eventId } : {}),
  };
};

/**
 * AWS tells the begin of a clean-up as an event too, though its own service model has no such status of an event. The
 * model decides here; `DescribeStacks` shows these states.
 */
function isInModel(event: StackEvent): boolean {
  return !event.status.endsWith('_CLEANUP_IN_PROGRESS');
}

function requireNamed(engine: Engine, place: Place, name: string): Stack {
  const stack = findStack(engine, place, name);
  if (stack === undefined) throw validationError(`Stack [${name}] does not exist`);
  return stack;
}

function listed(stack: Stack): StackResource[] {
  return [...stack.resources.values()].toSorted((a, b) => (a.logicalId < b.logicalId ? -1 : 1));
}

function summary(resource: StackResource): Record<string, unknown> {
  return {
    LogicalResourceId: resource.logicalId,
    ...(resource.physicalId === undefined ? {} : { PhysicalResourceId: resource.physicalId }),
    ResourceType: resource.type,
    ResourceStatus: resource.status,
    ...(resource.reason === undefined ? {} : { ResourceStatusReason: resource.reason }),
    DriftInformation: {
      StackResourceDriftStatus: resource.drift?.status ?? 'NOT_CHECKED',
      ...(resource.drift === undefined ? {} : { LastCheckTimestamp: new Date(resource.drift.at) }),
    },
  };
}

/** ListStackResources. */
export const listStackResources: Operation = async (engine, { input, account, region }) => {
  const stack = requireStack(engine, { account, region }, requiredText(input, 'StackName'));
  const { page, next } = pageOf(listed(stack), optionalText(input, 'NextToken'), 100);
  const summaries = page.map((each) => ({ ...summary(each), LastUpdatedTimestamp: new Date(each.changedAt) }));
  return { StackResourceSummaries: summaries, ...next };
};

/** DescribeStackResources: of a stack, or of the stack that holds a physical resource; the first hundred. */
export const describeStackResources: Operation = async (engine, { input, account, region }) => {
  const place = { account, region };
  const physicalId = optionalText(input, 'PhysicalResourceId');
  const stack =
    physicalId === undefined
      ? requireStack(engine, place, requiredText(input, 'StackName'))
      : stacksAt(engine, place).find((each) => listed(each).some((resource) => resource.physicalId === physicalId));
  if (stack === undefined) throw validationError(`Stack for ${physicalId} does not exist`);
  const logicalId = optionalText(input, 'LogicalResourceId');
  const resources = listed(stack).filter((each) => logicalId === undefined || each.logicalId === logicalId);
  return {
    StackResources: resources.slice(0, 100).map((each) => ({
      StackName: stack.name,
      StackId: stack.id,
      ...summary(each),
      Timestamp: new Date(each.changedAt),
    })),
  };
};

/** DescribeStackResource. */
export const describeStackResource: Operation = async (engine, { input, account, region }) => {
  const stack = requireStack(engine, { account, region }, requiredText(input, 'StackName'));
  const logicalId = requiredText(input, 'LogicalResourceId');
  const resource = stack.resources.get(logicalId);
  if (resource === undefined) throw validationError(`Resource ${logicalId} does not exist for stack ${stack.name}`);
  return {
    StackResourceDetail: {
      StackName: stack.name,
      StackId: stack.id,
      ...summary(resource),
      LastUpdatedTimestamp: new Date(resource.changedAt),
      Metadata: JSON.stringify(resource.metadata ?? {}),
    },
  };
};
