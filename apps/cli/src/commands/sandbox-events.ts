import { RoadsteadError } from '@roadstead/foundation';

/** A line that the sandbox says of itself. Its log may have others. */
export interface SandboxEvent {
  readonly event: string;
  readonly message?: string;
  readonly url?: string;
  /** Of `failed`. */
  readonly code?: string;
  readonly value?: unknown;
  readonly hint?: string;
}

/** The event that a line holds; none for a line of its log. */
export function eventOf(line: string): SandboxEvent | undefined {
  try {
    const event: unknown = JSON.parse(line);
    return typeof event === 'object' && event !== null && 'event' in event && typeof event.event === 'string'
      ? (event as SandboxEvent)
      : undefined;
  } catch {
    return undefined;
  }
}

/** An event as people read it. A failure is told as every failure is, and not by this. */
export function eventText({ event, message, url }: SandboxEvent): string {
  if (event === 'ready') return `The sandbox is ready: ${url ?? ''}. Ctrl-C ends it, with everything in it.`;
  if (event === 'stopping') return `Stopping the sandbox (${message ?? ''}) …`;
  return message ?? event;
}

/** Why it did not start, in its own words where it said so, else by the end of what it said. `place` is where that is kept. */
export function startFailure(said: readonly string[], place?: string): RoadsteadError {
  const failed = said.map(eventOf).findLast((event) => event?.event === 'failed');
  const hints = [failed?.hint, place === undefined ? undefined : `Its log: ${place}`].filter(
    (hint) => hint !== undefined,
  );
  const hint = hints.join('\n');
  if (failed?.message !== undefined && failed.code !== undefined) {
    const value = failed.value === undefined || failed.value === null ? '' : `\n  ${String(failed.value)}`;
    return new RoadsteadError(`${failed.message}${value}`, { code: failed.code, value: failed.value, hint });
  }
  const last = said.filter((line) => line !== '' && eventOf(line) === undefined).slice(-5);
  return new RoadsteadError(`The sandbox did not start:\n${last.join('\n')}`, {
    code: 'SANDBOX_FAILED',
    value: place,
    hint,
  });
}
