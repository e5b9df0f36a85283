import type { PositionIndex, Problem } from '@roadstead/definition';
import type { Json } from '@roadstead/foundation';
import type { Bindings } from './cel.ts';
import { splitAttribute } from './compile-template.ts';
import { placesOf } from './locate.ts';
import type { DirectiveTemplate, PlacedExpression, Template, TemplateDocument, TemplateEntry } from './template.ts';
import { holds, jsonOf, keyOfTurn, RenderStop, stopAt, turns } from './turns.ts';

/** One value of a document, with the variables of its `forEach`. */
export interface Rendered {
  readonly value: Json;
  readonly variables: Bindings;
  /** Where the parts of the value stand in the file, by their path in the value. */
  readonly places: PositionIndex;
}

/** Renders a document that may be left out or repeated: none, one or many values, or the problem that ended it. */
export function renderDocument(
  document: TemplateDocument,
  bindings: Bindings,
): { readonly values: readonly Rendered[] } | { readonly problem: Problem } {
  const { template } = document;
  return unlessStopped(() => {
    const [body, scopes] =
      template.kind === 'directive'
        ? [template.body, turns(template, bindings)]
        : [template, [{ scope: bindings, variables: {} }]];
    const values = scopes.map(({ scope, variables }) => ({
      value: render(body, scope),
      variables,
      places: placesOf(document, body, scope),
    }));
    return { values };
  });
}

/** Asks a condition that stands alone. */
export function renderCondition(
  condition: PlacedExpression,
  bindings: Bindings,
): { readonly holds: boolean } | { readonly problem: Problem } {
  return unlessStopped(() => ({ holds: holds(condition, bindings) }));
}

function unlessStopped<T>(run: () => T): T | { readonly problem: Problem } {
  try {
    return run();
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
      return renderMap(template.entries, bindings);
    case 'directive':
      return renderSingle(template, bindings);
  }
}

function renderSingle(template: DirectiveTemplate, bindings: Bindings): Json {
  const [first] = turns(template, bindings);
  return first === undefined ? null : render(template.body, first.scope);
}

function renderMap(entries: readonly TemplateEntry[], bindings: Bindings): Json {
  const map: { [key: string]: Json } = {};
  for (const { key, value } of entries) {
    if (value.kind !== 'directive') setMember(map, key, render(value, bindings));
    else for (const turn of turns(value, bindings)) setTurn(map, { key, value, scope: turn.scope, entries });
  }
  return map;
}

/** Keys as they are written differ; it takes a `forEach` to make one twice. */
function setTurn(
  map: { [key: string]: Json },
  input: {
    readonly key: string;
    readonly value: DirectiveTemplate;
    readonly scope: Bindings;
    readonly entries: readonly TemplateEntry[];
  },
): void {
  const { key, value, scope, entries } = input;
  const name = keyOfTurn(key, value, scope);
  const chosenBy = value.keySuffix ?? value.forEach[0]?.list;
  const isWritten = name !== key && entries.some((entry) => entry.key === name);
  if (chosenBy !== undefined && (isWritten || Object.hasOwn(map, name))) {
    const hint = 'keySuffix differs in each turn';
    throw stopAt(chosenBy, { code: 'KEY_TWICE', message: `the key ${name} is made twice`, hint, value: name });
  }
  setMember(map, name, render(value.body, scope));
}

/** Assigning `__proto__` would set a prototype. */
function setMember(map: { [key: string]: Json }, key: string, value: Json): void {
  if (key === '__proto__')
    Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true });
  else map[key] = value;
}

function renderText({ parts, inSub }: Extract<Template, { kind: 'text' }>, bindings: Bindings): Json {
  const rendered = parts.map((part) => (typeof part === 'string' ? part : insertion(part, bindings)));
  if (rendered.every((part) => typeof part === 'string')) return inSub ? joinInSub(rendered, parts) : rendered.join('');
  return { $lateText: joinNeighbours(rendered) };
}

/**
 * Joins text for Fn::Sub: a `${` that insertions brought, or that arises where one of them ends, is escaped as `${!`. Only what the template
 * itself says is a variable.
 */
function joinInSub(rendered: readonly string[], parts: readonly unknown[]): string {
  let joined = '';
  for (const [index, text] of rendered.entries()) {
    const isInserted = typeof parts[index] !== 'string';
    const safe = isInserted ? text.replaceAll('${', '${!') : text;
    joined += joined.endsWith('$') && safe.startsWith('{') ? `{!${safe.slice(1)}` : safe;
  }
  return joined;
}

type LatePart = string | { readonly $late: string };

function insertion(held: PlacedExpression, bindings: Bindings): LatePart {
  const value = jsonOf(held, bindings);
  if (typeof value === 'string') return value;
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
