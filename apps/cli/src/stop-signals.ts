import type { EventEmitter } from 'node:events';

/**
 * Ctrl-C. While work goes by steps, the first asks to stop at the next safe one and the second stops at once; anything else
 * ends at the first. SIGTERM counts as Ctrl-C. After `abort` the listeners are gone: one more ends the process as it ends any.
 */
export interface StopSignals {
  readonly stop: AbortSignal;
  readonly abort: AbortSignal;
  /** Runs work that goes by steps, and so owes `stop` an end at the next safe one. */
  inSteps<T>(work: () => Promise<T>): Promise<T>;
  /** The signal that aborted; nothing before. */
  endedBy(): StopSignal | undefined;
  dispose(): void;
}

export type StopSignal = 'SIGINT' | 'SIGTERM';

export function listenForStop(source: EventEmitter = process): StopSignals {
  const stop = new AbortController();
  const abort = new AbortController();
  let working = 0;
  let last: StopSignal | undefined;
  const receive = (signal: StopSignal): void => {
    const atOnce = working === 0 || stop.signal.aborted;
    if (!stop.signal.aborted) stop.abort(new Error(`stopped by ${signal}`));
    if (!atOnce) return;
    last = signal;
    dispose();
    abort.abort(new Error(`stopped at once by ${signal}`));
  };
  const dispose = (): void => {
    source.off('SIGINT', receive);
    source.off('SIGTERM', receive);
  };
  source.on('SIGINT', receive);
  source.on('SIGTERM', receive);
  return {
    stop: stop.signal,
    abort: abort.signal,
    inSteps: async (work) => {
      working += 1;
      try {
        return await work();
      } finally {
        working -= 1;
      }
    },
    endedBy: () => last,
    dispose,
  };
}
