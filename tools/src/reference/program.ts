import { Readable } from 'node:stream';
import { systemClock } from '@roadstead/foundation';
import type { Command } from 'commander';
import { createConsole } from '../../../apps/cli/src/output/console.ts';
import { buildProgram } from '../../../apps/cli/src/program.ts';

/** The program of the CLI, to be looked at and not run; of no machine in particular. */
export function programForReading(): Command {
  const never = new AbortController().signal;
  const config = {
    program: 'roadstead',
    stateDirectory: '~/.local/state/roadstead',
    pollFactor: 1,
    interactive: false,
    colours: { out: false, err: false },
    live: false,
    host: 'host',
    user: 'user',
    root: '.',
  };
  const console = createConsole({ out: process.stdout, err: process.stderr, talks: false, ...config });
  const input = Readable.from([]);
  return buildProgram(
    { config, console, input, clock: systemClock, stop: never, abort: never, inSteps: (work) => work() },
    () => undefined,
  );
}
