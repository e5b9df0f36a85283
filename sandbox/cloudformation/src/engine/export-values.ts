import type { Place } from '@roadstead/sandbox-gateway';
import { validationError } from '../template/errors.ts';
import { type Engine, stacksAt } from './engine.ts';
import { isGone, type Stack } from './stack.ts';

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
