import type { Place } from '@roadstead/sandbox-gateway';
import { validationError } from '../template/errors.ts';
import { evaluate, type Scope } from '../template/evaluate.ts';
import { isJsonObject } from '../template/parse.ts';
import { functionCall } from '../template/references.ts';
import { type Engine, stacksAt } from './engine.ts';
import { isGone, type Stack, type StackOutput } from './stack.ts';

/** One export of an account and region. */
export interface Export {
  readonly name: string;
  readonly value: string;
  readonly stack: Stack;
}

/** Every export there is, in order of name. */
export function exportsAt(engine: Engine, place: Place): Export[] {
  return stacksAt(engine, place)
    .filter((stack) => !isGone(stack))
    .flatMap((stack) =>
      stack.outputs.flatMap(({ exportName, value }) =>
        exportName === undefined ? [] : [{ name: exportName, value, stack }],
      ),
    )
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** An export's value; throws CloudFormation's refusal when nobody exports it. */
export function importedValue(engine: Engine, place: Place, name: string): string {
  const found = exportsAt(engine, place).find((each) => each.name === name);
  if (found === undefined) throw validationError(`No export named ${name} found.`);
  return found.value;
}

/** The names of exports that a value's `Fn::ImportValue` calls ask for. */
export function importNames(value: unknown, scope: Scope): string[] {
  if (Array.isArray(value)) return value.flatMap((member) => importNames(member, scope));
  if (!isJsonObject(value)) return [];
  const call = functionCall(value);
  if (call?.[0] === 'Fn::ImportValue') return [String(evaluate(call[1], scope))];
  return Object.values(value).flatMap((member) => importNames(member, scope));
}

/** The stacks whose present templates import an export. */
export function importersOf(engine: Engine, place: Place, name: string, scopeOf: (stack: Stack) => Scope): Stack[] {
  return stacksAt(engine, place).filter((stack) => {
    const { model } = stack;
    if (isGone(stack) || model === undefined) return false;
    const scope = scopeOf(stack);
    const used = model.active.map((id) => model.template.resources[id]?.properties);
    const outputs = Object.values(model.template.outputs).map((output) => output.value);
    return importNames([used, outputs], scope).includes(name);
  });
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
