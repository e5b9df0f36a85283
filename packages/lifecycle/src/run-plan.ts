import { type Clock, isRoadsteadError, mapBounded, messageOf, RoadsteadError } from '@roadstead/foundation';
import type { Failure, Journal } from '@roadstead/store';
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

export interface RunPlanRequest {
  readonly runId: string;
  readonly cluster: string;
  readonly kind: 'up' | 'down';
  readonly stages: readonly Stage[];
  readonly executor: StepExecutor;
  readonly journal: Journal;
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
export async function runPlan(request: RunPlanRequest): Promise<RunOutcome> {
  const { clock, stages } = request;
  const began = clock.monotonic();
  const changes = stages.reduce(
    (sum, stage) => sum + stage.steps.reduce((inner, step) => inner + step.changes.length, 0),
    0,
  );
  const say = eventWriter(request);
  await say({ type: 'run-started', runId: request.runId, cluster: request.cluster, kind: request.kind, changes });
  const outcome = await endJournal(request, await walkStages(request, say));
  const seconds = secondsSince(clock, began);
  await say({ type: 'run-ended', runId: request.runId, state: outcome.state, seconds });
  return outcome;
}

/** What could not be journalled is not done: nobody would find it so. */
async function endJournal({ journal, runId, clock }: RunPlanRequest, outcome: RunOutcome): Promise<RunOutcome> {
  const failure = outcome.state === 'failed' ? outcome.failures[0]?.failure : undefined;
  try {
    await journal.end(runId, outcome.state, clock.now(), failure);
    return outcome;
  } catch (error) {
    return outcome.state === 'failed'
      ? outcome
      : { state: 'failed', failures: [{ step: 'journal', failure: unjournalled(error) }] };
  }
}

async function walkStages(request: RunPlanRequest, say: Say): Promise<RunOutcome> {
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
async function runStage(
  request: RunPlanRequest,
  stage: Stage,
  remaining: Set<string>,
  say: Say,
): Promise<StepFailure[]> {
  const failures: StepFailure[] = [];
  await mapBounded(stage.steps, request.concurrency, async (step) => {
    if (failures.length > 0 || isEnding(request)) return;
    const failure = await runStep(request, step, say).catch(unjournalled);
    if (failure === undefined) remaining.delete(step.id);
    else if (failure !== cutShort) failures.push({ step: step.id, failure });
  });
  return failures;
}

/** How the journal keeps a step that a second Ctrl-C ended: the next run goes on from it. */
const cutShort: Failure = { code: 'STOPPED', message: 'stopped at once, before its end' };

/**
 * A journal that cannot be written ends the run as a failure of its step, so that its siblings come to rest before the
 * lease is let go. What AWS was asked for stands; the next run finds it.
 */
function unjournalled(error: unknown): Failure {
  return {
    code: 'STORE_UNUSABLE',
    message: `the journal of the run cannot be written: ${messageOf(error)}`,
    hint: 'Free the disk, or mend the database, then run the same command again: it goes on from what is there.',
  };
}

async function runStep(request: RunPlanRequest, step: PlannedStep, say: Say): Promise<Failure | undefined> {
  const { clock, journal, runId, signal } = request;
  const began = clock.monotonic();
  await journal.beginStep(runId, step.id, clock.now());
  const usual = step.usualSeconds === undefined ? {} : { usualSeconds: step.usualSeconds };
  await say({ type: 'step-started', id: step.id, what: step.what, phase: step.phase, ...usual });
  try {
    signal.throwIfAborted();
    await request.executor.execute(step, {
      runId,
      signal,
      onProgress: (progress) => void say({ type: 'step-progress', id: step.id, ...progress }),
    });
  } catch (error) {
    const failure = signal.aborted ? (brokenBy(signal) ?? cutShort) : failureOf(error);
    await journal.endStep(runId, step.id, 'failed', clock.now(), failure);
    await say({ type: 'step-failed', id: step.id, seconds: secondsSince(clock, began), failure });
    return failure;
  }
  await journal.endStep(runId, step.id, 'done', clock.now());
  await say({ type: 'step-done', id: step.id, seconds: secondsSince(clock, began) });
  return undefined;
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
function eventWriter({ runId, journal, clock, onEvent }: RunPlanRequest): Say {
  return async (event) => {
    onEvent(event);
    await journal.record(runId, clock.now(), event).catch(() => undefined);
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
