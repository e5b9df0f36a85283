import { isJsonObject } from './parse.ts';

/** What one expression names. `attribute` is set for `Fn::GetAtt` and `${Res.Attr}`. */
export interface Reference {
  readonly name: string;
  readonly attribute?: string;
}

/** The functions that this engine evaluates. */
export const knownFunctions: ReadonlySet<string> = new Set([
  'Fn::And',
  'Fn::Base64',
  'Fn::Cidr',
  'Fn::Equals',
  'Fn::FindInMap',
  'Fn::GetAtt',
  'Fn::GetAZs',
  'Fn::If',
  'Fn::ImportValue',
  'Fn::Join',
  'Fn::Not',
  'Fn::Or',
  'Fn::Select',
  'Fn::Split',
  'Fn::Sub',
  'Ref',
]);

/** The function call that an object is, as `[name, argument]`; `undefined` for plain data. */
export function functionCall(value: unknown): readonly [string, unknown] | undefined {
  if (!isJsonObject(value)) return undefined;
  const entries = Object.entries(value);
  const only = entries[0];
  if (entries.length !== 1 || only === undefined) return undefined;
  return only[0] === 'Ref' || only[0].startsWith('Fn::') ? only : undefined;
}

/** The parts of a `Fn::Sub` text: literals and names, in order. `${!x}` is the literal `${x}`. */
export function substitutionParts(text: string): ({ readonly literal: string } | { readonly name: string })[] {
  const parts: ({ literal: string } | { name: string })[] = [];
  let from = 0;
  for (const match of text.matchAll(/\$\{([^}]*)\}/g)) {
    const inner = match[1] ?? '';
    if (match.index > from) parts.push({ literal: text.slice(from, match.index) });
    parts.push(inner.startsWith('!') ? { literal: `\${${inner.slice(1)}}` } : { name: inner.trim() });
    from = match.index + match[0].length;
  }
  if (from < text.length) parts.push({ literal: text.slice(from) });
  return parts;
}

/** `Res.Attr.More` as resource and attribute; a name without a dot has no attribute. */
export function splitReference(name: string): Reference {
  const dot = name.indexOf('.');
  return dot < 0 ? { name } : { name: name.slice(0, dot), attribute: name.slice(dot + 1) };
}

/** Every parameter, pseudo parameter and resource that a value names, in order, repeats included. */
export function referencesIn(value: unknown): Reference[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (!isJsonObject(value)) return [];
  const call = functionCall(value);
  if (call === undefined) return Object.values(value).flatMap(referencesIn);
  const [name, argument] = call;
  if (name === 'Ref') return typeof argument === 'string' ? [{ name: argument }] : [];
  if (name === 'Fn::GetAtt') return attributeReference(argument);
  if (name === 'Fn::Sub') return substitutionReferences(argument);
  return referencesIn(argument);
}

function attributeReference(argument: unknown): Reference[] {
  const parts = typeof argument === 'string' ? argument.split('.') : argument;
  if (!Array.isArray(parts) || typeof parts[0] !== 'string') return [];
  const [name, ...attribute] = parts;
  return [{ name, attribute: attribute.map(String).join('.') }, ...attribute.flatMap(referencesIn)];
}

function substitutionReferences(argument: unknown): Reference[] {
  const [text, values] = Array.isArray(argument) ? argument : [argument, undefined];
  if (typeof text !== 'string') return [];
  const own = isJsonObject(values) ? new Set(Object.keys(values)) : new Set<string>();
  const named = substitutionParts(text).flatMap((part) =>
    'name' in part && !own.has(part.name) ? [splitReference(part.name)] : [],
  );
  return [...named, ...referencesIn(values)];
}

/** The names of the conditions that a value asks for: `Fn::If` anywhere, `Condition` inside conditions. */
export function conditionsIn(value: unknown, insideCondition: boolean): string[] {
  if (Array.isArray(value)) return value.flatMap((member) => conditionsIn(member, insideCondition));
  if (!isJsonObject(value)) return [];
  const named = value['Condition'];
  if (insideCondition && Object.keys(value).length === 1 && typeof named === 'string') return [named];
  const call = functionCall(value);
  const branches = call?.[0] === 'Fn::If' ? call[1] : undefined;
  const own = Array.isArray(branches) && typeof branches[0] === 'string' ? [branches[0]] : [];
  return [...own, ...Object.values(value).flatMap((member) => conditionsIn(member, insideCondition))];
}
