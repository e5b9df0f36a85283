import type { Clock } from '@roadstead/foundation';

/** One line about long work. A step may report many times; the last of each has its full time. */
export interface Progress {
  readonly step: 'find' | 'wait' | 'download' | 'compile' | 'link';
  /** For people; constant words and values, no line breaks. */
  readonly message: string;
  /** Since the step began. */
  readonly elapsedMs: number;
  /** What the step takes on two cores or an ordinary line, where that was measured. */
  readonly usualMs?: number;
}

export type OnProgress = (progress: Progress) => void;

/** Starts the step's watch now. */
export function reporter(onProgress: OnProgress, clock: Clock, step: Progress['step'], usualMs?: number) {
  const began = clock.monotonic();
  return (message: string): void => {
    const elapsedMs = Math.round(clock.monotonic() - began);
    onProgress({ step, message, elapsedMs, ...(usualMs === undefined ? {} : { usualMs }) });
  };
}

/** `compile: 812 packages (2 min 05 s, usually 5 min)` */
export function progressLine({ step, message, elapsedMs, usualMs }: Progress): string {
  const usual = usualMs === undefined ? '' : `, usually ${durationText(usualMs)}`;
  return `${step}: ${message} (${durationText(elapsedMs)}${usual})`;
}

function durationText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const rest = seconds % 60;
  const minutes = `${Math.floor(seconds / 60)} min`;
  return rest === 0 ? minutes : `${minutes} ${String(rest).padStart(2, '0')} s`;
}
