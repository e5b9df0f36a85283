import type { Clock } from '@roadstead/foundation';
import type { CliConfig } from '../config.ts';
import type { Console } from '../output/console.ts';

/** What every command is given. */
export interface CommandContext {
  readonly config: CliConfig;
  readonly console: Console;
  readonly clock: Clock;
  /** The first Ctrl-C: stop at the next safe step. */
  readonly stop: AbortSignal;
  /** The second Ctrl-C: stop at once. */
  readonly abort: AbortSignal;
}

export type OutputFormat = 'text' | 'json';
