import { distance } from 'fastest-levenshtein';

/**
 * The candidate that a mistyped word most likely means, if any is near: a third of its letters differ, letters are in another
 * order or case, or the word is the beginning of it.
 */
export function nearMatch(word: string, candidates: readonly string[]): string | undefined {
  const ranked = candidates
    .map((candidate) => ({ candidate, steps: stepsBetween(word.toLowerCase(), candidate.toLowerCase()) }))
    .toSorted((a, b) => a.steps - b.steps || (a.candidate < b.candidate ? -1 : 1));
  const best = ranked[0];
  if (best === undefined) return undefined;
  const allowed = Math.max(1, Math.floor(Math.max(word.length, best.candidate.length) / 3));
  return best.steps <= allowed ? best.candidate : undefined;
}

function stepsBetween(word: string, candidate: string): number {
  const isTurned = [...word].toSorted().join('') === [...candidate].toSorted().join('');
  const isBeginning = word.length >= 3 && candidate.startsWith(word);
  return Math.min(distance(word, candidate), isTurned || isBeginning ? 1 : Number.POSITIVE_INFINITY);
}

/** `did you mean "nodePools"?`, else `one of a, b`. */
export function suggest(word: string, candidates: readonly string[]): string {
  const match = nearMatch(word, candidates);
  return match === undefined ? `one of ${candidates.join(', ')}` : `did you mean ${JSON.stringify(match)}?`;
}
