import type { RunOptions, RunOutcome } from '@roadstead/lifecycle';
import { RunNotDone } from '../output/failure.ts';
import { jsonProgress, liveProgress, type ProgressView, plainProgress } from '../output/progress.ts';
import type { CommandContext, OutputFormat } from './context.ts';

/** Runs something that tells events, and shows them. A wish to stop is told as well. */
export async function followRun(
  context: Omit<CommandContext, 'input'>,
  options: { readonly output: OutputFormat },
  run: (options: RunOptions) => Promise<RunOutcome>,
): Promise<RunOutcome> {
  const { stop, abort, inSteps } = context;
  const view = viewFor(context, options.output);
  const onStop = (): void =>
    view.show({ type: 'stopping', reason: 'Stopping at the next safe step … (Ctrl-C again stops at once)' });
  const onAbort = (): void => view.show({ type: 'stopping', reason: 'Stopping at once …' });
  stop.addEventListener('abort', onStop, { once: true });
  abort.addEventListener('abort', onAbort, { once: true });
  try {
    return await inSteps(() => run({ stop, abort, onEvent: (event) => view.show(event) }));
  } finally {
    stop.removeEventListener('abort', onStop);
    abort.removeEventListener('abort', onAbort);
    view.close();
  }
}

/** Throws `RunNotDone` for a run that did not come to its end. */
export function demandDone(outcome: RunOutcome, { abort }: Pick<CommandContext, 'abort'>): void {
  if (outcome.state !== 'done') throw new RunNotDone(outcome, abort.aborted);
}

function viewFor({ console, clock }: Pick<CommandContext, 'console' | 'clock'>, output: OutputFormat): ProgressView {
  if (output === 'json') return jsonProgress(console, clock);
  return console.live ? liveProgress(console, clock) : plainProgress(console);
}
