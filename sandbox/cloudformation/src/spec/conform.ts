import { Unknown } from '../template/evaluate.ts';
import { isJsonObject, type JsonObject } from '../template/parse.ts';
import type { PropertySpec, PropertyType, ResourceSpec } from './resource-spec.ts';

/** Properties in the specification's types, and what is wrong with them (empty = nothing). */
export interface Conformed {
  readonly properties: JsonObject;
  readonly problems: readonly string[];
}

/**
 * Brings evaluated properties to the types of the specification ("5" for a string property that was written 5, true
 * for "true"), and names what does not fit, in the words of CloudFormation's property validation.
 */
export function conformProperties(spec: ResourceSpec, properties: JsonObject): Conformed {
  const problems: string[] = [];
  const conformed = conformMembers({ spec, problems }, spec.properties, properties, '#');
  return { properties: conformed, problems };
}

interface Context {
  readonly spec: ResourceSpec;
  readonly problems: string[];
}

function conformMembers(
  context: Context,
  members: Readonly<Record<string, PropertySpec>>,
  value: JsonObject,
  path: string,
): JsonObject {
  const result: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) {
    const property = Object.hasOwn(members, name) ? members[name] : undefined;
    if (property === undefined) context.problems.push(`${path}: extraneous key [${name}] is not permitted`);
    else if (member !== undefined && member !== null) {
      result[name] = conformValue(context, property.type, member, `${path}/${name}`);
    }
  }
  for (const [name, property] of Object.entries(members)) {
    if (property.required === true && result[name] === undefined) {
      context.problems.push(`${path}: required key [${name}] not found`);
    }
  }
  return result;
}

function conformValue(context: Context, type: PropertyType, value: unknown, path: string): unknown {
  if (value instanceof Unknown || type === 'json') return value;
  if (typeof type === 'string') return conformPrimitive(context, type, value, path);
  if ('list' in type) {
    if (!Array.isArray(value)) return mismatch(context, path, 'JSONArray', value);
    return value.map((member, index) => conformValue(context, type.list, member, `${path}/${index}`));
  }
  if ('any' in type) return conformChoice(context, type.any, value, path);
  if (!isJsonObject(value)) return mismatch(context, path, 'JSONObject', value);
  if ('map' in type) {
    const entries = Object.entries(value).map(([key, member]) => [
      key,
      conformValue(context, type.map, member, `${path}/${key}`),
    ]);
    return Object.fromEntries(entries);
  }
  return conformMembers(context, context.spec.definitions[type.definition] ?? {}, value, path);
}

function conformChoice(context: Context, choices: readonly PropertyType[], value: unknown, path: string): unknown {
  for (const choice of choices) {
    const attempt: Context = { spec: context.spec, problems: [] };
    const result = conformValue(attempt, choice, value, path);
    if (attempt.problems.length === 0) return result;
  }
  return mismatch(context, path, 'one of several types', value);
}

const tagMembers: Readonly<Record<string, PropertySpec>> = {
  Key: { type: 'string', required: true },
  Value: { type: 'string', required: true },
};

function conformPrimitive(context: Context, type: PropertyType & string, value: unknown, path: string): unknown {
  if (type === 'tag') {
    return isJsonObject(value)
      ? conformMembers(context, tagMembers, value, path)
      : mismatch(context, path, 'JSONObject', value);
  }
  const isScalar = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  if (!isScalar) return mismatch(context, path, capitalised(type), value);
  if (type === 'string') return String(value);
  if (type === 'boolean') {
    const text = String(value).toLowerCase();
    return text === 'true' || text === 'false' ? text === 'true' : mismatch(context, path, 'Boolean', value);
  }
  const number = typeof value === 'boolean' || String(value).trim() === '' ? Number.NaN : Number(value);
  const fits = type === 'integer' ? Number.isInteger(number) : Number.isFinite(number);
  return fits ? number : mismatch(context, path, capitalised(type), value);
}

function mismatch(context: Context, path: string, expected: string, value: unknown): unknown {
  const found = Array.isArray(value) ? 'JSONArray' : isJsonObject(value) ? 'JSONObject' : capitalised(typeof value);
  context.problems.push(`${path}: expected type: ${expected}, found: ${found}`);
  return value;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
