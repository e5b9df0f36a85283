import type { PastRun, PastRunDetail, PastStep } from '@roadstead/lifecycle';
import type { Colours } from './console.ts';
import { duration, stopwatch } from './duration.ts';
import { columns } from './tables.ts';

/** One line for each run, newest first. */
export function historyText(cluster: string, runs: readonly PastRun[], colours: Colours): string[] {
  if (runs.length === 0) return [`No run of ${cluster} is recorded here.`];
  const head = ['run', 'began', 'command', 'outcome', 'took', 'changes', 'by'];
  const rows = runs.map((run) => [
    run.id.slice(0, 8),
    timeOf(run.startedAt),
    run.kind,
    outcomeOf(run),
    tookOf(run),
    String(run.changes),
    whoOf(run),
  ]);
  const [first = '', ...rest] = columns([head, ...rows]);
  return [colours.bold(cluster), colours.dim(first), ...rest, `  roadstead history --run RUN shows the steps of one`];
}

/** One run with its steps in the order in which they began, and why any failed. */
export function pastRunText(cluster: string, run: PastRunDetail, colours: Colours): string[] {
  const facts = [
    ['run', run.id],
    ['began', timeOf(run.startedAt)],
    ['outcome', run.state],
    ['took', tookOf(run)],
    ['changes', String(run.changes)],
    ['by', [run.actor, whereOf(run)].filter((part) => part !== undefined).join(', from ') || '-'],
    ['version', run.version ?? '-'],
  ];
  const times = columns(
    run.steps.map((step) => [step.state, sinceBegin(run, step), tookOf(step), step.what ?? step.id]),
  );
  return [
    `${colours.bold(cluster)} ${run.kind}`,
    ...columns(facts),
    ...(times.length === 0 ? [] : [colours.bold('steps')]),
    ...run.steps.flatMap((step, index) => [times[index] ?? '', ...failureLines(step, colours)]),
    ...(run.steps.some(({ failure }) => failure !== undefined) ? [] : failureLines(run, colours)),
  ];
}

function failureLines({ failure }: Pick<PastStep, 'failure'>, colours: Colours): string[] {
  if (failure === undefined) return [];
  const hints = failure.hint?.split('\n').map((line) => `      ${line}`) ?? [];
  return [`    ${colours.red('✗')} ${failure.message} ${colours.dim(`[${failure.code}]`)}`, ...hints];
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** When a step began, by the clock of its run. */
function sinceBegin(run: PastRun, { startedAt }: PastStep): string {
  return `+${stopwatch((startedAt - run.startedAt) / 1000)}`;
}

function tookOf({ seconds }: { readonly seconds?: number }): string {
  return seconds === undefined ? '-' : duration(seconds);
}

function outcomeOf({ state, failure }: PastRun): string {
  return failure === undefined ? state : `${state} ${failure.code}`;
}

/** As `role/admin` of a whole ARN. */
function whoOf({ actor }: PastRun): string {
  return actor?.split(':').at(-1) ?? '-';
}

function whereOf({ user, host }: PastRun): string | undefined {
  return user === undefined || host === undefined ? undefined : `${user}@${host}`;
}
