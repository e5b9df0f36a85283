import { isRoadsteadError, messageOf } from '@roadstead/foundation';
import type { Colours } from './console.ts';

/** Exit codes of every command. */
export const exitCodes = { done: 0, failed: 1, wrongInput: 2, planHasChanges: 3 } as const;

/** Wrong input found by a command: the problems are told already, line by line. */
export class WrongInput extends Error {
  override readonly name = 'WrongInput';
  readonly lines: readonly string[];

  constructor(lines: readonly string[]) {
    super(lines[0] ?? 'wrong input');
    this.lines = lines;
  }
}

const inputCodes = new Set([
  'WRONG_INPUT',
  'WRONG_ACCOUNT',
  'AWS_NO_CREDENTIALS',
  'NOT_CONFIRMED',
  'FILE_UNREADABLE',
  'CHANNEL_UNREADABLE',
]);

export function exitCodeOf(error: unknown): number {
  if (error instanceof WrongInput) return exitCodes.wrongInput;
  return isRoadsteadError(error) && inputCodes.has(error.code) ? exitCodes.wrongInput : exitCodes.failed;
}

/** What went wrong, its code, and what to do next. A bug shows its stack: it is ours to read. */
export function errorLines(error: unknown, colours: Colours): string[] {
  if (error instanceof WrongInput) return [...error.lines];
  if (!isRoadsteadError(error)) {
    const stack = error instanceof Error && error.stack !== undefined ? error.stack : messageOf(error);
    return [colours.red('This is a bug of Roadstead:'), stack];
  }
  const hint = error.hint === undefined ? [] : error.hint.split('\n').map((line) => `  ${line}`);
  return [`${colours.red('✗')} ${error.message} ${colours.dim(`[${error.code}]`)}`, ...causeLines(error), ...hint];
}

function causeLines(error: Error): string[] {
  if (!(error.cause instanceof Error) || error.message.includes(error.cause.message)) return [];
  return [`  because: ${error.cause.message}`];
}
