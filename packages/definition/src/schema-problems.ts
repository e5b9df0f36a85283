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
  const name = path.length === 0 ? 'the file' : formatPath(path);
  if (issue.code === 'unrecognized_keys') {
    const known = input.keysAt(path);
    return issue.keys.map((key) => ({
      path: [...path, key],
      at: 'key',
      fault: {
        code: 'UNKNOWN_KEY',
        message: `unknown key ${JSON.stringify(key)}${path.length === 0 ? '' : ` in ${name}`}`,
        hint: suggest(key, known),
        value: key,
      },
    }));
  }
  if (found === undefined) return [{ path, fault: missing(issue, name) }];
  const branch = nearestBranch(issue);
  if (branch !== undefined)
    return branch.flatMap((inner) => placeIssue({ ...inner, path: [...issue.path, ...inner.path] }, input));
  return [{ path, fault: wrongValue(issue, name, found, input.positions.source(path)) }];
}

/** What is wrong with the one alternative of a union whose type was meant. */
function nearestBranch(issue: Issue): readonly Issue[] | undefined {
  if (issue.code !== 'invalid_union') return undefined;
  const near = issue.errors.filter(
    (branch) =>
      !branch.some(({ code, path }) => path.length === 0 && (code === 'invalid_type' || code === 'invalid_value')),
  );
  return near.length === 1 ? near[0] : undefined;
}

function missing(issue: Issue, name: string): Fault {
  return { code: 'MISSING_KEY', message: `${name} is missing`, hint: missingHints[name] ?? expectation(issue) };
}

const missingHints: Readonly<Record<string, string>> = {
  metadata: 'metadata: {name: shop}',
  spec: 'spec: with account, region and nodePools',
  apiVersion: 'apiVersion: roadstead.dev/v1',
  kind: 'kind: Cluster',
  'metadata.name': 'metadata: {name: shop}',
  'spec.account': 'account: aws:123456789012',
  'spec.region': 'region: eu-central-1',
  'spec.nodePools': 'nodePools: [{name: app, instanceTypes: [m7g.large]}]',
};

function wrongValue(issue: Issue, name: string, found: unknown, source: string | undefined): Fault {
  const value = typeof found === 'object' ? undefined : found;
  const shown = spelled(found, source);
  const special = typeof found === 'number' ? numberFaults[name]?.(source ?? String(found)) : undefined;
  if (special !== undefined) return { ...special, value };
  switch (issue.code) {
    case 'invalid_value': {
      const words = issue.values.map(String);
      const isQuoted = typeof found === 'string' && words.includes(found);
      const hint = isQuoted
        ? `without quotes: ${found}`
        : typeof found === 'string'
          ? suggest(found, words)
          : `one of ${words.join(', ')}`;
      return { code: 'NOT_ONE_OF', message: `${name} cannot be ${shown}`, hint, value };
    }
    case 'too_small':
    case 'too_big':
      return {
        code: 'OUT_OF_RANGE',
        message: `${name} is ${sizeWord(issue, found, shown)}`,
        hint: range(issue),
        value,
      };
    default: {
      const message = `${name} is ${shown}, not ${expected(issue)}`;
      const hint =
        found === null ? emptyHint(issue, name) : (otherSpelling(issue, found, source) ?? expectation(issue));
      return { code: 'WRONG_TYPE', message, hint, value };
    }
  }
}

/** A mistake that YAML makes of what was meant as text. */
const numberFaults: Readonly<Record<string, (source: string) => Fault>> = {
  'spec.kubernetes': (source) => ({
    code: 'UNQUOTED_VERSION',
    message: `spec.kubernetes is the number ${source}, not text`,
    hint: `quote it: kubernetes: "${/^1\.\d{2}$/.test(source) ? source : '1.36'}"`,
  }),
  'spec.account': (source) => ({
    code: 'WRONG_ACCOUNT',
    message: 'spec.account is a number, not an account',
    hint: `account: aws:${/^\d{9,12}$/.test(source) ? source.padStart(12, '0') : '123456789012'}`,
  }),
};

const longestShown = 60;

/** A value as messages show it: as the file has it, texts in quotes, long ones cut. */
function spelled(found: unknown, source: string | undefined): string {
  if (found === null || typeof found === 'object') return kindOf(found);
  if (typeof found !== 'string') return source ?? String(found);
  return JSON.stringify(found.length > longestShown ? `${found.slice(0, longestShown - 1)}…` : found);
}

function sizeWord(issue: Issue, found: unknown, shown: string): string {
  const direction = issue.code === 'too_small' ? 'short' : 'long';
  return Array.isArray(found) ? `too ${direction}` : found === '' ? 'empty' : shown;
}

function emptyHint(issue: Issue, name: string): string {
  return missingHints[name] ?? `${expectation(issue)}, or leave it out`;
}

const booleanWords: Readonly<Record<string, string>> = { yes: 'true', on: 'true', no: 'false', off: 'false' };

/** What was meant, where only quotes or another dialect of YAML stand between. */
function otherSpelling(issue: Issue, found: unknown, source: string | undefined): string | undefined {
  const wanted = issue.code === 'invalid_type' ? issue.expected : undefined;
  if (wanted === 'string' && (typeof found === 'number' || typeof found === 'boolean'))
    return `quote it: "${source ?? String(found)}"`;
  if (typeof found !== 'string') return undefined;
  const word = wanted === 'boolean' ? booleanWords[found.toLowerCase()] : undefined;
  if (word !== undefined) return `write ${word}`;
  const plain = found.replaceAll('_', '');
  const isNumber = /^\d+$/.test(plain) && wanted !== 'boolean' && wanted !== 'object' && wanted !== 'array';
  const isBoolean = /^(true|false)$/.test(plain) && wanted === 'boolean';
  return isNumber || isBoolean ? `without quotes: ${plain}` : undefined;
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
  return Array.isArray(value) ? 'a list' : 'a map';
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
