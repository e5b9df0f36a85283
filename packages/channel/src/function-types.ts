import {
  bool,
  bytes,
  double,
  dyn,
  int,
  join,
  listOf,
  mapOf,
  memberOf,
  nullable,
  string,
  type Type,
  unwrap,
} from './types.ts';

/** What a call gives, by the types of its target and arguments, in this order. Undefined: it cannot be called so. */
export type CallType = (values: readonly Type[]) => Type | undefined;

/** A function that takes any values of a number, and always gives the same. */
const any =
  (result: Type, least: number, most: number = least): CallType =>
  (values) =>
    values.length >= least && values.length <= most ? result : undefined;

const is = (type: Type, ...kinds: readonly Type['kind'][]): boolean => {
  const { kind } = unwrap(type);
  return kind === 'dyn' || kind === 'never' || kinds.includes(kind);
};

/** A function of values of certain kinds; the last kinds may be left out down to `least`. */
const of =
  (result: Type, kinds: readonly (readonly Type['kind'][])[], least: number = kinds.length): CallType =>
  (values) =>
    values.length >= least &&
    values.length <= kinds.length &&
    values.every((value, index) => is(value, ...(kinds[index] ?? [])))
      ? result
      : undefined;

const text = ['string'] as const;
const whole = ['int'] as const;
const numbers = ['int', 'double'] as const;
const maps = ['map', 'record'] as const;

function add([a = dyn, b = dyn]: readonly Type[]): Type | undefined {
  const [left, right] = [unwrap(a), unwrap(b)];
  if (left.kind === 'dyn') return is(right, 'string', 'int', 'double', 'bytes', 'list') ? dyn : undefined;
  if (right.kind === 'dyn') return is(left, 'string', 'int', 'double', 'bytes', 'list') ? left : undefined;
  if (left.kind === 'list' && right.kind === 'list') return join(left, right);
  return left.kind === right.kind && ['string', 'int', 'double', 'bytes'].includes(left.kind) ? left : undefined;
}

const arithmetic: CallType = ([a = dyn, b = dyn]) => {
  const [left, right] = [unwrap(a), unwrap(b)];
  if (!is(left, ...numbers) || !is(right, ...numbers)) return undefined;
  if (left.kind === 'dyn') return right;
  return right.kind === 'dyn' || left.kind === right.kind ? left : undefined;
};

const ordered: CallType = ([a = dyn, b = dyn]) => {
  const [left, right] = [unwrap(a), unwrap(b)];
  const comparable = ['string', 'int', 'double', 'bool', 'bytes'] as const;
  if (!is(left, ...comparable) || !is(right, ...comparable)) return undefined;
  const bothNumbers = is(left, ...numbers) && is(right, ...numbers);
  return left.kind === 'dyn' || right.kind === 'dyn' || left.kind === right.kind || bothNumbers ? bool : undefined;
};

/** Comparing what can never be equal is a mistake; null and anything may be compared. */
const equal: CallType = ([a = dyn, b = dyn]) => {
  const [left, right] = [unwrap(a), unwrap(b)];
  if (is(left, 'null') || is(right, 'null') || left.kind === 'dyn' || right.kind === 'dyn') return bool;
  if (is(left, ...numbers) && is(right, ...numbers)) return bool;
  if (is(left, ...maps) && is(right, ...maps)) return bool;
  return left.kind === right.kind ? bool : undefined;
};

const isIn: CallType = ([item = dyn, collection = dyn]) => {
  const held = unwrap(collection);
  if (held.kind === 'dyn' || held.kind === 'record') return bool;
  if (held.kind === 'list')
    return held.element.kind === 'never' || equal([item, held.element]) !== undefined ? bool : undefined;
  return held.kind === 'map' && is(item, 'string', 'int', 'bool') ? bool : undefined;
};

const mergeMaps: CallType = (values) => {
  const [a = dyn, b = dyn] = values.map(unwrap);
  if (values.length !== 2 || !is(a, ...maps) || !is(b, ...maps)) return undefined;
  return a.kind === 'dyn' || b.kind === 'dyn' ? dyn : mapOf(join(memberOf(a), memberOf(b)));
};

const compactMap: CallType = (values) => {
  const [a = dyn] = values.map(unwrap);
  if (values.length !== 1 || !is(a, ...maps)) return undefined;
  return a.kind === 'dyn' ? dyn : mapOf(unwrap(memberOf(a)));
};

const clock = Object.fromEntries(
  [
    'getDate',
    'getDayOfMonth',
    'getDayOfWeek',
    'getDayOfYear',
    'getFullYear',
    'getHours',
    'getMilliseconds',
    'getMinutes',
    'getMonth',
    'getSeconds',
  ].map((name) => [name, any(int, 1, 2)]),
);

/** Every function that an expression can call: CEL's own and its operators, the strings extension, ours. */
export const callTypes: Readonly<Record<string, CallType>> = {
  '_+_': add,
  '_-_': arithmetic,
  '_*_': arithmetic,
  '_/_': arithmetic,
  '_%_': of(int, [whole, whole]),
  '-_': ([a = dyn]) => (is(a, ...numbers) ? unwrap(a) : undefined),
  '_==_': equal,
  '_!=_': equal,
  '_<_': ordered,
  '_<=_': ordered,
  '_>_': ordered,
  '_>=_': ordered,
  '_&&_': of(bool, [['bool'], ['bool']]),
  '_||_': of(bool, [['bool'], ['bool']]),
  '!_': of(bool, [['bool']]),
  '@in': isIn,
  '@not_strictly_false': any(bool, 1),
  size: of(int, [['string', 'bytes', 'list', 'map', 'record']]),
  contains: of(bool, [text, text]),
  startsWith: of(bool, [text, text]),
  endsWith: of(bool, [text, text]),
  matches: of(bool, [text, text]),
  int: of(int, [['int', 'double', 'string']]),
  uint: any(dyn, 1),
  double: of(double, [['int', 'double', 'string']]),
  string: of(string, [['int', 'double', 'string', 'bool', 'bytes']]),
  bool: of(bool, [['bool', 'string']]),
  bytes: of(bytes, [['bytes', 'string']]),
  dyn: any(dyn, 1),
  type: any(dyn, 1),
  duration: of(dyn, [text]),
  timestamp: any(dyn, 1),
  ...clock,
  charAt: of(string, [text, whole]),
  indexOf: of(int, [text, text, whole], 2),
  lastIndexOf: of(int, [text, text, whole], 2),
  lowerAscii: of(string, [text]),
  upperAscii: of(string, [text]),
  replace: of(string, [text, text, text, whole], 3),
  split: of(listOf(string), [text, text, whole], 2),
  substring: of(string, [text, whole, whole], 2),
  trim: of(string, [text]),
  join: of(string, [['list'], text], 1),
  format: of(string, [text, ['list']]),
  reverse: of(string, [text]),
  'strings.quote': of(string, [text]),
  quote: of(string, [text]),
  shellQuote: of(string, [text]),
  toJson: any(string, 1),
  toYaml: any(string, 1),
  base64: of(string, [text]),
  sha256Short: of(string, [text]),
  fitName: of(string, [text, whole]),
  indent: of(string, [text, whole]),
  merge: mergeMaps,
  compact: compactMap,
  mime: of(string, [['list']]),
};

/** Calls that hand a late value on without looking into it. */
export const passesLateOn: readonly string[] = ['merge', 'compact'];

/** Kept here so that the rule of `x == null ? a : x` stays with the other types. */
export const branches = (first: Type, second: Type): Type =>
  first.kind === 'null' ? nullable(second) : join(first, second);
