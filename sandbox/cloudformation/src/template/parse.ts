import { isAlias, isMap, isScalar, isSeq, type Node, parseDocument } from 'yaml';
import { validationError } from './errors.ts';

/** A plain object of JSON values. */
export type JsonObject = { readonly [key: string]: unknown };

/** The short tags of CloudFormation and the function each stands for. `!Condition` and `!Ref` have no `Fn::`. */
const shortTags: ReadonlyMap<string, string> = new Map([
  ['!Ref', 'Ref'],
  ['!Condition', 'Condition'],
  ...[
    'And',
    'Base64',
    'Cidr',
    'Equals',
    'FindInMap',
    'GetAtt',
    'GetAZs',
    'If',
    'ImportValue',
    'Join',
    'Not',
    'Or',
    'Select',
    'Split',
    'Sub',
  ].map((name): [string, string] => [`!${name}`, `Fn::${name}`]),
]);

/**
 * Reads a template's text, JSON or YAML with short tags, as plain values in long form.
 * Throws CloudFormation's ValidationError for what is not well formed.
 */
export function parseTemplateText(text: string): JsonObject {
  const value = text.trimStart().startsWith('{') ? parseJson(text) : parseYaml(text);
  if (!isJsonObject(value)) throw validationError('Template format error: unsupported structure.');
  return value;
}

/** Whether a value is a plain object, neither list nor null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // A flow mapping of YAML begins with a brace too.
    if (text.includes('!') || !text.includes('"')) return parseYaml(text);
    throw validationError(
      `Template format error: JSON not well-formed. (${error instanceof Error ? error.message : String(error)})`,
    );
  }
}

function parseYaml(text: string): unknown {
  const document = parseDocument(text, { version: '1.2', schema: 'core', merge: false, logLevel: 'error' });
  const problem = document.errors[0];
  if (problem !== undefined) {
    const at = problem.linePos?.[0];
    throw validationError(
      at === undefined
        ? 'Template format error: YAML not well-formed.'
        : `Template format error: YAML not well-formed. (line ${at.line}, column ${at.col})`,
    );
  }
  return plain(document.contents);
}

function plain(node: unknown): unknown {
  if (node === null || node === undefined) return null;
  if (isAlias(node)) {
    throw validationError('Template error: YAML aliases are not allowed in CloudFormation templates');
  }
  if (isScalar(node)) return tagged(node, node.value);
  if (isSeq(node)) return tagged(node, node.items.map(plain));
  if (isMap(node))
    return tagged(node, Object.fromEntries(node.items.map(({ key, value }) => [keyOf(key), plain(value)])));
  throw validationError('Template format error: unsupported structure.');
}

function keyOf(key: unknown): string {
  if (isScalar(key) && key.value !== null) return String(key.value);
  throw validationError('Template format error: YAML not well-formed. Keys must be strings.');
}

function tagged(node: Node, value: unknown): unknown {
  const tag = node.tag;
  if (tag === undefined || tag.startsWith('tag:yaml.org')) return value;
  const name = shortTags.get(tag);
  if (name === undefined) throw validationError(`Template format error: YAML not well-formed. Unknown tag ${tag}`);
  return { [name]: name === 'Fn::GetAtt' ? splitAttribute(value) : value };
}

function splitAttribute(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const dot = value.indexOf('.');
  return dot < 0 ? [value] : [value.slice(0, dot), value.slice(dot + 1)];
}
