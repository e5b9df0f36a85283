import { mapBounded } from '@roadstead/foundation';
import { paced } from '@roadstead/sandbox-gateway';
import { compareProperties } from '../plan/compare.ts';
import { type DriftDetection, type Engine, resourceContext } from './engine.ts';
import { handlerOf, reasonOf } from './resource-work.ts';
import type { Stack, StackResource } from './stack.ts';

/** Reads a resource and remembers how it differs from what the stack holds. */
export async function detectResourceDrift(engine: Engine, stack: Stack, resource: StackResource): Promise<void> {
  const { physicalId } = resource;
  if (physicalId === undefined) return;
  const handler = handlerOf(engine, resource.type);
  const live = await handler.read(resourceContext(engine, stack, resource), physicalId, resource.resolved);
  const at = engine.context.clock.now();
  const expected = resource.resolved;
  if (live === undefined) {
    resource.drift = { status: 'DELETED', at, expected, actual: undefined, differences: [] };
    return;
  }
  const differences = compareProperties(expected, live.properties);
  const actual = Object.fromEntries(
    Object.keys(expected).map((name) => [
      name,
      Object.hasOwn(live.properties, name) ? live.properties[name] : expected[name],
    ]),
  );
  resource.drift = { status: differences.length > 0 ? 'MODIFIED' : 'IN_SYNC', at, expected, actual, differences };
}

/** AWS takes about this long to look at a stack. */
const usualSeconds = 10;

/** Looks at every resource of a stack beside the request that asked for it. */
export async function runDetection(engine: Engine, detection: DriftDetection): Promise<void> {
  const { stack } = detection;
  const { clock, pace, signal } = engine.context;
  try {
    await clock.sleep(paced(usualSeconds, pace), signal);
    await mapBounded([...stack.resources.values()], 8, (resource) => detectResourceDrift(engine, stack, resource));
    const drifted = driftedCount(stack) > 0;
    stack.drift = { status: drifted ? 'DRIFTED' : 'IN_SYNC', at: clock.now() };
    detection.status = 'DETECTION_COMPLETE';
  } catch (error) {
    if (signal.aborted) return;
    detection.status = 'DETECTION_FAILED';
    detection.reason = reasonOf(error);
  }
}

/** How many resources of a stack were found to differ. */
export function driftedCount(stack: Stack): number {
  return [...stack.resources.values()].filter(
    ({ drift }) => drift?.status === 'MODIFIED' || drift?.status === 'DELETED',
  ).length;
}
