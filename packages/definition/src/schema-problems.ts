import type { z } from 'zod';
import { suggest } from './near-match.ts';
import type { Path, PositionIndex } from './positions.ts';
import { type Fault, type PlacedFault, type Problem, problemsAt } from './problem.ts';

type Issue = z.core.$ZodIssue;

/** Turns what a schema found into problems with places. `value` is what was checked, `keysAt` the keys allowed at a path. */
export function schemaProblems(
  file: string,
  issues: readonly Issue[],
  input: {
    readonly value: unknown;
    readonly positions: PositionIndex;
    readonly keysAt: (path: Path) => readonly string[];
  },
): Problem[] {
  return problemsAt(
    file,
    input.positions,
    issues.flatMap((issue) => placeIssue(issue, input)),
  );
}

function placeIssue(
  issue: Issue,
  input: {
    readonly value: unknown;
    readonly positions: PositionIndex;
    readonly keysAt: (path: Path) => readonly string[];
  },
): PlacedFault[] {
  const path = issue.path.filter((step): step is string | number => typeof step !== 'symbol');
  const found = valueAt(input.value, path);
  const name = formatPath(path);
  if (issue.code === 'unrecognized_keys') {
    const known = input.keysAt(path);
    return issue.keys.map((key) => ({
      path: [...path, key],
      at: 'key',
      fault: {
        code: 'UNKNOWN_KEY',
        message: `unknown key ${JSON.stringify(key)}${name === '' ? '' : ` in ${name}`}`,
        hint: suggest(key, known),
        value: key,
      },
    }));
  }
  if (found === undefined) return [{ path, fault: missing(issue, name) }];
  return [{ path, fault: wrongValue(issue, name, found, input.positions.source(path)) }];
}

function missing(issue: Issue, name: string): Fault {
  return { code: 'MISSING_KEY', message: `${name} is missing`, hint: missingHints[name] ?? expectation(issue) };
}

const missingHints: Readonly<Record<string, string>> = {
  apiVersion: 'apiVersion: roadstead.dev/v1',
  kind: 'kind: Cluster',
  'metadata.name': 'metadata: {name: shop}',
  'spec.account': 'account: aws:123456789012',
  'spec.region': 'region: eu-central-1',
  'spec.nodePools': 'nodePools: [{name: app, instanceTypes: [m7g.large]}]',
};

function wrongValue(issue: Issue, name: string, found: unknown, source: string | undefined): Fault {
  const value = typeof found === 'object' ? undefined : found;
  const shown = value === undefined ? kindOf(found) : (source ?? JSON.stringify(value));
  if (name === 'spec.kubernetes' && typeof found === 'number') {
    return {
      code: 'UNQUOTED_VERSION',
      message: `${name} is the number ${shown}, not text`,
      hint: `quote it: kubernetes: "${shown}"`,
      value,
    };
  }
  if (name === 'spec.account' && typeof found === 'number') {
    return {
      code: 'WRONG_ACCOUNT',
      message: `${name} is a number, not an account`,
      hint: `account: aws:${shown.padStart(12, '0')}`,
      value,
    };
  }
  switch (issue.code) {
    case 'invalid_value':
      return {
        code: 'NOT_ONE_OF',
        message: `${name} cannot be ${shown}`,
        hint:
          typeof found === 'string'
            ? suggest(found, issue.values.map(String))
            : `one of ${issue.values.map(String).join(', ')}`,
        value,
      };
    case 'too_small':
    case 'too_big':
      return {
        code: 'OUT_OF_RANGE',
        message: `${name} is ${Array.isArray(found) ? 'too short' : typeof found === 'string' ? 'empty' : shown}`,
        hint: range(issue),
        value,
      };
    default:
      return {
        code: 'WRONG_TYPE',
        message: `${name} is ${shown === '' ? 'empty' : shown}, not ${expected(issue)}`,
        hint: expectation(issue),
        value,
      };
  }
}

function range(issue: Issue): string {
  if (issue.code === 'too_small') return `at least ${issue.minimum}`;
  return issue.code === 'too_big' ? `at most ${issue.maximum}` : issue.message;
}

const typeWords: Readonly<Record<string, string>> = {
  string: 'text',
  int: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
};

function expected(issue: Issue): string {
  if (issue.code === 'invalid_type') return typeWords[issue.expected] ?? issue.expected;
  if (issue.code === 'invalid_union') return alternatives(issue);
  return issue.message;
}

function alternatives(issue: Extract<Issue, { code: 'invalid_union' }>): string {
  const words = issue.errors.flat().map((inner) => {
    if (inner.code === 'invalid_value') return inner.values.map(String).join(' or ');
    return inner.path.length === 0 ? expected(inner) : `a list of ${expected(inner)}`;
  });
  return [...new Set(words)].join(' or ');
}

function expectation(issue: Issue): string {
  return issue.code === 'invalid_value' ? `one of ${issue.values.map(String).join(', ')}` : `write ${expected(issue)}`;
}

function kindOf(value: unknown): string {
  if (value === null) return 'empty';
  return Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'a map' : String(value);
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inner, step) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, step) : undefined),
    value,
  );
}

/** `spec.nodePools[1].size.max`. */
export function formatPath(path: Path): string {
  return path.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`)).join('');
}
