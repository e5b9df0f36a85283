import { messageOf } from '@roadstead/foundation';
import { AwsError, paced } from '@roadstead/sandbox-gateway';
import { compareProperties } from '../plan/compare.ts';
import { conformProperties } from '../spec/conform.ts';
import { resourceSpec } from '../spec/resource-spec.ts';
import { evaluate, type Scope } from '../template/evaluate.ts';
import { isJsonObject, type JsonObject } from '../template/parse.ts';
import { CallFailed, type ResourceHandler, type Tag } from '../types/handler.ts';
import { resolveDynamicReferences } from './dynamic-references.ts';
import { type Engine, markResource, resourceContext } from './engine.ts';
import type { Stack, StackModel, StackResource } from './stack.ts';

/** A resource's properties in a scope: evaluated, with the stack's tags, in the specification's types. */
export function evaluateProperties(
  model: StackModel,
  logicalId: string,
  scope: Scope,
): { readonly properties: JsonObject; readonly problems: readonly string[] } {
  const declaration = model.template.resources[logicalId];
  const spec = resourceSpec(declaration?.type ?? '');
  const evaluated = evaluate(declaration?.properties ?? {}, scope);
  if (spec === undefined || !isJsonObject(evaluated)) return { properties: {}, problems: ['#: not an object'] };
  const { properties, problems } = conformProperties(spec, evaluated);
  return { properties: withStackTags(properties, model.tags, spec.tags), problems };
}

function withStackTags(
  properties: JsonObject,
  stackTags: readonly Tag[],
  kind: { readonly property: string; readonly variant: string } | undefined,
): JsonObject {
  if (kind === undefined || stackTags.length === 0) return properties;
  const own = properties[kind.property];
  if (kind.variant === 'map') {
    const inherited = Object.fromEntries(stackTags.map((tag) => [tag.Key, tag.Value]));
    return { ...properties, [kind.property]: { ...inherited, ...(isJsonObject(own) ? own : {}) } };
  }
  const tags = Array.isArray(own) ? own : [];
  const keys = new Set(tags.filter(isJsonObject).map((tag) => tag['Key']));
  const inherited = stackTags
    .filter((tag) => !keys.has(tag.Key))
    .map((tag) => (kind.variant === 'asg' ? { ...tag, PropagateAtLaunch: true } : { ...tag }));
  return { ...properties, [kind.property]: [...tags, ...inherited] };
}

/** The handler of a resource's type. Validation has refused templates with other types. */
export function handlerOf(engine: Engine, type: string): ResourceHandler {
  const handler = engine.handlers.get(type);
  if (handler === undefined) throw new Error(`no handler for ${type}`);
  return handler;
}

/** One pass over one resource: the engine, its stack and the signal that cancels its waits. */
export interface ResourceWork {
  readonly engine: Engine;
  readonly stack: Stack;
  readonly signal: AbortSignal;
}

/** Makes the physical resource of a record whose `properties` are set. Rejects after the CREATE_FAILED event. */
export async function createResource(work: ResourceWork, resource: StackResource): Promise<void> {
  const { engine, stack } = work;
  const handler = handlerOf(engine, resource.type);
  markResource(engine, stack, resource, 'CREATE_IN_PROGRESS');
  await failing(work, resource, 'CREATE_FAILED', async () => {
    await makePhysical(work, resource, handler, 'CREATE_IN_PROGRESS');
    markResource(engine, stack, resource, 'CREATE_COMPLETE');
  });
}

/** Makes a new physical resource in place of one that cannot be changed. The caller keeps the old one. */
export async function replaceResource(
  work: ResourceWork,
  resource: StackResource,
  properties: JsonObject,
): Promise<void> {
  const { engine, stack } = work;
  const handler = handlerOf(engine, resource.type);
  const before = resource.properties;
  const because = 'Requested update requires the creation of a new physical resource; hence creating one.';
  markResource(engine, stack, resource, 'UPDATE_IN_PROGRESS', because);
  await failing(work, resource, 'UPDATE_FAILED', async () => {
    refuseCustomName(handler, before, properties, stack);
    resource.generation++;
    resource.physicalId = undefined;
    resource.properties = properties;
    await makePhysical(work, resource, handler, 'UPDATE_IN_PROGRESS');
    markResource(engine, stack, resource, 'UPDATE_COMPLETE');
  });
}

function refuseCustomName(handler: ResourceHandler, before: JsonObject, after: JsonObject, stack: Stack): void {
  const property = handler.nameProperty;
  if (property === undefined || after[property] === undefined || after[property] !== before[property]) return;
  throw new CallFailed(
    'AlreadyExists',
    `CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename ${String(after[property])} and update the stack again. (stack ${stack.name})`,
    undefined,
  );
}

async function makePhysical(
  work: ResourceWork,
  resource: StackResource,
  handler: ResourceHandler,
  status: string,
): Promise<void> {
  const { engine, stack } = work;
  resource.resolved = await resolveDynamicReferences(engine, stack.place, resource.properties);
  const context = resourceContext(engine, stack, resource);
  await handler.create(context, resource.resolved, (physicalId) => {
    if (resource.physicalId === physicalId) return;
    resource.physicalId = physicalId;
    markResource(engine, stack, resource, status, 'Resource creation Initiated');
  });
  await engine.context.clock.sleep(paced(handler.usualSeconds.create, engine.context.pace), work.signal);
  await readBack(work, resource, handler);
}

/** Changes a resource in place. The record holds the new properties also when it fails: the live ones may be either. */
export async function updateResource(
  work: ResourceWork,
  resource: StackResource,
  properties: JsonObject,
): Promise<void> {
  const { engine, stack } = work;
  const handler = handlerOf(engine, resource.type);
  const before = resource.resolved;
  markResource(engine, stack, resource, 'UPDATE_IN_PROGRESS');
  await failing(work, resource, 'UPDATE_FAILED', async () => {
    resource.properties = properties;
    resource.resolved = await resolveDynamicReferences(engine, stack.place, properties);
    await handler.update(resourceContext(engine, stack, resource), physicalIdOf(resource), before, resource.resolved);
    await engine.context.clock.sleep(paced(handler.usualSeconds.update, engine.context.pace), work.signal);
    await readBack(work, resource, handler);
    markResource(engine, stack, resource, 'UPDATE_COMPLETE');
  });
}

function physicalIdOf(resource: StackResource): string {
  if (resource.physicalId === undefined) throw new Error(`${resource.logicalId} has no physical id`);
  return resource.physicalId;
}

/** Reads what was made, and refuses to call it done when AWS's stand-in did not keep what it was told. */
async function readBack(work: ResourceWork, resource: StackResource, handler: ResourceHandler): Promise<void> {
  const physicalId = physicalIdOf(resource);
  const context = resourceContext(work.engine, work.stack, resource);
  const live = await handler.read(context, physicalId, resource.resolved);
  if (live === undefined) {
    throw new CallFailed(
      'NotStabilized',
      `Resource handler returned message: "${physicalId} did not stabilize" (HandlerErrorCode: NotStabilized)`,
      undefined,
    );
  }
  // What others added beside (a rule of its own resource) is drift at most.
  const differences = compareProperties(resource.resolved, live.properties).filter(
    ({ DifferenceType }) => DifferenceType !== 'ADD',
  );
  if (differences.length > 0) {
    const said = differences.map(
      (each) => `${each.PropertyPath}: asked ${each.ExpectedValue}, kept ${each.ActualValue}`,
    );
    throw new CallFailed(
      'InternalFailure',
      `The sandbox did not keep what it was told of ${resource.type}: ${said.join('; ')}`,
      undefined,
    );
  }
  resource.attributes = live.attributes;
}

async function failing(
  work: ResourceWork,
  resource: StackResource,
  status: string,
  act: () => Promise<void>,
): Promise<void> {
  try {
    await act();
  } catch (error) {
    const cancelled = work.signal.aborted && isAbort(error, work.signal);
    const reason = cancelled ? cancelReason(status) : reasonOf(error);
    markResource(work.engine, work.stack, resource, status, reason);
    throw error;
  }
}

/** Node's own timers wrap the reason of an abort, the turned clock throws it as it is. */
function isAbort(error: unknown, signal: AbortSignal): boolean {
  return error === signal.reason || (error instanceof Error && error.name === 'AbortError');
}

function cancelReason(status: string): string {
  return status === 'CREATE_FAILED' ? 'Resource creation cancelled' : 'Resource update cancelled';
}

/** A failure as an event tells it. */
export function reasonOf(error: unknown): string {
  if (error instanceof CallFailed || error instanceof AwsError) return error.message;
  return `Internal Failure: ${messageOf(error)}`;
}

const blocked =
  /DependencyViolation|DeleteConflict|ResourceInUse|InUse\b|HasDependents|ResourceBusy|ScalingActivityInProgress/;

/** How long a deletion that something still blocks is tried again, and how often, in AWS's seconds. */
const blockedFor = { seconds: 600, everySeconds: 20 };

/**
 * Deletes a physical resource; a failure is told as DELETE_FAILED and rejects. What others still hold on to is tried
 * again for a while, as CloudFormation does.
 */
export async function deleteResource(work: ResourceWork, resource: StackResource): Promise<void> {
  const { engine, stack } = work;
  const handler = handlerOf(engine, resource.type);
  markResource(engine, stack, resource, 'DELETE_IN_PROGRESS');
  await failing(work, resource, 'DELETE_FAILED', async () => {
    if (resource.physicalId !== undefined) {
      await deletePhysical(work, resource, handler, resource.physicalId);
      await engine.context.clock.sleep(paced(handler.usualSeconds.delete, engine.context.pace), work.signal);
    }
    markResource(engine, stack, resource, 'DELETE_COMPLETE');
  });
}

async function deletePhysical(
  work: ResourceWork,
  resource: StackResource,
  handler: ResourceHandler,
  physicalId: string,
): Promise<void> {
  const { clock, pace } = work.engine.context;
  const deadline = clock.monotonic() + paced(blockedFor.seconds, pace);
  for (;;) {
    try {
      return await handler.delete(resourceContext(work.engine, work.stack, resource), physicalId, resource.resolved);
    } catch (error) {
      const again = error instanceof CallFailed && blocked.test(error.code) && clock.monotonic() < deadline;
      if (!again) throw error;
      await clock.sleep(paced(blockedFor.everySeconds, pace), work.signal);
    }
  }
}
