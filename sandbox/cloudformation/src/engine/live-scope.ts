import type { Scope } from '../template/evaluate.ts';
import type { Engine } from './engine.ts';
import { importedValue } from './export-values.ts';
import { modelScope } from './scope.ts';
import type { Stack, StackModel } from './stack.ts';

/** The scope of a stack as it is now: physical ids and attributes of the resources it has. */
export function liveScope(engine: Engine, stack: Stack, model: StackModel): Scope {
  return modelScope({ place: stack.place, stackId: stack.id, stackName: stack.name }, model, {
    physicalId: (name) => stack.resources.get(name)?.physicalId,
    attribute: (name, attribute) => stack.resources.get(name)?.attributes[attribute],
    importedValue: (name) => importedValue(engine, stack.place, name),
  });
}
