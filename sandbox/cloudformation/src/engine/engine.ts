import { createHash } from 'node:crypto';
import { AwsError, type Place, type ServiceContext } from '@roadstead/sandbox-gateway';
import { validationError } from '../template/errors.ts';
import { CallFailed, type ResourceContext, type ResourceHandler, type Tag } from '../types/handler.ts';
import { hideSecrets } from './secrets.ts';
import { isGone, type Stack, type StackEvent, type StackResource } from './stack.ts';

/** What every operation of the engine works with. */
export interface Engine {
  readonly context: ServiceContext;
  /** A fresh UUID. */
  readonly newId: () => string;
  readonly handlers: ReadonlyMap<string, ResourceHandler>;
  readonly stacks: Stack[];
  readonly detections: Map<string, DriftDetection>;
}

export interface DriftDetection {
  readonly id: string;
  readonly stack: Stack;
  readonly startedAt: number;
  status: 'DETECTION_IN_PROGRESS' | 'DETECTION_COMPLETE' | 'DETECTION_FAILED';
  reason: string | undefined;
}

/** The stacks of one account and region, oldest first. */
export function stacksAt(engine: Engine, place: Place): Stack[] {
  return engine.stacks.filter((stack) => stack.place.account === place.account && stack.place.region === place.region);
}

/** A stack by name, or by id, which finds deleted ones too. */
export function findStack(engine: Engine, place: Place, nameOrId: string): Stack | undefined {
  const stacks = stacksAt(engine, place);
  if (nameOrId.startsWith('arn:')) return stacks.find((stack) => stack.id === nameOrId);
  return stacks.find((stack) => stack.name === nameOrId && !isGone(stack));
}

/** A stack that must be there; the refusal is CloudFormation's. */
export function requireStack(engine: Engine, place: Place, nameOrId: string): Stack {
  const stack = findStack(engine, place, nameOrId);
  if (stack === undefined) throw validationError(`Stack [${nameOrId}] does not exist`);
  return stack;
}

/** Sets a resource's status and tells it as an event. */
export function markResource(
  engine: Engine,
  stack: Stack,
  resource: StackResource,
  status: string,
  reason?: string,
): void {
  resource.status = status;
  resource.reason = reason;
  resource.changedAt = engine.context.clock.now();
  addEvent(engine, stack, {
    eventId: `${resource.logicalId}-${status}-${new Date(engine.context.clock.now()).toISOString()}-${stack.events.length}`,
    logicalId: resource.logicalId,
    physicalId: resource.physicalId ?? '',
    type: resource.type,
    status,
    reason,
    properties: hideSecrets(stack.model, JSON.stringify(resource.properties)),
  });
}

/** Sets the stack's status and tells it as an event. */
export function markStack(engine: Engine, stack: Stack, status: string, reason?: string): void {
  stack.status = status;
  stack.reason = reason;
  if (status === 'DELETE_COMPLETE') stack.deletedAt = engine.context.clock.now();
  addEvent(engine, stack, {
    eventId: engine.newId(),
    logicalId: stack.name,
    physicalId: stack.id,
    type: 'AWS::CloudFormation::Stack',
    status,
    reason,
    properties: undefined,
  });
  engine.context.log({ stack: stack.name, status, reason }, 'stack status');
}

function addEvent(engine: Engine, stack: Stack, event: Omit<StackEvent, 'at' | 'operationId' | 'clientToken'>): void {
  stack.events.push({
    ...event,
    at: engine.context.clock.now(),
    operationId: stack.operationId,
    clientToken: stack.clientToken,
  });
}

/** What a handler gets for one physical resource. */
export function resourceContext(engine: Engine, stack: Stack, resource: StackResource): ResourceContext {
  return {
    place: stack.place,
    stackName: stack.name,
    stackId: stack.id,
    logicalId: resource.logicalId,
    systemTags: systemTags(stack, resource.logicalId),
    physicalName: (maxLength) => physicalName(stack, resource, maxLength),
    call: (service, operation, input) => callAws(engine, stack.place, { service, operation, input }),
  };
}

function systemTags(stack: Stack, logicalId: string): Tag[] {
  return [
    { Key: 'aws:cloudformation:stack-name', Value: stack.name },
    { Key: 'aws:cloudformation:logical-id', Value: logicalId },
    { Key: 'aws:cloudformation:stack-id', Value: stack.id },
  ];
}

function physicalName(stack: Stack, resource: StackResource, maxLength: number): string {
  const digest = createHash('sha256')
    .update(`${stack.id}/${resource.logicalId}/${resource.generation}`)
    .digest('base64');
  const suffix = digest
    .replaceAll(/[^A-Za-z0-9]/g, '')
    .slice(0, 12)
    .padEnd(12, '0');
  const prefix = `${stack.name}-${resource.logicalId}`.slice(0, maxLength - suffix.length - 1);
  return `${prefix}-${suffix}`;
}

const serviceTitles: Readonly<Record<string, string>> = {
  ec2: 'Ec2',
  iam: 'Iam',
  autoscaling: 'AutoScaling',
  kms: 'Kms',
  sqs: 'Sqs',
  events: 'EventBridge',
  ssm: 'Ssm',
  logs: 'CloudWatchLogs',
  route53: 'Route53',
};

interface Call {
  readonly service: string;
  readonly operation: string;
  readonly input: Record<string, unknown>;
}

const throttling = /Throttl|RequestLimitExceeded|TooManyRequests|PriorRequestNotComplete/;

async function callAws(engine: Engine, place: Place, call: Call): Promise<Record<string, unknown>> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await engine.context.backend.call(place, call.service, call.operation, call.input);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      if (!throttling.test(error.code) || attempt >= 5) throw callFailed(engine, call, error);
      await engine.context.clock.sleep(engine.context.pace.floorMs * attempt, engine.context.signal);
    }
  }
}

function callFailed(engine: Engine, { service }: Call, error: AwsError): CallFailed {
  const title = serviceTitles[service] ?? service;
  const reason =
    `Resource handler returned message: "${error.message} (Service: ${title}, Status Code: ${error.status}, ` +
    `Request ID: ${engine.newId()}) (SDK Attempt Count: 1)" (RequestToken: ${engine.newId()}, HandlerErrorCode: ${handlerErrorCode(error.code)})`;
  return new CallFailed(error.code, reason, error);
}

/** CloudFormation's own class of an AWS error code. */
export function handlerErrorCode(code: string): string {
  if (/AccessDenied|Unauthorized|AuthFailure/.test(code)) return 'AccessDenied';
  if (/LimitExceeded|QuotaExceeded/.test(code)) return 'ServiceLimitExceeded';
  if (/AlreadyExists|Duplicate|InUseBy/.test(code)) return 'AlreadyExists';
  if (/NotFound|NoSuch|NonExistent/.test(code)) return 'NotFound';
  if (throttling.test(code)) return 'Throttling';
  if (/^Invalid|Validation|Malformed|MissingParameter/.test(code)) return 'InvalidRequest';
  return 'GeneralServiceException';
}
