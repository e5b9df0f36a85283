/** The middle of the figures; of an even number the mean of the two in the middle. Throws on none. */
export function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  if (low === undefined || high === undefined) throw new Error('no figures to take the median of');
  return (low + high) / 2;
}

/** Rounded to so many digits after the point, so that a report is read and not deciphered. */
export function rounded(figure: number, digits = 2): number {
  return Number(figure.toFixed(digits));
}

/** What one contender took, round by round, and the middle of it. Milliseconds. */
export interface Figures {
  readonly medianMs: number;
  readonly allMs: readonly number[];
}

export function figuresOf(allMs: readonly number[]): Figures {
  return { medianMs: rounded(median(allMs), 1), allMs: allMs.map((each) => rounded(each, 1)) };
}

/** How many times faster `ours` is than `theirs`, by medians of one run. */
export function timesFaster(ours: Figures, theirs: Figures): number {
  return rounded(theirs.medianMs / ours.medianMs);
}

/** Milliseconds that the work takes by the monotonic clock, and what it answers. */
export async function timed<T>(work: () => Promise<T>): Promise<{ readonly ms: number; readonly value: T }> {
  const began = performance.now();
  const value = await work();
  return { ms: performance.now() - began, value };
}
