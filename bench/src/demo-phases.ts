import { median, rounded } from './statistics.ts';

/** One line of `roadstead up --output json` that tells when something happened. */
export interface RunEvent {
  readonly at: string;
  readonly type: string;
  readonly phase?: string;
}

/**
 * Seconds of each phase, from its start to the next one's; a phase that comes in several parts (add-ons before and after
 * the pools) is summed up. The last one lasts until `run-ended`.
 */
export function phaseSeconds(events: readonly RunEvent[]): Readonly<Record<string, number>> {
  const marks = events.filter(({ type }) => type === 'phase-started' || type === 'run-ended');
  const sums = new Map<string, number>();
  marks.forEach((mark, index) => {
    const next = marks[index + 1];
    if (mark.phase === undefined || next === undefined) return;
    const seconds = (Date.parse(next.at) - Date.parse(mark.at)) / 1000;
    sums.set(mark.phase, (sums.get(mark.phase) ?? 0) + seconds);
  });
  return Object.fromEntries([...sums].map(([phase, seconds]) => [phase, Number(seconds.toFixed(1))]));
}

/** The events among the lines that `up --output json` printed: the plan and the summary have no time and are left out. */
export function eventsOf(output: string): readonly RunEvent[] {
  return output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Partial<RunEvent>)
    .filter((event): event is RunEvent => event.at !== undefined && event.type !== undefined);
}

/** One `demo`, seconds. `nodesReady` is from the first line of the sandbox's start to the end of `up`, which waits for its nodes. */
export interface DemoLap {
  readonly factor: number;
  readonly sandboxStart: number;
  readonly up: number;
  readonly nodesReady: number;
  readonly phases: Readonly<Record<string, number>>;
  /** `up` besides its phases: start, observe, render, plan, summary. */
  readonly besidePhases: number;
}

/** The middle of several laps of one factor, each figure for itself. Throws on none. */
export function middleLap(laps: readonly DemoLap[]): DemoLap {
  const middle = (pick: (lap: DemoLap) => number) => rounded(median(laps.map(pick)), 1);
  const names = new Set(laps.flatMap(({ phases }) => Object.keys(phases)));
  return {
    factor: middle(({ factor }) => factor),
    sandboxStart: middle(({ sandboxStart }) => sandboxStart),
    up: middle(({ up }) => up),
    nodesReady: middle(({ nodesReady }) => nodesReady),
    phases: Object.fromEntries([...names].map((name) => [name, middle(({ phases }) => phases[name] ?? 0)])),
    besidePhases: middle(({ besidePhases }) => besidePhases),
  };
}
