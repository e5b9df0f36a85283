import type { Readable } from 'node:stream';
import type { Clock } from '@roadstead/foundation';
import type { CliConfig } from '../config.ts';
import type { Console } from '../output/console.ts';

/** What every command is given. */
export interface CommandContext {
  readonly config: CliConfig;
  readonly console: Console;
  /** Standard input: for a cluster file that is named `-`. */
  readonly input: Readable;
  readonly clock: Clock;
  /** The first Ctrl-C: stop at the next safe step. */
  readonly stop: AbortSignal;
  /** Stop at once: the second Ctrl-C inside `inSteps`, the first outside of it. */
  readonly abort: AbortSignal;
  /** Runs work that goes by steps and heeds `stop`. Everything else ends at the first Ctrl-C. */
  inSteps<T>(work: () => Promise<T>): Promise<T>;
}

export type OutputFormat = 'text' | 'json';
