import { type Fault, type Problem, problemAt } from '@roadstead/definition';
import type { Json } from '@roadstead/foundation';
import type { Bindings, Value } from './cel.ts';
import { listItems, toJson } from './cel-values.ts';
import { splitAttribute } from './compile-template.ts';
import type { DirectiveTemplate, PlacedExpression, Template } from './template.ts';

/** One value of a document, with the variables of its `forEach`. */
export interface Rendered {
  readonly value: Json;
  readonly variables: Bindings;
}

/** Ends the render of one document; carries the problem out. */
class RenderStop extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.message);
    this.problem = problem;
  }
}

/** Renders a document that may be left out or repeated: none, one or many values, or the problem that ended it. */
export function renderDocument(
  template: Template,
  bindings: Bindings,
): { readonly values: readonly Rendered[] } | { readonly problem: Problem } {
  try {
    if (template.kind === 'directive') {
      return {
        values: turns(template, bindings).map(({ scope, variables }) => ({
          value: render(template.body, scope),
          variables,
        })),
      };
    }
    return { values: [{ value: render(template, bindings), variables: {} }] };
  } catch (error) {
    if (error instanceof RenderStop) return { problem: error.problem };
    throw error;
  }
}

function render(template: Template, bindings: Bindings): Json {
  switch (template.kind) {
    case 'value':
      return template.value;
    case 'expression':
      return jsonOf(template.held, bindings);
    case 'text':
      return renderText(template, bindings);
    case 'attribute':
      return splitAttribute(render(template.body, bindings));
    case 'list':
      return template.items.flatMap((item) =>
        item.kind === 'directive'
          ? turns(item, bindings).map(({ scope }) => render(item.body, scope))
          : [render(item, bindings)],
      );
    case 'map':
      return Object.fromEntries(template.entries.flatMap(({ key, value }) => renderEntry(key, value, bindings)));
    case 'directive':
      return renderSingle(template, bindings);
  }
}

function renderSingle(template: DirectiveTemplate, bindings: Bindings): Json {
  const [first] = turns(template, bindings);
  return first === undefined ? null : render(template.body, first.scope);
}

function renderEntry(key: string, value: Template, bindings: Bindings): (readonly [string, Json])[] {
  if (value.kind !== 'directive') return [[key, render(value, bindings)]];
  return turns(value, bindings).map(({ scope }) => {
    const suffix = value.keySuffix === undefined ? '' : jsonOf(value.keySuffix, scope);
    if (typeof suffix !== 'string')
      throw stopAt(value.keySuffix, { code: 'WRONG_SUFFIX', message: 'keySuffix is not text', value: suffix });
    return [`${key}${suffix}`, render(value.body, scope)] as const;
  });
}

interface Turn {
  readonly scope: Bindings;
  readonly variables: Bindings;
}

/** The scopes in which a directive's body is rendered: none when it is left out. */
function turns(template: DirectiveTemplate, bindings: Bindings): Turn[] {
  if (template.forEach.length === 0 && !included(template, bindings)) return [];
  let scopes: Turn[] = [{ scope: bindings, variables: {} }];
  for (const { variable, list } of template.forEach) {
    scopes = scopes.flatMap(({ scope, variables }) =>
      itemsOf(list, scope).map((item) => ({
        scope: { ...scope, [variable]: item },
        variables: { ...variables, [variable]: item },
      })),
    );
  }
  return template.forEach.length === 0 ? scopes : scopes.filter(({ scope }) => included(template, scope));
}

function included({ includeWhen }: DirectiveTemplate, bindings: Bindings): boolean {
  if (includeWhen === undefined) return true;
  const value = valueOf(includeWhen, bindings);
  if (typeof value === 'boolean') return value;
  throw stopAt(includeWhen, {
    code: 'WRONG_CONDITION',
    message: `${includeWhen.expression.source} is neither true nor false`,
  });
}

function itemsOf(list: PlacedExpression, bindings: Bindings): readonly Value[] {
  const items = listItems(valueOf(list, bindings));
  if (items !== undefined) return items;
  throw stopAt(list, { code: 'WRONG_LIST', message: `${list.expression.source} is not a list` });
}

function valueOf(held: PlacedExpression, bindings: Bindings): Value {
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

function jsonOf(held: PlacedExpression, bindings: Bindings): Json {
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

function stopAt(held: PlacedExpression | undefined, fault: Fault): RenderStop {
  return new RenderStop(problemAt(held?.file ?? '', held?.at(0) ?? { line: 1, column: 1 }, fault));
}

function renderText({ parts, inSub }: Extract<Template, { kind: 'text' }>, bindings: Bindings): Json {
  const rendered = parts.map((part) => (typeof part === 'string' ? part : insertion(part, bindings, inSub)));
  if (rendered.every((part) => typeof part === 'string')) return rendered.join('');
  return { $lateText: joinNeighbours(rendered) };
}

type LatePart = string | { readonly $late: string };

function insertion(held: PlacedExpression, bindings: Bindings, inSub: boolean): LatePart {
  const value = jsonOf(held, bindings);
  if (typeof value === 'string') return inSub ? value.replaceAll('${', '${!') : value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (isLate(value)) return value;
  throw stopAt(held, {
    code: 'NOT_TEXT',
    message: `${held.expression.source} is ${value === null ? 'null' : Array.isArray(value) ? 'a list' : 'a map'}, which cannot stand inside text`,
    hint: 'a whole value keeps its type; inside text use toJson(…) or toYaml(…)',
  });
}

/** True for `{"$late": "outputs.…"}`. */
export function isLate(value: Json): value is { readonly $late: string } {
  return typeof value === 'object' && value !== null && '$late' in value && typeof value.$late === 'string';
}

function joinNeighbours(parts: readonly LatePart[]): LatePart[] {
  const joined: LatePart[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (typeof part === 'string' && typeof last === 'string') joined[joined.length - 1] = last + part;
    else if (part !== '') joined.push(part);
  }
  return joined;
}
