/**
 * The values of a condition key in a request, by its name in lower case. An empty list: the request has none.
 * `undefined`: the sandbox does not know, and whatever depends on it cannot be judged.
 */
export type ConditionKeys = (key: string) => readonly string[] | undefined;

/** Whether every condition of a statement holds; `undefined` when one cannot be judged: an operator or key not known here. */
export function conditionsHold(condition: unknown, keys: ConditionKeys): boolean | undefined {
  if (condition === undefined) return true;
  if (!isRecord(condition)) return undefined;
  for (const [operator, tests] of Object.entries(condition)) {
    if (!isRecord(tests)) return undefined;
    for (const [key, wanted] of Object.entries(tests)) {
      const holds = test(operator, keys(key.toLowerCase()), listOf(wanted).map(String));
      if (holds !== true) return holds;
    }
  }
  return true;
}

type Comparison = (value: string, wanted: string) => boolean;

const comparisons: Readonly<Record<string, Comparison>> = {
  StringEquals: (value, wanted) => value === wanted,
  StringEqualsIgnoreCase: (value, wanted) => value.toLowerCase() === wanted.toLowerCase(),
  StringLike: (value, wanted) => like(wanted, value),
  ArnEquals: (value, wanted) => like(wanted, value),
  ArnLike: (value, wanted) => like(wanted, value),
  Bool: (value, wanted) => value.toLowerCase() === wanted.toLowerCase(),
  NumericEquals: (value, wanted) => Number(value) === Number(wanted),
  NumericLessThan: (value, wanted) => Number(value) < Number(wanted),
  NumericLessThanEquals: (value, wanted) => Number(value) <= Number(wanted),
  NumericGreaterThan: (value, wanted) => Number(value) > Number(wanted),
  NumericGreaterThanEquals: (value, wanted) => Number(value) >= Number(wanted),
  DateEquals: (value, wanted) => instant(value) === instant(wanted),
  DateLessThan: (value, wanted) => instant(value) < instant(wanted),
  DateLessThanEquals: (value, wanted) => instant(value) <= instant(wanted),
  DateGreaterThan: (value, wanted) => instant(value) > instant(wanted),
  DateGreaterThanEquals: (value, wanted) => instant(value) >= instant(wanted),
  IpAddress: (value, wanted) => isInBlock(value, wanted),
};

/** Operators that say the opposite of another one; they hold where the request has no value. */
const negations: Readonly<Record<string, string>> = {
  StringNotEquals: 'StringEquals',
  StringNotEqualsIgnoreCase: 'StringEqualsIgnoreCase',
  StringNotLike: 'StringLike',
  ArnNotEquals: 'ArnEquals',
  ArnNotLike: 'ArnLike',
  NumericNotEquals: 'NumericEquals',
  DateNotEquals: 'DateEquals',
  NotIpAddress: 'IpAddress',
};

function test(operator: string, values: readonly string[] | undefined, wanted: readonly string[]): boolean | undefined {
  if (values === undefined) return undefined;
  const [, quantifier, name = '', ifExists] = /^(ForAllValues:|ForAnyValue:)?(\w+?)(IfExists)?$/.exec(operator) ?? [];
  if (name === 'Null') return wanted.includes(String(values.length === 0));
  const negated = negations[name];
  const compare = comparisons[negated ?? name];
  if (compare === undefined) return undefined;
  if (values.length === 0)
    return (
      quantifier === 'ForAllValues:' || ifExists !== undefined || (negated !== undefined && quantifier === undefined)
    );
  const matches = (value: string): boolean => wanted.some((one) => compare(value, one)) !== (negated !== undefined);
  return quantifier === 'ForAnyValue:' ? values.some(matches) : values.every(matches);
}

/** Milliseconds of an ISO 8601 date or of seconds since the epoch. */
function instant(text: string): number {
  return /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text);
}

function isInBlock(address: string, block: string): boolean {
  const [network = '', bits = '32'] = block.split('/');
  const size = 2 ** (32 - Number(bits));
  return Math.floor(numberOf(address) / size) === Math.floor(numberOf(network) / size);
}

function numberOf(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

const compiled = new Map<string, RegExp>();
const mostCompiled = 5_000;

/** IAM's wildcards: `*` is any run of characters, `?` is one. */
export function like(pattern: string, value: string): boolean {
  const known = compiled.get(pattern);
  if (known !== undefined) return known.test(value);
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll(/\*+/g, '.*')
    .replaceAll('?', '.');
  const regexp = new RegExp(`^${source}$`, 's');
  if (compiled.size >= mostCompiled) compiled.clear();
  compiled.set(pattern, regexp);
  return regexp.test(value);
}

/** A member of a policy that may be one or a list. */
export function listOf(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
