/** Ctrl-C, twice: the first asks to stop at the next safe step, the second stops at once. SIGTERM counts as the first. */
export interface StopSignals {
  readonly stop: AbortSignal;
  readonly abort: AbortSignal;
  dispose(): void;
}

export function listenForStop(onFirst: () => void, onSecond: () => void): StopSignals {
  const stop = new AbortController();
  const abort = new AbortController();
  const receive = (): void => {
    if (!stop.signal.aborted) {
      stop.abort(new Error('stopped by Ctrl-C'));
      onFirst();
      return;
    }
    abort.abort(new Error('stopped at once by a second Ctrl-C'));
    onSecond();
  };
  process.on('SIGINT', receive);
  process.on('SIGTERM', receive);
  return {
    stop: stop.signal,
    abort: abort.signal,
    dispose: () => {
      process.off('SIGINT', receive);
      process.off('SIGTERM', receive);
    },
  };
}
