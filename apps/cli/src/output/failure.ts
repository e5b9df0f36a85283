import { formatProblem, type Problem } from '@roadstead/definition';
import { isRoadsteadError, messageOf } from '@roadstead/foundation';
import type { RunOutcome } from '@roadstead/lifecycle';
import type { Colours } from './console.ts';

/** Exit codes of every command. One that a signal ended at once answers 128 and the signal's number, as shells have it. */
export const exitCodes = { done: 0, failed: 1, wrongInput: 2, planHasChanges: 3, interrupted: 130, terminated: 143 };

/** One step of a run that failed. */
interface FailedStep {
  readonly step: string;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** Why a command did not do what it was asked for. As JSON, this is every error. */
export interface CommandFailure {
  readonly exitCode: number;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  /** What lies behind it, where the message does not say so. */
  readonly because?: string;
  /** Every mistake of a file, with its place. */
  readonly problems?: readonly Problem[];
  readonly steps?: readonly FailedStep[];
  /** Of a bug. */
  readonly stack?: string;
}

/** Wrong input found by a command, with every place. */
export class WrongInput extends Error {
  override readonly name = 'WrongInput';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems[0]?.message ?? 'wrong input');
    this.problems = problems;
  }
}

/** A command line that the grammar does not have. */
export class WrongUsage extends Error {
  override readonly name = 'WrongUsage';
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

/** A run that did not come to its end. */
export class RunNotDone extends Error {
  override readonly name = 'RunNotDone';
  readonly outcome: Exclude<RunOutcome, { state: 'done' }>;
  /** Stopped at once: steps were cut short. */
  readonly atOnce: boolean;

  constructor(outcome: Exclude<RunOutcome, { state: 'done' }>, atOnce: boolean) {
    super(`the run ${outcome.state}`);
    this.outcome = outcome;
    this.atOnce = atOnce;
  }
}

/** Whether something thrown is this command line's own, and no exception of AWS's. */
export function isToldAlready(error: unknown): boolean {
  return error instanceof WrongInput || error instanceof WrongUsage || error instanceof RunNotDone;
}

/** The signal that asked for an end at once, where one did. */
export type EndedBy = 'SIGINT' | 'SIGTERM' | undefined;

const inputCodes = new Set([
  'WRONG_INPUT',
  'WRONG_ACCOUNT',
  'AWS_NO_CREDENTIALS',
  'NOT_CONFIRMED',
  'FILE_UNREADABLE',
  'CHANNEL_UNREADABLE',
  'KUBECONFIG_INVALID',
  'KUBECONFIG_NAME_TAKEN',
  'PLAN_STALE',
]);

/** Puts whatever was thrown into words. What is no error of ours is a bug, unless a signal ended the command. */
export function commandFailureOf(error: unknown, endedBy: EndedBy): CommandFailure {
  if (error instanceof WrongInput) return ofProblems(error.problems);
  if (error instanceof WrongUsage)
    return { exitCode: exitCodes.wrongInput, code: 'WRONG_USAGE', message: error.message, hint: error.hint };
  if (error instanceof RunNotDone) return ofRun(error, endedBy);
  if (endedBy !== undefined) {
    const message = isRoadsteadError(error, 'STOPPED') ? error.message : 'Stopped.';
    return { exitCode: signalCode(endedBy), code: 'STOPPED', message };
  }
  if (isRoadsteadError(error)) {
    return {
      exitCode: inputCodes.has(error.code) ? exitCodes.wrongInput : exitCodes.failed,
      code: error.code,
      message: error.message,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      ...causeOf(error),
    };
  }
  return {
    exitCode: exitCodes.failed,
    code: 'BUG',
    message: `This is a bug of Roadstead: ${messageOf(error)}`,
    ...(error instanceof Error && error.stack !== undefined ? { stack: error.stack } : {}),
  };
}

function ofProblems(problems: readonly Problem[]): CommandFailure {
  const count = problems.filter(({ severity }) => severity === 'error').length;
  return {
    exitCode: exitCodes.wrongInput,
    code: 'WRONG_INPUT',
    message: `${count} ${count === 1 ? 'mistake' : 'mistakes'}; nothing was changed`,
    problems,
  };
}

function ofRun({ outcome, atOnce }: RunNotDone, endedBy: EndedBy): CommandFailure {
  if (outcome.state === 'failed') {
    return {
      exitCode: exitCodes.failed,
      code: 'RUN_FAILED',
      message: `${outcome.failures.length} ${outcome.failures.length === 1 ? 'step' : 'steps'} of the run failed`,
      hint: 'What was done stays. Mend the cause and run the same command again: it goes on from here.',
      steps: outcome.failures.map(({ step, failure }) => ({ step, ...failure })),
    };
  }
  const steps = `${outcome.remaining.length} ${outcome.remaining.length === 1 ? 'step remains' : 'steps remain'}`;
  const begun = atOnce ? 'what AWS has begun goes on there' : 'what was begun is finished';
  return {
    exitCode: atOnce ? signalCode(endedBy) : exitCodes.failed,
    code: 'STOPPED',
    message: `Stopped. ${steps}; ${begun}. Run the same command again to go on.`,
  };
}

function signalCode(endedBy: EndedBy): number {
  return endedBy === 'SIGTERM' ? exitCodes.terminated : exitCodes.interrupted;
}

function causeOf(error: Error): Pick<CommandFailure, 'because'> {
  if (!(error.cause instanceof Error) || error.message.includes(error.cause.message)) return {};
  return { because: error.cause.message };
}

/** What went wrong, its code, and what to do next. A bug shows its stack: it is ours to read. */
export function failureLines(failure: CommandFailure, colours: Colours): string[] {
  const { code, message, hint, because, problems, steps, stack } = failure;
  if (problems !== undefined) return [...problems.map(formatProblem), message];
  if (code === 'STOPPED') return [message];
  if (stack !== undefined) return [colours.red(message), stack];
  if (steps !== undefined) return [...steps.flatMap((step) => told(step, `${step.step}: `, colours)), hint ?? ''];
  const [line = '', ...hints] = told({ code, message, ...(hint === undefined ? {} : { hint }) }, '', colours);
  return [line, ...(because === undefined ? [] : [`  because: ${because}`]), ...hints];
}

function told(
  { code, message, hint }: { readonly code: string; readonly message: string; readonly hint?: string },
  what: string,
  colours: Colours,
): string[] {
  const hints = hint === undefined ? [] : hint.split('\n').map((line) => `  ${line}`);
  return [`${colours.red('✗')} ${what}${message} ${colours.dim(`[${code}]`)}`, ...hints];
}
