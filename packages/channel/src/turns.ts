import { type Fault, type Problem, problemAt } from '@roadstead/definition';
import type { Json } from '@roadstead/foundation';
import type { Bindings, Value } from './cel.ts';
import { listItems, toJson } from './cel-values.ts';
import type { DirectiveTemplate, PlacedExpression } from './template.ts';

/** Ends the render of one document; carries the problem out. */
export class RenderStop extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.message);
    this.problem = problem;
  }
}

/** Stops a render at an expression. */
export function stopAt(held: PlacedExpression, fault: Fault): RenderStop {
  return new RenderStop(problemAt(held.file, held.at(0), fault));
}

/** What an expression gives; throws RenderStop. */
export function valueOf(held: PlacedExpression, bindings: Bindings): Value {
  const result = held.expression.run(bindings);
  if ('value' in result) return result.value;
  throw stopAt(held, {
    code: 'EXPRESSION_FAILED',
    message: `${held.expression.source}: ${result.error}`,
    hint: hintFor(result.error),
  });
}

function hintFor(error: string): string | undefined {
  if (error.startsWith('field not found') || error.startsWith('key not found') || error.startsWith('no such key')) {
    return 'guard it: has(x.y) ? x.y : …, or includeWhen; outputs are those that the stacks declare for this cluster';
  }
  return error.includes('no matching overload') ? 'convert with string(…) or int(…)' : undefined;
}

/** What an expression gives, as JSON; throws RenderStop. */
export function jsonOf(held: PlacedExpression, bindings: Bindings): Json {
  const value = valueOf(held, bindings);
  try {
    return toJson(value);
  } catch (error) {
    throw stopAt(held, {
      code: 'EXPRESSION_FAILED',
      message: `${held.expression.source}: ${(error as Error).message}`,
    });
  }
}

/** True when a condition holds; throws RenderStop where it is neither true nor false. */
export function holds(condition: PlacedExpression, bindings: Bindings): boolean {
  const value = valueOf(condition, bindings);
  if (typeof value === 'boolean') return value;
  throw stopAt(condition, {
    code: 'WRONG_CONDITION',
    message: `${condition.expression.source} is neither true nor false`,
  });
}

/** One turn of a directive: the scope of its body, and the variables that it adds. */
export interface Turn {
  readonly scope: Bindings;
  readonly variables: Bindings;
}

/** The turns of a directive: none when it is left out; throws RenderStop. */
export function turns({ forEach, includeWhen }: DirectiveTemplate, bindings: Bindings): Turn[] {
  let found: Turn[] = [{ scope: bindings, variables: {} }];
  for (const { variable, list } of forEach) {
    found = found.flatMap(({ scope, variables }) =>
      itemsOf(list, scope).map((item) => ({
        scope: { ...scope, [variable]: item },
        variables: { ...variables, [variable]: item },
      })),
    );
  }
  return includeWhen === undefined ? found : found.filter(({ scope }) => holds(includeWhen, scope));
}

function itemsOf(list: PlacedExpression, bindings: Bindings): readonly Value[] {
  const items = listItems(valueOf(list, bindings));
  if (items !== undefined) return items;
  throw stopAt(list, { code: 'WRONG_LIST', message: `${list.expression.source} is not a list` });
}

/** The key of a turn under a key: with the suffix that the turn gives; throws RenderStop. */
export function keyOfTurn(key: string, { keySuffix }: DirectiveTemplate, scope: Bindings): string {
  if (keySuffix === undefined) return key;
  const suffix = jsonOf(keySuffix, scope);
  if (typeof suffix === 'string') return `${key}${suffix}`;
  throw stopAt(keySuffix, { code: 'WRONG_SUFFIX', message: 'keySuffix is not text', value: suffix });
}
