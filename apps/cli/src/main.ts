import { systemClock } from '@roadstead/foundation';
import { CommanderError } from 'commander';
import { readConfig } from './config.ts';
import { createConsole } from './output/console.ts';
import { errorLines, exitCodeOf, exitCodes } from './output/error-text.ts';
import { buildProgram } from './program.ts';
import { listenForStop } from './stop-signals.ts';

/** Parses, runs one command, tells what went wrong, and answers the exit code. */
async function main(argv: readonly string[]): Promise<number> {
  const config = readConfig();
  const console = createConsole({ colours: config.colours, live: process.stderr.isTTY === true });
  const signals = listenForStop({
    onStop: () => console.err('\nStopping at the next safe step … (Ctrl-C again stops at once)'),
    onAbort: () => console.err('\nStopping at once …'),
  });
  let code: number = exitCodes.done;
  const context = { config, console, clock: systemClock, ...signals };
  try {
    await buildProgram(context, (exit) => {
      code = exit;
    }).parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.wrongInput;
    if (signals.abort.aborted) {
      console.err('Stopped.');
      return exitCodes.failed;
    }
    const { refusedByAws } = await import('@roadstead/provisioning');
    const told = refusedByAws(argv[0] ?? 'roadstead', error);
    for (const line of errorLines(told, console.colours)) console.err(line);
    return exitCodeOf(told);
  } finally {
    signals.dispose();
  }
}

// A pool that closes slowly must not hold the terminal: everything durable is written by now.
process.exit(await main(process.argv.slice(2)));
