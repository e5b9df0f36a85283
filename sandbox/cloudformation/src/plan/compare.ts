import { canonicalJson } from '@roadstead/foundation';
import { isJsonObject, type JsonObject } from '../template/parse.ts';

/** One place where what is there is not what was asked for. Paths are JSON pointers, values as text. */
export interface Difference {
  readonly PropertyPath: string;
  readonly ExpectedValue: string;
  readonly ActualValue: string;
  readonly DifferenceType: 'ADD' | 'REMOVE' | 'NOT_EQUAL';
}

/**
 * Compares the properties that a template sets with those read back. As CloudFormation's drift: what the template does
 * not set is not looked at, and neither is what cannot be read. Lists are compared without their order.
 */
export function compareProperties(expected: JsonObject, actual: JsonObject): Difference[] {
  return Object.entries(expected)
    .filter(([name, value]) => value !== undefined && Object.hasOwn(actual, name))
    .flatMap(([name, value]) => compareValue(value, actual[name], `/${name}`));
}

function compareValue(expected: unknown, actual: unknown, path: string): Difference[] {
  if (actual === undefined || actual === null) {
    return isEmpty(expected) ? [] : [difference(path, expected, undefined, 'REMOVE')];
  }
  const [left, right] = [unpacked(expected), unpacked(actual)];
  if (Array.isArray(left) && Array.isArray(right)) return compareLists(left, right, path);
  if (isJsonObject(left) && isJsonObject(right)) {
    return Object.entries(left).flatMap(([name, value]) => compareValue(value, right[name], `${path}/${name}`));
  }
  return scalarText(left) === scalarText(right) ? [] : [difference(path, expected, actual, 'NOT_EQUAL')];
}

function compareLists(expected: readonly unknown[], actual: readonly unknown[], path: string): Difference[] {
  const open = [...actual];
  const missing = expected.flatMap((member, index) => {
    const found = open.findIndex((candidate) => compareValue(member, candidate, '').length === 0);
    if (found >= 0) {
      open.splice(found, 1);
      return [];
    }
    return [difference(`${path}/${index}`, member, undefined, 'REMOVE')];
  });
  const added = open.map((member) => difference(`${path}/${actual.indexOf(member)}`, undefined, member, 'ADD'));
  return [...missing, ...added];
}

function difference(path: string, expected: unknown, actual: unknown, type: Difference['DifferenceType']): Difference {
  return {
    PropertyPath: path,
    ExpectedValue: scalarText(expected),
    ActualValue: scalarText(actual),
    DifferenceType: type,
  };
}

/** Policies travel as JSON text in one place and as data in another, and lists of one as the one. */
function unpacked(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function scalarText(value: unknown): string {
  if (value === undefined || value === null) return 'null';
  return typeof value === 'object' ? canonicalJson(value) : String(value);
}

function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return (
    value === undefined || value === null || value === '' || (isJsonObject(value) && Object.keys(value).length === 0)
  );
}
