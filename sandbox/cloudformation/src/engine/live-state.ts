import { mapBounded } from '@roadstead/foundation';
import type { JsonObject } from '../template/parse.ts';
import { detectResourceDrift } from './drift.ts';
import type { Engine } from './engine.ts';
import type { Stack, StackResource } from './stack.ts';

/**
 * What a change set that reverts drift compares with: the resources as they are in AWS, not as the stack last left them.
 * What was deleted behind the stack's back is missing; where a property drifted, its live value stands.
 */
export async function liveResources(engine: Engine, stack: Stack): Promise<Map<string, StackResource>> {
  const resources = [...stack.resources.values()];
  await mapBounded(resources, 8, (resource) => detectResourceDrift(engine, stack, resource));
  return new Map(resources.flatMap((resource) => asItIs(resource) ?? []));
}

function asItIs(resource: StackResource): [[string, StackResource]] | undefined {
  const { drift } = resource;
  if (drift?.status === 'DELETED') return undefined;
  if (drift?.status !== 'MODIFIED' || drift.actual === undefined) return [[resource.logicalId, resource]];
  const names = drift.differences.map(({ PropertyPath }) => PropertyPath.split('/')[1] ?? '');
  const live: JsonObject = Object.fromEntries(names.map((name) => [name, drift.actual?.[name]]));
  const properties = { ...resource.properties, ...live };
  return [[resource.logicalId, { ...resource, properties, resolved: { ...resource.resolved, ...live } }]];
}

/**
 * Takes the live state for the stack's own, so that an update mends what drifted; a rollback then goes back to what was
 * there, drift included, as CloudFormation's does.
 */
export async function adoptLiveResources(engine: Engine, stack: Stack): Promise<void> {
  const live = await liveResources(engine, stack);
  stack.resources.clear();
  for (const [logicalId, resource] of live) stack.resources.set(logicalId, resource);
}
