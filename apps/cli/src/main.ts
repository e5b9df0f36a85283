import { messageOf, systemClock } from '@roadstead/foundation';
import { readConfig } from './config.ts';
import { type Console, createConsole, jsonText } from './output/console.ts';
import { type CommandFailure, commandFailureOf, exitCodes, failureLines } from './output/failure.ts';
import { outputFormatOf } from './output/output-format.ts';
import { runProgram } from './program.ts';
import { listenForStop } from './stop-signals.ts';

const argv = process.argv.slice(2);
const format = outputFormatOf(argv);
const streams = { out: process.stdout, err: process.stderr, talks: format === 'text' };

/** Reads what is around, runs one command, and answers the exit code when all that it said is handed over. */
async function main(): Promise<number> {
  const signals = listenForStop();
  let program = 'roadstead';
  let console: Console | undefined;
  let code: number;
  try {
    const config = readConfig();
    program = config.program;
    console = createConsole({ ...streams, ...config });
    code = await runProgram({ config, console, clock: systemClock, ...signals }, argv);
  } catch (error) {
    const { refusedByAws } = await import('@roadstead/provisioning');
    const failure = commandFailureOf(refusedByAws(argv[0] ?? program, error), signals.endedBy());
    console ??= createConsole({ ...streams, program, colours: { out: false, err: false }, live: false });
    code = fail(console, program, failure);
  } finally {
    signals.dispose();
  }
  const lost = await console.flush();
  return lost === undefined || code !== exitCodes.done ? code : fail(console, program, unwritten(lost));
}

/** Tells a failure in the form that the command line asked for, and answers its exit code. */
function fail(console: Console, program: string, failure: CommandFailure): number {
  if (format === 'json') console.fail(jsonText({ type: 'error', ...failure }, program));
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

// A pool that closes slowly must not hold the terminal: everything durable is written by now.
process.exit(await main());
