import { reversed } from '../plan/graph.ts';
import { type Engine, markResource } from './engine.ts';
import { deleteResource } from './resource-work.ts';
import { runGraph } from './run-graph.ts';
import type { PhysicalResource, Stack } from './stack.ts';
import { resourcesAtOnce } from './work.ts';

/**
 * Deletes physical resources in reverse of their dependencies; those to retain are told as skipped. A failure keeps
 * only what it depends on. Resolves to the logical ids that could not be deleted.
 */
export async function deletePhysicalResources(
  engine: Engine,
  stack: Stack,
  physical: readonly PhysicalResource[],
  signal: AbortSignal,
): Promise<string[]> {
  const nodes = new Map(physical.map((each, index) => [`${each.record.logicalId}#${index}`, each]));
  const needs = [...nodes].map(([node, { record }]): [string, Set<string>] => [
    node,
    new Set([...nodes].filter(([, other]) => record.dependsOn.has(other.record.logicalId)).map(([name]) => name)),
  ]);
  const outcome = await runGraph({
    dependencies: reversed(new Map(needs)),
    limit: resourcesAtOnce,
    stopAtFailure: false,
    work: async (node) => {
      const each = nodes.get(node);
      if (each === undefined) return;
      if (each.retain) markResource(engine, stack, each.record, 'DELETE_SKIPPED');
      else await deleteResource({ engine, stack, signal }, each.record);
    },
  });
  return outcome.failed.flatMap(({ node }) => nodes.get(node)?.record.logicalId ?? []);
}
