/** A semantic version: its three numbers, and what follows the hyphen. */
interface Version {
  readonly numbers: readonly [major: number, minor: number, patch: number];
  /** Empty for a release. */
  readonly preRelease: readonly string[];
}

const grammar = /^v?(\d+)(?:\.(\d+|[xX*]))?(?:\.(\d+|[xX*]))?(?:-([\w.-]+))?(?:\+[\w.-]+)?$/;
const comparator = /^(>=|<=|>|<|=|\^|~)?\s*(.+)$/;

type Test = (version: Version) => boolean;

/**
 * Says whether a version lies in a range as npm writes them: comparators (`>=1.2.0 <2`), `^1.2`, `~1.2.3`, `1.x`, `*`, alternatives with `||`.
 * Pre-releases need no mention in the range: `2.0.0-rc.1` lies in `>=2`, and not in `<2` (npm's `includePrerelease`).
 * Undefined when one of the two cannot be read.
 */
export function isInRange(version: string, range: string): boolean | undefined {
  const parsed = parseVersion(version);
  const alternatives = range.split('||').map(parseAlternative);
  if (parsed === undefined || alternatives.some((tests) => tests === undefined)) return undefined;
  return alternatives.some((tests) => tests?.every((test) => test(parsed)));
}

function parseVersion(text: string): Version | undefined {
  const [, major, minor = '0', patch = '0', preRelease] = grammar.exec(text.trim()) ?? [];
  const numbers = [Number(major), Number(minor), Number(patch)] as const;
  if (major === undefined || numbers.some(Number.isNaN)) return undefined;
  return { numbers, preRelease: preRelease?.split('.') ?? [] };
}

function parseAlternative(text: string): Test[] | undefined {
  const words = text
    .trim()
    .replaceAll(/(>=|<=|>|<|=|\^|~)\s+/g, '$1')
    .split(/[\s,]+/);
  const tests = words.map((word) => (word === '' || /^[xX*]$/.test(word) ? () => true : parseComparator(word)));
  return tests.every((test) => test !== undefined) ? tests : undefined;
}

function parseComparator(word: string): Test | undefined {
  const [, sign = '', text = ''] = comparator.exec(word) ?? [];
  const [, major, minor, patch] = grammar.exec(text) ?? [];
  if (major === undefined) return undefined;
  const given = [major, minor, patch].findIndex((part) => part === undefined || /[xX*]/.test(part));
  const depth = given < 0 ? 3 : given;
  const written = parseVersion(depth === 3 ? text : text.replaceAll(/\.[xX*]/g, ''));
  if (written === undefined) return undefined;
  const first = depth === 3 ? written : { ...written, preRelease: ['0'] };
  const atLeast: Test = (version) => compare(version, first) >= 0;
  const before = (end: Version): Test => {
    return (version) => compare(version, end) < 0;
  };
  switch (sign) {
    case '>=':
      return atLeast;
    case '<':
      return before(first);
    case '>':
      return depth === 3
        ? (version) => compare(version, first) > 0
        : (version) => !before(after(first, depth))(version);
    case '<=':
      return depth === 3 ? (version) => compare(version, first) <= 0 : before(after(first, depth));
    case '~':
      return (version) => atLeast(version) && before(after(first, Math.min(2, depth)))(version);
    case '^':
      return (version) => atLeast(version) && before(after(first, Math.min(depth, caretDepth(first))))(version);
    default:
      return depth === 3
        ? (version) => compare(version, first) === 0
        : (version) => atLeast(version) && before(after(first, depth))(version);
  }
}

/** `^` keeps the first number that is not zero. */
function caretDepth({ numbers }: Version): number {
  const first = numbers.findIndex((number) => number > 0);
  return first < 0 ? 3 : first + 1;
}

/** What comes behind all versions that share the first `depth` numbers: before the pre-releases of the next. */
function after({ numbers }: Version, depth: number): Version {
  const next = numbers.map((number, index) => (index < depth - 1 ? number : index === depth - 1 ? number + 1 : 0));
  return { numbers: next as [number, number, number], preRelease: ['0'] };
}

function compare(a: Version, b: Version): number {
  for (const [index, number] of a.numbers.entries()) {
    const steps = number - (b.numbers[index] ?? 0);
    if (steps !== 0) return steps;
  }
  if (a.preRelease.length === 0 || b.preRelease.length === 0) return b.preRelease.length - a.preRelease.length;
  for (const [index, word] of a.preRelease.entries()) {
    const other = b.preRelease[index];
    if (other === undefined) return 1;
    const steps = compareWords(word, other);
    if (steps !== 0) return steps;
  }
  return a.preRelease.length - b.preRelease.length;
}

/** Numbers come before words. */
function compareWords(a: string, b: string): number {
  const [first, second] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (first && second) return Number(a) - Number(b);
  if (first !== second) return first ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}
