import { createInterface } from 'node:readline';
import { RoadsteadError } from '@roadstead/foundation';
import { type Plan, planClass } from '@roadstead/lifecycle';
import { isStandardInput } from '../cluster-source.ts';
import type { CommandContext } from '../commands/context.ts';

/** Where a person is asked. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
}

/**
 * Asks a person; any answer but the expected one means no. So do Ctrl-D and the signal, and with it Ctrl-C. The terminal keeps
 * its own way of reading a line: one that was changed would stay so when the process is killed.
 */
export async function ask(
  question: string,
  expected: string,
  signal: AbortSignal,
  { input, output }: Terminal = { input: process.stdin, output: process.stderr },
): Promise<boolean> {
  if (signal.aborted) return false;
  const terminal = createInterface({ input, output, terminal: false });
  const close = (): void => terminal.close();
  signal.addEventListener('abort', close, { once: true });
  try {
    const answer = await new Promise<string | undefined>((resolve) => {
      terminal.once('close', () => resolve(undefined));
      terminal.question(question, resolve);
    });
    if (answer === undefined) output.write('\n');
    return answer?.trim() === expected;
  } finally {
    signal.removeEventListener('abort', close);
    terminal.close();
  }
}

/** What the command line answers ahead of any question. */
export interface Answers {
  readonly yes: boolean;
  /** The cluster's name, given for a plan that cannot be taken back. */
  readonly oneWay?: string;
  /** The cluster file; read from standard input it leaves nobody to ask there. */
  readonly file: string;
}

interface Place {
  readonly config: { readonly interactive: boolean };
}

/**
 * Ends a command that would have to ask where nobody can be asked, and one whose `--one-way` names another cluster: with
 * NOT_CONFIRMED, before anything is looked at. Which plans are one-way is only known later.
 */
export function demandAnswers(config: Place['config'], cluster: string, { yes, oneWay, file }: Answers): void {
  if (oneWay !== undefined && oneWay !== cluster) throw otherCluster(oneWay, cluster);
  const deaf = whyNobody(config, file);
  if (!yes && deaf !== undefined) throw cannotAsk(deaf, '--yes');
}

/** Why nobody can be asked; undefined where somebody can. */
function whyNobody({ interactive }: Place['config'], file: string): string | undefined {
  if (isStandardInput(file)) return 'standard input was the cluster file';
  return interactive ? undefined : 'standard input or standard error is no terminal, or CI is set';
}

/**
 * Comes back when the plan may run. `--yes` answers for everything but a one-way door, which wants the cluster's name: typed,
 * or given by `--one-way`. Rejects with DECLINED where a person says no, with STOPPED where a signal ended the question, and with
 * NOT_CONFIRMED where nobody can be asked.
 */
export async function confirmPlan(
  { config, abort }: Pick<CommandContext, 'abort'> & Place,
  plan: Plan,
  { yes, oneWay, file }: Answers,
  terminal?: Terminal,
): Promise<void> {
  const name = plan.header.cluster;
  const isOneWay = planClass(plan.changes) === 'one-way' && oneWay === undefined;
  if (yes && !isOneWay) return;
  const deaf = whyNobody(config, file);
  if (deaf !== undefined)
    throw cannotAsk(deaf, isOneWay ? `--yes --one-way ${name}, for this cannot be taken back` : '--yes');
  const agreed = isOneWay
    ? await ask(`This cannot be taken back. Type the cluster's name (${name}) to go on: `, name, abort, terminal)
    : await ask('Go on? Only "yes" does: ', 'yes', abort, terminal);
  if (agreed) return;
  if (abort.aborted) throw new RoadsteadError('Stopped; nothing was changed.', { code: 'STOPPED' });
  throw declined(isOneWay ? name : 'yes');
}

/** Nobody is there to ask: the change must be confirmed by the command line. */
function cannotAsk(why: string, flags: string): RoadsteadError {
  return new RoadsteadError(`Nobody can be asked here: ${why}`, {
    code: 'NOT_CONFIRMED',
    hint: `Nothing was changed. Look at the plan with \`roadstead plan\`, then run this again with ${flags}.`,
  });
}

function otherCluster(given: string, name: string): RoadsteadError {
  return new RoadsteadError(`--one-way names ${given}, and this is the cluster ${name}`, {
    code: 'NOT_CONFIRMED',
    value: given,
    hint: `Nothing was changed. Look at the plan with \`roadstead plan\`, then run this again with --one-way ${name}.`,
  });
}

function declined(expected: string): RoadsteadError {
  return new RoadsteadError('Nothing was changed', {
    code: 'DECLINED',
    hint: `Run the same command again and answer "${expected}" to go on.`,
  });
}
