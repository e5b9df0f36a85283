import { splitCidr } from './cidr.ts';
import { validationError } from './errors.ts';
import { isJsonObject, type JsonObject } from './parse.ts';
import { functionCall, knownFunctions, splitReference, substitutionParts } from './references.ts';

/** A value that will be known only when a resource has been made or changed. `causes` are `Res` or `Res.Attr`. */
export class Unknown {
  readonly causes: readonly string[];
  constructor(causes: readonly string[]) {
    this.causes = causes;
  }
}

/** What `AWS::NoValue` evaluates to; the member or element that holds it is dropped. */
export const noValue: unique symbol = Symbol('AWS::NoValue');

/** What expressions are evaluated against. Every function is pure for one evaluation. */
export interface Scope {
  /** Parameters and pseudo parameters; lists for list types. `undefined` = no such name. */
  value(name: string): unknown;
  /** Physical id of a resource, or `Unknown`. `undefined` = no such resource, or left out by its condition. */
  physicalId(resource: string): unknown;
  /** `undefined` = the resource has no such attribute. */
  attribute(resource: string, attribute: string): unknown;
  condition(name: string): boolean;
  mapping(name: string): JsonObject | undefined;
  /** The value of an export; throws ValidationError when there is none. */
  importedValue(name: string): string;
  zones(region: string): readonly string[];
}

/** Evaluates a template's expression to plain data; parts not yet known are `Unknown`. */
export function evaluate(value: unknown, scope: Scope): unknown {
  const result = evaluateNode(value, scope);
  return result === noValue ? undefined : result;
}

/** The causes of every `Unknown` inside a value. */
export function unknownCauses(value: unknown): string[] {
  if (value instanceof Unknown) return [...value.causes];
  if (Array.isArray(value)) return value.flatMap(unknownCauses);
  return isJsonObject(value) ? Object.values(value).flatMap(unknownCauses) : [];
}

function evaluateNode(value: unknown, scope: Scope): unknown {
  if (Array.isArray(value))
    return value.map((member) => evaluateNode(member, scope)).filter((each) => each !== noValue);
  if (!isJsonObject(value)) return value;
  const call = functionCall(value);
  if (call !== undefined) return evaluateCall(call[0], call[1], scope);
  const entries = Object.entries(value).map(([key, member]) => [key, evaluateNode(member, scope)] as const);
  return Object.fromEntries(entries.filter(([, member]) => member !== noValue));
}

type Evaluator = (argument: unknown, scope: Scope) => unknown;

const evaluators: Readonly<Record<string, Evaluator>> = {
  Ref: (argument, scope) => reference(text(argument, 'Ref'), scope),
  'Fn::GetAtt': (argument, scope) => {
    const parts = typeof argument === 'string' ? argument.split('.') : list(argument, 'Fn::GetAtt');
    const [resource, ...attribute] = parts.map((part) => asText(evaluateNode(part, scope), 'Fn::GetAtt'));
    return attributeOf(resource ?? '', attribute.join('.'), scope);
  },
  'Fn::Sub': (argument, scope) => substitute(argument, scope),
  'Fn::Join': (argument, scope) => {
    const [delimiter, members] = arity(argument, 'Fn::Join', 2);
    const values = listValue(evaluateNode(members, scope), 'Fn::Join');
    if (values instanceof Unknown) return values;
    return joined(values, text(delimiter, 'Fn::Join'));
  },
  'Fn::Split': (argument, scope) => {
    const [delimiter, source] = arity(argument, 'Fn::Split', 2);
    const value = evaluateNode(source, scope);
    return value instanceof Unknown ? value : asText(value, 'Fn::Split').split(text(delimiter, 'Fn::Split'));
  },
  'Fn::Select': (argument, scope) => {
    const [position, members] = arity(argument, 'Fn::Select', 2);
    const index = Number(evaluateNode(position, scope));
    const values = listValue(evaluateNode(members, scope), 'Fn::Select');
    if (values instanceof Unknown) return values;
    const chosen = values[index];
    if (chosen !== undefined && chosen !== null) return chosen;
    throw validationError(`Template error: Fn::Select cannot select nonexistent value at index ${index}`);
  },
  'Fn::If': (argument, scope) => {
    const [name, whenTrue, whenFalse] = arity(argument, 'Fn::If', 3);
    return evaluateNode(scope.condition(text(name, 'Fn::If')) ? whenTrue : whenFalse, scope);
  },
  'Fn::FindInMap': (argument, scope) => {
    const [map, top, second] = arity(argument, 'Fn::FindInMap', 3).map((part) =>
      asText(evaluateNode(part, scope), 'Fn::FindInMap'),
    );
    return mapped(map ?? '', top ?? '', second ?? '', scope);
  },
  'Fn::ImportValue': (argument, scope) => {
    const name = evaluateNode(argument, scope);
    return name instanceof Unknown ? name : scope.importedValue(asText(name, 'Fn::ImportValue'));
  },
  'Fn::Base64': (argument, scope) => {
    const value = evaluateNode(argument, scope);
    return value instanceof Unknown ? value : Buffer.from(asText(value, 'Fn::Base64')).toString('base64');
  },
  'Fn::Cidr': (argument, scope) => {
    const [block, count, bits] = list(argument, 'Fn::Cidr').map((part) => evaluateNode(part, scope));
    if (block instanceof Unknown) return block;
    return splitCidr(asText(block, 'Fn::Cidr'), Number(count), Number(bits ?? 0));
  },
  'Fn::GetAZs': (argument, scope) => {
    const region = asText(evaluateNode(argument, scope) ?? '', 'Fn::GetAZs');
    return scope.zones(region === '' ? String(scope.value('AWS::Region')) : region);
  },
};

function evaluateCall(name: string, argument: unknown, scope: Scope): unknown {
  const evaluator = evaluators[name];
  if (evaluator !== undefined) return evaluator(argument, scope);
  if (['Fn::And', 'Fn::Or', 'Fn::Not', 'Fn::Equals'].includes(name)) {
    return evaluateCondition({ [name]: argument }, scope);
  }
  throw unsupportedFunction(name);
}

/** The refusal of a function that this engine does not have. */
export function unsupportedFunction(name: string): Error {
  return validationError(
    `Template format error: Encountered unsupported function: ${name} Supported functions are: [${[...knownFunctions].join(', ')}]`,
  );
}

/** The truth of a condition's expression. */
export function evaluateCondition(value: unknown, scope: Scope): boolean {
  if (isJsonObject(value) && Object.keys(value).length === 1) {
    const [name, argument] = Object.entries(value)[0] ?? ['', undefined];
    if (name === 'Condition') return scope.condition(text(argument, 'Condition'));
    if (name === 'Fn::Not') return !evaluateCondition(arity(argument, 'Fn::Not', 1)[0], scope);
    if (name === 'Fn::And') return operands(argument, 'Fn::And').every((each) => evaluateCondition(each, scope));
    if (name === 'Fn::Or') return operands(argument, 'Fn::Or').some((each) => evaluateCondition(each, scope));
    if (name === 'Fn::Equals') {
      const [left, right] = arity(argument, 'Fn::Equals', 2).map((each) => evaluateNode(each, scope));
      return equalText(left) === equalText(right);
    }
  }
  throw validationError(
    'Template format error: Conditions can only be boolean operations on parameters and other conditions',
  );
}

function equalText(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function operands(argument: unknown, name: string): readonly unknown[] {
  const members = list(argument, name);
  if (members.length >= 2 && members.length <= 10) return members;
  throw validationError(
    `Template error: every ${name} object requires a list of at least 2 and at most 10 boolean parameters.`,
  );
}

function reference(name: string, scope: Scope): unknown {
  if (name === 'AWS::NoValue') return noValue;
  const value = scope.value(name) ?? scope.physicalId(name);
  if (value !== undefined) return value;
  throw validationError(
    `Template format error: Unresolved resource dependencies [${name}] in the Resources block of the template`,
  );
}

function attributeOf(resource: string, attribute: string, scope: Scope): unknown {
  const value = scope.attribute(resource, attribute);
  if (value !== undefined) return value;
  throw validationError(
    `Template error: resource ${resource} does not support attribute type ${attribute} in Fn::GetAtt`,
  );
}

function substitute(argument: unknown, scope: Scope): unknown {
  const [template, given] = Array.isArray(argument) ? arity(argument, 'Fn::Sub', 2) : [argument, {}];
  const values = isJsonObject(given) ? given : {};
  const parts = substitutionParts(text(template, 'Fn::Sub')).map((part) => {
    if ('literal' in part) return part.literal;
    if (Object.hasOwn(values, part.name)) return evaluateNode(values[part.name], scope);
    const { name, attribute } = splitReference(part.name);
    return attribute === undefined ? reference(name, scope) : attributeOf(name, attribute, scope);
  });
  return joined(parts, '');
}

function joined(values: readonly unknown[], delimiter: string): unknown {
  const causes = values.flatMap(unknownCauses);
  if (causes.length > 0) return new Unknown(causes);
  return values.map((value) => asText(value, 'Fn::Join')).join(delimiter);
}

function mapped(map: string, top: string, second: string, scope: Scope): unknown {
  const found = scope.mapping(map);
  if (found === undefined)
    throw validationError(
      `Template error: Mapping named '${map}' is not present in the 'Mappings' section of template.`,
    );
  const row = found[top];
  const value = isJsonObject(row) ? row[second] : undefined;
  if (value !== undefined) return value;
  throw validationError(`Template error: Unable to get mapping for ${map}::${top}::${second}`);
}

function list(value: unknown, name: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw validationError(`Template error: every ${name} object requires a list argument.`);
}

function arity(value: unknown, name: string, count: number): readonly unknown[] {
  const members = list(value, name);
  if (members.length === count) return members;
  throw validationError(`Template error: every ${name} object requires ${count} parameters, got ${members.length}.`);
}

function listValue(value: unknown, name: string): readonly unknown[] | Unknown {
  if (value instanceof Unknown || Array.isArray(value)) return value;
  throw validationError(`Template error: every ${name} object requires a list of values.`);
}

function text(value: unknown, name: string): string {
  if (typeof value === 'string') return value;
  throw validationError(`Template error: every ${name} object must have a single String value.`);
}

function asText(value: unknown, name: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw validationError(`Template error: every value of ${name} must be a string.`);
}
