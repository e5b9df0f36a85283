import type { Fault, PositionIndex, Problem } from '@roadstead/definition';
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
  const members = entries.flatMap(({ key, value }) => renderEntry(key, value, bindings));
  const map = Object.fromEntries(members.map(({ key, value }) => [key, value]));
  const twice = Object.keys(map).length < members.length ? members.find(isRepeated) : undefined;
  if (twice?.by === undefined) return map;
  throw stopAt(twice.by, keyTwice(twice.key));
}

/** A member of a map, and the expression that chose its key. */
interface Member {
  readonly key: string;
  readonly value: Json;
  readonly by?: PlacedExpression | undefined;
}

/** Keys as they are written differ; it takes a `forEach` to make one twice. */
function isRepeated({ key, by }: Member, index: number, all: readonly Member[]): boolean {
  return by !== undefined && all.some((other, at) => at !== index && other.key === key);
}

function keyTwice(key: string): Fault {
  return {
    code: 'KEY_TWICE',
    message: `the key ${key} is made twice`,
    hint: 'keySuffix differs in each turn',
    value: key,
  };
}

function renderEntry(key: string, value: Template, bindings: Bindings): Member[] {
  if (value.kind !== 'directive') return [{ key, value: render(value, bindings) }];
  const by = value.keySuffix ?? value.forEach[0]?.list;
  return turns(value, bindings).map(({ scope }) => ({
    key: keyOfTurn(key, value, scope),
    value: render(value.body, scope),
    by,
  }));
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
