/** Who may try again: nobody until the input changes, the caller at once, or whoever waits by a back-off rule. */
export type Retry = 'never' | 'now' | 'backoff';

export interface RoadsteadErrorOptions {
  /** Stable, upper snake case, never reused: what scripts and runbooks match on. */
  readonly code: string;
  /** The value that offended, as the user wrote it or the world gave it. */
  readonly value?: unknown;
  /** What would be right, or the command that comes next. */
  readonly hint?: string;
  readonly retry?: Retry;
  readonly cause?: unknown;
}

/** A promise that the world broke. Outcomes that our own rules foresee are values, and bugs are plain errors. */
export class RoadsteadError extends Error {
  override readonly name = 'RoadsteadError';
  readonly code: string;
  readonly value: unknown;
  readonly hint: string | undefined;
  readonly retry: Retry;

  constructor(message: string, options: RoadsteadErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code;
    this.value = options.value;
    this.hint = options.hint;
    this.retry = options.retry ?? 'never';
  }
}

export function isRoadsteadError(error: unknown, code?: string): error is RoadsteadError {
  return error instanceof RoadsteadError && (code === undefined || error.code === code);
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
