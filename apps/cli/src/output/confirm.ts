import { createInterface } from 'node:readline/promises';
import { RoadsteadError } from '@roadstead/foundation';
import { type Plan, planClass } from '@roadstead/lifecycle';
import type { CommandContext } from '../commands/context.ts';

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

/**
 * Whether the plan may run. `--yes` answers for everything but a one-way door, which wants the cluster's name typed; with
 * `--yes` and nobody there, the name is taken as given by the command line.
 */
export async function confirmPlan({ config, abort }: CommandContext, plan: Plan, yes: boolean): Promise<boolean> {
  if (yes) return true;
  if (!config.interactive) throw cannotAsk('--yes');
  const name = plan.header.cluster;
  if (planClass(plan.changes) === 'one-way')
    return ask(`This cannot be taken back. Type the cluster's name (${name}) to go on: `, name, abort);
  return ask('Go on? Only "yes" does: ', 'yes', abort);
}
