import { evaluate, type Scope } from '../template/evaluate.ts';
import { isJsonObject } from '../template/parse.ts';
import { functionCall } from '../template/references.ts';
import { type Engine, stacksAt } from './engine.ts';
import { exportsAt } from './export-values.ts';
import { liveScope } from './live-scope.ts';
import { isGone, type Stack, type StackOutput } from './stack.ts';

/** The names of exports that a value's `Fn::ImportValue` calls ask for. */
export function importNames(value: unknown, scope: Scope): string[] {
  if (Array.isArray(value)) return value.flatMap((member) => importNames(member, scope));
  if (!isJsonObject(value)) return [];
  const call = functionCall(value);
  if (call?.[0] === 'Fn::ImportValue') return [String(evaluate(call[1], scope))];
  return Object.values(value).flatMap((member) => importNames(member, scope));
}

/** The first export of `outputs` that another stack holds already, as a reason. */
export function exportConflict(engine: Engine, stack: Stack, outputs: readonly StackOutput[]): string | undefined {
  const others = exportsAt(engine, stack.place).filter((each) => each.stack !== stack);
  for (const { exportName } of outputs) {
    const holder = others.find((each) => each.name === exportName);
    if (holder !== undefined)
      return `Export with name ${holder.name} is already exported by stack ${holder.stack.name}.`;
  }
  return undefined;
}

/** The first export that other stacks import and `outputs` would change or leave out, as a reason. */
export function importedChange(engine: Engine, stack: Stack, outputs: readonly StackOutput[]): string | undefined {
  for (const { exportName, value } of stack.outputs) {
    if (exportName === undefined) continue;
    const next = outputs.find((output) => output.exportName === exportName);
    if (next?.value === value) continue;
    const importers = importingStacks(engine, stack, exportName);
    if (importers.length === 0) continue;
    const names = importers.map((each) => each.name).join(' and ');
    return `Export ${exportName} cannot be ${next === undefined ? 'deleted' : 'updated'} as it is in use by ${names}`;
  }
  return undefined;
}

/** The other stacks that import one of a stack's exports. */
export function importingStacks(engine: Engine, stack: Stack, name: string): Stack[] {
  return stacksAt(engine, stack.place).filter((other) => {
    const { model } = other;
    if (other === stack || isGone(other) || model === undefined) return false;
    const scope = liveScope(engine, other, model);
    const used = model.active.map((id) => model.template.resources[id]?.properties);
    const values = Object.values(model.template.outputs).map((output) => output.value);
    return importNames([used, values], scope).includes(name);
  });
}
