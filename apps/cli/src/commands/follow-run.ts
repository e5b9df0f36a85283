import type { RunOptions, RunOutcome } from '@roadstead/lifecycle';
import { jsonProgress, liveProgress, type ProgressView, plainProgress } from '../output/progress.ts';
import type { CommandContext, OutputFormat } from './context.ts';

/** Runs something that tells events, shows them, and says how it ended. Answers the exit code. */
export async function followRun(
  context: CommandContext,
  options: { readonly output: OutputFormat },
  run: (options: RunOptions) => Promise<RunOutcome>,
): Promise<number> {
  const { console, stop, abort, inSteps } = context;
  const view = viewFor(context, options.output);
  const outcome = await inSteps(() => run({ stop, abort, onEvent: (event) => view.show(event) })).finally(() =>
    view.close(),
  );
  if (outcome.state === 'done') return 0;
  if (outcome.state === 'stopped') {
    const begun = abort.aborted ? 'what AWS has begun goes on there' : 'what was begun is finished';
    console.err(`Stopped. ${outcome.remaining.length} steps remain; ${begun}. Run the same command again to go on.`);
    return 1;
  }
  for (const { step, failure } of outcome.failures) {
    console.err(`${console.colours.red('✗')} ${step}: ${failure.message} ${console.colours.dim(`[${failure.code}]`)}`);
    if (failure.hint !== undefined) console.err(`  ${failure.hint}`);
  }
  console.err('What was done stays. Mend the cause and run the same command again: it goes on from here.');
  return 1;
}

function viewFor({ console, clock }: CommandContext, output: OutputFormat): ProgressView {
  if (output === 'json') return jsonProgress(console, clock);
  return console.live ? liveProgress(console, clock) : plainProgress(console);
}
