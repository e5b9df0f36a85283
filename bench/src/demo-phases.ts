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
