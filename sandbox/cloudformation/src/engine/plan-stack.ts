import { canonicalJson } from '@roadstead/foundation';
import { dependenciesOf } from '../plan/graph.ts';
import { type PlannedChange, planChanges } from '../plan/plan-changes.ts';
import type { Engine } from './engine.ts';
import { importedValue } from './export-values.ts';
import { liveScope } from './live-scope.ts';
import { evaluateOutputs } from './outputs.ts';
import { evaluateProperties } from './resource-work.ts';
import { modelScope } from './scope.ts';
import type { Stack, StackModel } from './stack.ts';

/** What an update of the stack to a model would do; `present` are its resources, or what they are in AWS. */
export function planStackChanges(
  engine: Engine,
  stack: Stack,
  model: StackModel,
  present: Stack['resources'] = stack.resources,
): PlannedChange[] {
  const identity = { place: stack.place, stackId: stack.id, stackName: stack.name };
  return planChanges({
    present,
    declarations: model.template.resources,
    dependencies: dependenciesOf(model.template, model.active),
    evaluate: (logicalId, lookups) => {
      const scope = modelScope(identity, model, {
        ...lookups,
        importedValue: (name) => importedValue(engine, stack.place, name),
      });
      return evaluateProperties(model, logicalId, scope).properties;
    },
    replaces: (type, before, after) => engine.handlers.get(type)?.replaces?.(before, after),
  });
}

/** Whether an update would change nothing: no resource, no output, no tag of the stack. */
export function isNoUpdate(engine: Engine, stack: Stack, model: StackModel): boolean {
  if (planStackChanges(engine, stack, model).length > 0) return false;
  const outputs = evaluateOutputs(model, liveScope(engine, stack, model));
  return (
    canonicalJson(outputs) === canonicalJson(stack.outputs) &&
    canonicalJson(model.tags) === canonicalJson(stack.model?.tags ?? [])
  );
}
