import type { Clock } from '@roadstead/foundation';

/** A clock on which a sleep is over at once and has taken its time: loops run to their end without waiting. */
export function steppingClock(startMs = Date.UTC(2026, 10, 21)): Clock {
  let elapsed = 0;
  return {
    now: () => startMs + elapsed,
    monotonic: () => elapsed,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      elapsed += ms;
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}
