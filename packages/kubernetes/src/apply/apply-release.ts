import { type ApplyContext, applyComponent, type ComponentResult, refuseBlocked } from './apply-component.ts';
import { pruneRelease } from './prune-release.ts';

/**
 * Does the whole plan, or nothing of it when a line is a conflict or refused: every component's namespaces and CRDs, then the components in the plan's order, then what goes.
 * A caller with its own steps between (readiness by component) calls the three parts itself, in this order.
 */
export async function applyRelease(
  context: ApplyContext,
): Promise<{ readonly components: readonly ComponentResult[]; readonly pruned: number }> {
  refuseBlocked(context.plan.changes);
  const both = { ...context, made: context.made ?? new Map() };
  for (const component of context.plan.components) await applyComponent(both, component, 'foundations');
  const components: ComponentResult[] = [];
  for (const component of context.plan.components) components.push(await applyComponent(both, component, 'rest'));
  const { pruned } = await pruneRelease(context);
  return { components, pruned };
}
