import { validationError } from '../template/errors.ts';
import { evaluate, type Scope, Unknown } from '../template/evaluate.ts';
import type { StackModel, StackOutput } from './stack.ts';

/** A stack's outputs in a scope, without those whose condition is false. Throws ValidationError for a non-text value. */
export function evaluateOutputs(model: StackModel, scope: Scope): StackOutput[] {
  const outputs = valuesOf(model, scope);
  const names = outputs.flatMap(({ exportName }) => exportName ?? []);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw validationError(`Template error: Export with name ${twice} is declared by more than one output`);
  }
  return outputs;
}

function valuesOf(model: StackModel, scope: Scope): StackOutput[] {
  return Object.entries(model.template.outputs)
    .filter(([, output]) => output.condition === undefined || scope.condition(output.condition))
    .map(([key, output]) => ({
      key,
      value: outputText(key, evaluate(output.value, scope)),
      ...(output.description === undefined ? {} : { description: output.description }),
      ...(output.exportName === undefined ? {} : { exportName: outputText(key, evaluate(output.exportName, scope)) }),
    }));
}

function outputText(key: string, value: unknown): string {
  if (value instanceof Unknown) return '{{changeSet:KNOWN_AFTER_APPLY}}';
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw validationError(
    `Template format error: The Value field of every Outputs member must evaluate to a String. (output ${key})`,
  );
}
