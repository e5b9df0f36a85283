import type { Clock } from '@roadstead/foundation';
import type { LifecycleEvent, StepProgress } from '@roadstead/lifecycle';
import type { Console } from './console.ts';
import { duration, stopwatch } from './duration.ts';

/** More steps than this at once are not shown one by one: the live area must fit any terminal. */
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
    show: (event) => console.out(JSON.stringify({ at: new Date(clock.now()).toISOString(), ...event })),
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
  const { colours } = console;
  const active = new Map<string, ActiveStep>();
  let drawn = 0;
  const clear = (): void => {
    if (drawn > 0) console.draw(`\u001b[${drawn}A\u001b[J`);
    drawn = 0;
  };
  const draw = (): void => {
    clear();
    const lines = [...active.values()]
      .slice(0, mostLines)
      .map((step) => activeLine(step, clock.monotonic(), console.width()));
    drawn = lines.length;
    if (drawn > 0) console.draw(`${lines.join('\n')}\n`);
  };
  const say = (line: string): void => {
    clear();
    console.err(line);
  };
  const timer = setInterval(draw, 250);
  timer.unref();
  return {
    show: (event) => {
      if (event.type === 'phase-started') say(colours.bold(event.phase));
      if (event.type === 'step-started') active.set(event.id, activeStep(event, clock.monotonic()));
      if (event.type === 'step-progress') {
        const step = active.get(event.id);
        if (step !== undefined) step.latest = event;
      }
      if (event.type === 'step-done' || event.type === 'step-failed') {
        const what = active.get(event.id)?.what ?? event.id;
        active.delete(event.id);
        const mark = event.type === 'step-done' ? colours.green('✓') : colours.red('✗');
        const reason = event.type === 'step-failed' ? ` ${colours.red(event.failure.message)}` : '';
        say(`  ${mark} ${what} ${colours.dim(stopwatch(event.seconds))}${reason}`);
      }
      if (event.type === 'stopping') say(colours.yellow(event.reason));
      draw();
    },
    close: () => {
      clearInterval(timer);
      clear();
    },
  };
}

function activeStep(event: { what: string; usualSeconds?: number }, nowMs: number): ActiveStep {
  return {
    what: event.what,
    beganMs: nowMs,
    ...(event.usualSeconds === undefined ? {} : { usualSeconds: event.usualSeconds }),
  };
}

/** One line of the live area, never wider than the terminal: a line that wraps cannot be drawn over. */
export function activeLine(step: ActiveStep, nowMs: number, width: number): string {
  const elapsed = stopwatch((nowMs - step.beganMs) / 1000);
  const usual = step.usualSeconds === undefined ? '' : ` (usually ${duration(step.usualSeconds)})`;
  const text = `  … ${step.what} ${elapsed}${usual}${latestText(step.latest)}`;
  return text.length < width ? text : `${text.slice(0, Math.max(1, width - 2))}…`;
}

function latestText(latest: StepProgress | undefined): string {
  if (latest === undefined) return '';
  const resource = latest.resource.replace(/ \(AWS::[^)]*\)$/, '');
  return ` · ${resource} ${latest.status}${latest.reason === undefined ? '' : ` (${latest.reason})`}`;
}
