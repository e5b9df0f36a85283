import { readStatus, type Status } from '@roadstead/lifecycle';
import { loadDeclared, type SourceOptions } from '../load.ts';
import type { Colours } from '../output/console.ts';
import { duration } from '../output/duration.ts';
import { nodeRows } from '../output/summary.ts';
import { columns, section } from '../output/tables.ts';
import { openReadingWorld } from '../wire.ts';
import type { CommandContext, OutputFormat } from './context.ts';

/** `roadstead status`: what is recorded, who works, and what is there. Reads while another terminal's `up` runs. */
export async function statusCommand(
  context: CommandContext,
  options: SourceOptions & { readonly output: OutputFormat },
): Promise<number> {
  const { console, abort } = context;
  const target = await loadDeclared(context, options);
  const opened = await openReadingWorld(context, target.cluster);
  try {
    const status = await readStatus(opened.world, target, abort);
    if (options.output === 'json') console.json(status, 2);
    else for (const line of statusText(status, console.colours.out, context.clock.now())) console.tell(line);
    return 0;
  } finally {
    await opened.close();
  }
}

export function statusText(status: Status, colours: Colours, nowMs: number): string[] {
  const rows = [
    ['control plane', status.controlPlane],
    ['current', status.currentVersion ?? '(none verified from here)'],
    ['next', status.nextVersion ?? '-'],
    ['known good', status.lastVersion ?? '-'],
  ];
  return [
    colours.bold(status.cluster),
    ...columns(rows),
    ...(status.working === undefined
      ? []
      : [
          `${colours.yellow('at work')}: ${status.working.user}, \`${status.working.purpose}\` since ${new Date(status.working.since).toISOString()} (process ${status.working.pid} on ${status.working.host})`,
        ]),
    ...runLines(status, nowMs),
    ...status.warnings.map((warning) => `${colours.yellow('!')} ${warning}`),
    ...status.problems.map(
      (problem) =>
        `${colours.red('✗')} ${problem.message} [${problem.code}]${problem.hint === undefined ? '' : `\n  ${problem.hint}`}`,
    ),
    ...section(colours.bold('nodes'), nodeRows(status.nodes)),
    ...section(
      colours.bold('add-ons'),
      status.addons.map(({ name, version, status: state }) => [name, version, state]),
    ),
    ...section(
      colours.bold('stacks'),
      status.stacks.map(({ name, status: state }) => [name, state]),
    ),
    ...section(
      colours.bold('history'),
      status.history.slice(0, shownHistory).map(({ at, action, actor }) => [new Date(at).toISOString(), action, actor]),
    ),
  ];
}

/** Entries that are shown, newest first; the JSON output has more. */
const shownHistory = 5;

function runLines({ run }: Status, nowMs: number): string[] {
  if (run === undefined) return [];
  const seconds = ((run.endedAt ?? nowMs) - run.startedAt) / 1000;
  const steps = run.steps.map(({ id, state, seconds: took, failure }) => {
    const time = took === undefined ? '' : ` ${duration(took)}`;
    return `    ${state.padEnd(8)}${id}${time}${failure === undefined ? '' : `: ${failure.message}`}`;
  });
  return [`  last run: ${run.kind} ${run.state}, ${duration(seconds)}`, ...(run.state === 'done' ? [] : steps)];
}
