import { createInterface } from 'node:readline/promises';
import { RoadsteadError } from '@roadstead/foundation';

/** Asks a person; any answer but the expected one means no. */
export async function ask(question: string, expected: string, signal: AbortSignal): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await terminal.question(question, { signal })).trim() === expected;
  } finally {
    terminal.close();
  }
}

/** Nobody is there to ask: the change must be confirmed by the command line. */
export function cannotAsk(flag: string): RoadsteadError {
  return new RoadsteadError('Nobody can be asked here: standard input or output is no terminal', {
    code: 'NOT_CONFIRMED',
    hint: `Look at the plan with \`roadstead plan\`, then run this again with ${flag}.`,
  });
}
