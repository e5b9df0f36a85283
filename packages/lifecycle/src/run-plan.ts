import { type Clock, isRoadsteadError, mapBounded, messageOf, RoadsteadError } from '@roadstead/foundation';
import { refusedByAws } from '@roadstead/provisioning';
import type { Failure, RunEnd, RunJournal } from '@roadstead/store';
import type { LifecycleEvent, StepProgress } from './events.ts';
import type { PlannedStep, Stage } from './plan.ts';

/** Does one step. Safe to repeat: what is done already is found done, what is under way is waited for. */
export interface StepExecutor {
  execute(step: PlannedStep, context: StepContext): Promise<void>;
}

export interface StepContext {
  readonly runId: string;
  /** Aborted when the work must end at once: the lease is lost, or a second Ctrl-C. */
  readonly signal: AbortSignal;
  onProgress(progress: StepProgress): void;
}

/** What a run writes, as its store gives it. */
export type RunWrites = Pick<RunJournal, keyof RunJournal>;

export interface RunPlanRequest {
  readonly cluster: string;
  readonly kind: 'up' | 'down';
  readonly stages: readonly Stage[];
  readonly executor: StepExecutor;
  /** Of this run, which has begun. It ends it, too. */
  readonly journal: RunWrites;
  readonly clock: Clock;
  /** Steps of one stage that work at the same time. */
  readonly concurrency: number;
  /** Aborted by the first Ctrl-C: steps under way finish, no further one begins. */
  readonly stop: AbortSignal;
  /** Ends the work at once. A `RoadsteadError` as its reason (a lost lease) is a failure; any other is somebody's wish. */
  readonly signal: AbortSignal;
  onEvent(event: LifecycleEvent): void;
}

export type RunOutcome =
  | { readonly state: 'done' }
  /** What did not come to its end, steps cut short included. */
  | { readonly state: 'stopped'; readonly remaining: readonly string[] }
  | { readonly state: 'failed'; readonly failures: readonly { readonly step: string; readonly failure: Failure }[] };

/**
 * Walks the stages. Steps of a stage run together, bounded; the first failure lets the others of its stage finish and
 * begins no further one. Every step is journalled before it begins and after it ends.
 */
export async function runPlan(asked: RunPlanRequest): Promise<RunOutcome> {
  const { clock, stages, journal, cluster, kind } = asked;
  const began = clock.monotonic();
  const changes = stages.flatMap(({ steps }) => steps).reduce((sum, step) => sum + step.changes.length, 0);
  const lost = new AbortController();
  const request = { ...asked, lost, signal: AbortSignal.any([asked.signal, lost.signal]) };
  const say = eventWriter(request);
  await say({ type: 'run-started', runId: journal.id, cluster, kind, changes });
  const outcome = await endJournal(journal, await walkStages(request, say));
  await say({ type: 'run-ended', runId: journal.id, state: outcome.state, seconds: secondsSince(clock, began) });
  return outcome;
}

/** A run, and what ends it at once when its journal says that the lease is lost. */
interface Walk extends RunPlanRequest {
  readonly lost: AbortController;
}

/** What could not be journalled is not done: nobody would find it so. */
async function endJournal(journal: RunWrites, outcome: RunOutcome): Promise<RunOutcome> {
  const end: RunEnd =
    outcome.state === 'failed'
      ? { state: 'failed', problems: outcome.failures.map(({ failure }) => failure) }
      : { state: outcome.state };
  try {
    await journal.end(end);
    return outcome;
  } catch (error) {
    return outcome.state === 'failed' ? outcome : { state: 'failed', failures: [unjournalled(error)] };
  }
}

async function walkStages(request: Walk, say: Say): Promise<RunOutcome> {
  const { stages } = request;
  const remaining = new Set(stages.flatMap(({ steps }) => steps.map(({ id }) => id)));
  for (const [index, stage] of stages.entries()) {
    if (isEnding(request)) break;
    if (stages[index - 1]?.phase !== stage.phase) await say(phaseStarted(stages, stage));
    const failures = await runStage(request, stage, remaining, say);
    if (failures.length > 0) return { state: 'failed', failures };
  }
  const [next] = remaining;
  if (next === undefined) return { state: 'done' };
  const broken = brokenBy(request.signal);
  if (broken !== undefined) return { state: 'failed', failures: [{ step: next, failure: broken }] };
  return { state: 'stopped', remaining: [...remaining] };
}

function isEnding({ stop, signal }: RunPlanRequest): boolean {
  return stop.aborted || signal.aborted;
}

/** The promise whose breaking aborted the signal; nothing when a person did. */
function brokenBy(signal: AbortSignal): Failure | undefined {
  return signal.aborted && isRoadsteadError(signal.reason) ? failureOf(signal.reason) : undefined;
}

type Say = (event: LifecycleEvent) => Promise<void>;
type StepFailure = { readonly step: string; readonly failure: Failure };

/** Takes the steps that are done out of `remaining`. A step that was cut short by a person is no failure: it stays in. */
async function runStage(request: Walk, stage: Stage, remaining: Set<string>, say: Say): Promise<StepFailure[]> {
  const failures: StepFailure[] = [];
  await mapBounded(stage.steps, request.concurrency, async (step) => {
    if (failures.length > 0 || isEnding(request)) return;
    const ended = await runStep(request, step, say);
    if (ended.length === 0) remaining.delete(step.id);
    failures.push(...ended.filter(({ failure }) => failure !== cutShort));
  });
  return withoutRepeats(failures, brokenBy(request.signal)?.code);
}

/** How the journal keeps a step that a second Ctrl-C ended: the next run goes on from it. */
const cutShort: Failure = { code: 'STOPPED', message: 'stopped at once, before its end' };

/** What a failure of the journal is told under: it is no step's own. */
const journalStep = 'journal';

/**
 * A journal that cannot be written ends the run, after the siblings of its step came to rest. What AWS was asked for stands;
 * the next run finds it.
 */
function unjournalled(error: unknown): StepFailure {
  const failure = isRoadsteadError(error)
    ? failureOf(error)
    : {
        code: 'STORE_UNUSABLE',
        message: `the journal of the run cannot be written: ${messageOf(error)}`,
        hint: 'Mend the store, then run the same command again: it goes on from what is there.',
      };
  return { step: journalStep, failure };
}

/** Steps that run together all meet the same broken journal or the same lost lease: it is told once. */
function withoutRepeats(failures: readonly StepFailure[], brokenCode: string | undefined): StepFailure[] {
  const isOfRun = ({ step, failure }: StepFailure): boolean => step === journalStep || failure.code === brokenCode;
  return failures.filter(
    (each, index) =>
      !isOfRun(each) ||
      !failures.slice(0, index).some((other) => isOfRun(other) && other.failure.code === each.failure.code),
  );
}

/** Empty when the step is done and journalled; else why it is not, and why that could not be journalled. */
async function runStep(request: Walk, step: PlannedStep, say: Say): Promise<StepFailure[]> {
  const { clock, journal, lost } = request;
  const began = clock.monotonic();
  const keep = async (write: () => Promise<void>): Promise<StepFailure[]> => {
    try {
      await write();
      return [];
    } catch (error) {
      if (isRoadsteadError(error, 'LEASE_LOST')) lost.abort(error);
      return [unjournalled(error)];
    }
  };
  const unbegun = await keep(() => journal.beginStep(step.id));
  if (unbegun.length > 0) return unbegun;
  const usual = step.usualSeconds === undefined ? {} : { usualSeconds: step.usualSeconds };
  await say({ type: 'step-started', id: step.id, what: step.what, phase: step.phase, ...usual });
  const failure = await executeStep(request, step, say);
  const unended = await keep(() => journal.endStep(step.id, failure === undefined ? 'done' : 'failed', failure));
  const seconds = secondsSince(clock, began);
  if (failure !== undefined) await say({ type: 'step-failed', id: step.id, seconds, failure });
  else if (unended.length === 0) await say({ type: 'step-done', id: step.id, seconds });
  return failure === undefined ? unended : [{ step: step.id, failure }, ...unended];
}

async function executeStep(
  { executor, journal, signal }: Walk,
  step: PlannedStep,
  say: Say,
): Promise<Failure | undefined> {
  try {
    signal.throwIfAborted();
    await executor.execute(step, {
      runId: journal.id,
      signal,
      onProgress: (progress) => void say({ type: 'step-progress', id: step.id, ...progress }),
    });
    return undefined;
  } catch (error) {
    return signal.aborted ? (brokenBy(signal) ?? cutShort) : failureOf(refusedByAws(step.what, error));
  }
}

function phaseStarted(stages: readonly Stage[], stage: Stage): LifecycleEvent {
  const steps = stages.filter(({ phase }) => phase === stage.phase).flatMap((same) => same.steps);
  const briefs = steps.map(({ id, what, usualSeconds }) => ({
    id,
    what,
    ...(usualSeconds === undefined ? {} : { usualSeconds }),
  }));
  return { type: 'phase-started', phase: stage.phase, steps: briefs };
}

/** Events go to whoever watches first; a journal that cannot take one does not stop the work it tells of. */
function eventWriter({ journal, onEvent }: RunPlanRequest): Say {
  return (event) => {
    onEvent(event);
    return journal.record(event).catch(() => undefined);
  };
}

export function failureOf(error: unknown): Failure {
  if (!isRoadsteadError(error)) return { code: 'UNEXPECTED', message: messageOf(error) };
  return { code: error.code, message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) };
}

export function errorOf(failure: Failure): RoadsteadError {
  return new RoadsteadError(failure.message, {
    code: failure.code,
    ...(failure.hint === undefined ? {} : { hint: failure.hint }),
  });
}

function secondsSince(clock: Clock, began: number): number {
  return Math.round((clock.monotonic() - began) / 100) / 10;
}
