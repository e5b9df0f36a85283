import type { EventEmitter } from 'node:events';
import type { Readable } from 'node:stream';
import { isRoadsteadError, messageOf, systemClock } from '@roadstead/foundation';
import type { CliConfig } from './config.ts';
import { type Console, createConsole, jsonText, type Stream } from './output/console.ts';
import { type CommandFailure, commandFailureOf, exitCodes, failureLines, isToldAlready } from './output/failure.ts';
import { outputFormatOf } from './output/output-format.ts';
import { runProgram } from './program.ts';
import { listenForStop } from './stop-signals.ts';

/** Where a command line runs. */
export interface Surroundings {
  readonly input: Readable;
  readonly out: Stream;
  readonly err: Stream;
  /** What sends SIGINT and SIGTERM: the process. */
  readonly signals: EventEmitter;
  /** May throw for what cannot be meant. */
  readConfig(): CliConfig;
}

/** Runs one command line, tells what went wrong, and answers the exit code when all that it said is handed over. Never rejects. */
export async function runCli(
  argv: readonly string[],
  { input, out, err, signals, readConfig }: Surroundings,
): Promise<number> {
  const isJson = outputFormatOf(argv) === 'json';
  const stopping = listenForStop(signals);
  let program = 'roadstead';
  let console = createConsole({ out, err, program, colours: { out: false, err: false }, live: false, talks: !isJson });
  const fail = (failure: CommandFailure): number => tell(failure, { console, program, isJson });
  let code: number;
  try {
    const config = readConfig();
    program = config.program;
    console = createConsole({ ...config, out, err, talks: !isJson });
    code = await runProgram({ config, console, input, clock: systemClock, ...stopping }, argv);
  } catch (error) {
    code = fail(commandFailureOf(await namedByAws(argv[0] ?? program, error), stopping.endedBy()));
  } finally {
    stopping.dispose();
  }
  const lost = await console.flush();
  if (lost === undefined) return code;
  return Math.max(fail(unwritten(lost)), code === exitCodes.planHasChanges ? 0 : code);
}

/** AWS's own exceptions become ours. Its SDK is loaded only for what nobody has named yet. */
async function namedByAws(command: string, error: unknown): Promise<unknown> {
  if (isRoadsteadError(error) || isToldAlready(error)) return error;
  const { refusedByAws } = await import('@roadstead/provisioning');
  return refusedByAws(command, error);
}

interface Told {
  readonly console: Console;
  readonly program: string;
  readonly isJson: boolean;
}

/** Tells a failure in the form that the command line asked for, and answers its exit code. */
function tell(failure: CommandFailure, { console, program, isJson }: Told): number {
  if (isJson) console.fail(jsonText({ type: 'error', ...failure }, program));
  else for (const line of failureLines(failure, console.colours.err)) console.fail(line);
  return failure.exitCode;
}

/** The command did its work, and nobody can read what it answered. */
function unwritten(error: Error): CommandFailure {
  return {
    exitCode: exitCodes.failed,
    code: 'OUTPUT_LOST',
    message: `the answer could not be written: ${messageOf(error)}`,
    hint: 'What was to be done is done. Free the disk, or write elsewhere, and ask again.',
  };
}
