export interface Difference<T> {
  readonly added: readonly T[];
  readonly gone: readonly T[];
}

/** What `wanted` has that `there` has not, and the other way round; two things are one when their keys are. */
export function differenceOf<T>(there: readonly T[], wanted: readonly T[], keyOf: (item: T) => string): Difference<T> {
  const [old, next] = [new Set(there.map(keyOf)), new Set(wanted.map(keyOf))];
  return {
    added: wanted.filter((item) => !old.has(keyOf(item))),
    gone: there.filter((item) => !next.has(keyOf(item))),
  };
}
