/** Milliseconds before the next look: half a second, growing to fifteen, both scaled; never under a tenth of a second. */
export function pollDelay(quiet: number, scale: number): number {
  return Math.max(100, Math.min(15_000, 500 * 1.5 ** quiet) * scale);
}
