import type { Clock } from '@roadstead/foundation';
import type { LifecycleEvent, StepProgress } from '@roadstead/lifecycle';
import type { Console } from './console.ts';
import { duration, stopwatch } from './duration.ts';

/** More steps than this at once are not shown one by one. */
const mostLines = 12;

interface ActiveStep {
  readonly what: string;
  readonly beganMs: number;
  readonly usualSeconds?: number;
  latest?: StepProgress;
}

/** Shows a run while it works: a live area on a terminal, plain lines elsewhere, events as JSON where asked. */
export interface ProgressView {
  show(event: LifecycleEvent): void;
  close(): void;
}

export function jsonProgress(console: Console, clock: Clock): ProgressView {
  return {
    show: (event) => console.json({ at: new Date(clock.now()).toISOString(), ...event }),
    close: () => undefined,
  };
}

/** Lines for logs: a phase, what began, what ended, and each resource inside a step when its status changes. */
export function plainProgress(console: Console): ProgressView {
  const statuses = new Map<string, string>();
  return {
    show: (event) => {
      const line = plainLine(event, statuses);
      if (line !== undefined) console.err(line);
    },
    close: () => undefined,
  };
}

function plainLine(event: LifecycleEvent, statuses: Map<string, string>): string | undefined {
  switch (event.type) {
    case 'phase-started':
      return `── ${event.phase}`;
    case 'step-started':
      return `   ${event.what}${event.usualSeconds === undefined ? '' : ` (usually ${duration(event.usualSeconds)})`}`;
    case 'step-progress': {
      const key = `${event.id} ${event.resource}`;
      if (statuses.get(key) === event.status) return undefined;
      statuses.set(key, event.status);
      return `     ${event.resource}: ${event.status}${event.reason === undefined ? '' : `: ${event.reason}`}`;
    }
    case 'step-done':
      return `   done: ${event.id} in ${duration(event.seconds)}`;
    case 'step-failed':
      return `   FAILED: ${event.id} after ${duration(event.seconds)}: ${event.failure.message}`;
    case 'stopping':
      return event.reason;
    default:
      return undefined;
  }
}

/** A live area of the steps at work; what has ended stays above it. */
export function liveProgress(console: Console, clock: Clock): ProgressView {
  const active = new Map<string, ActiveStep>();
  const draw = (): void => console.area(areaLines([...active.values()], clock.monotonic()));
  const timer = setInterval(draw, 250);
  timer.unref();
  return {
    show: (event) => {
      const what = 'id' in event ? (active.get(event.id)?.what ?? event.id) : '';
      follow(active, event, clock.monotonic());
      // First the area as it is now: a line that has ended is not to flash up again below itself.
      draw();
      const line = endedLine(event, what, console.colours.err);
      if (line !== undefined) console.err(line);
    },
    close: () => {
      clearInterval(timer);
      console.area([]);
    },
  };
}

function follow(active: Map<string, ActiveStep>, event: LifecycleEvent, nowMs: number): void {
  if (event.type === 'step-started') {
    const { id, what, usualSeconds } = event;
    active.set(id, { what, beganMs: nowMs, ...(usualSeconds === undefined ? {} : { usualSeconds }) });
  }
  if (event.type === 'step-progress') {
    const step = active.get(event.id);
    if (step !== undefined) step.latest = event;
  }
  if (event.type === 'step-done' || event.type === 'step-failed') active.delete(event.id);
}

/** What stays on the terminal. */
function endedLine(event: LifecycleEvent, what: string, colours: Console['colours']['err']): string | undefined {
  switch (event.type) {
    case 'phase-started':
      return colours.bold(event.phase);
    case 'step-done':
      return `  ${colours.green('✓')} ${what} ${colours.dim(stopwatch(event.seconds))}`;
    case 'step-failed': {
      const { seconds, failure } = event;
      return `  ${colours.red('✗')} ${what} ${colours.dim(stopwatch(seconds))} ${colours.red(failure.message)}`;
    }
    case 'stopping':
      return colours.yellow(event.reason);
    default:
      return undefined;
  }
}

function areaLines(steps: readonly ActiveStep[], nowMs: number): string[] {
  const lines = steps.slice(0, mostLines).map((step) => activeLine(step, nowMs));
  return steps.length <= mostLines ? lines : [...lines, `  … and ${steps.length - mostLines} more`];
}

/** A step at work: for how long, how long is usual, and what moves in it. */
export function activeLine(step: ActiveStep, nowMs: number): string {
  const elapsed = stopwatch((nowMs - step.beganMs) / 1000);
  const usual = step.usualSeconds === undefined ? '' : ` (usually ${duration(step.usualSeconds)})`;
  return `  … ${step.what} ${elapsed}${usual}${latestText(step.latest)}`;
}

function latestText(latest: StepProgress | undefined): string {
  if (latest === undefined) return '';
  const resource = latest.resource.replace(/ \(AWS::[^)]*\)$/, '');
  return ` · ${resource} ${latest.status}${latest.reason === undefined ? '' : ` (${latest.reason})`}`;
}
