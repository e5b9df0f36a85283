import { type AuditEntry, type Failure, keptRuns, type Run, type RunEvent, type Step } from '@roadstead/store';
import { isHolding, runOf } from './read-status.ts';
import type { ReadingWorld } from './world.ts';

/** What looks back: the journal alone. AWS is not asked. */
export type Archive = Pick<ReadingWorld, 'store' | 'clock' | 'isGone'>;

/** One run of the past, or the one at work. Times are milliseconds since the epoch. */
export interface PastRun {
  readonly id: string;
  readonly kind: 'up' | 'down';
  /** As the journal has it, or `interrupted` when its process was killed. */
  readonly state: string;
  readonly startedAt: number;
  /** Of an interrupted one: when the next run found it so. */
  readonly endedAt?: number;
  /** Absent while it works, and where nobody saw it end. */
  readonly seconds?: number;
  /** Lines of its plan. */
  readonly changes: number;
  readonly version?: string;
  /** Who ran it: as AWS names them, and as their machine does. */
  readonly actor?: string;
  readonly user?: string;
  readonly host?: string;
  /** Its first. */
  readonly failure?: Failure;
}

/** A run with all that is kept of it. */
export interface PastRunDetail extends PastRun {
  readonly steps: readonly PastStep[];
  /** What it said while it worked, oldest first, as with `up --output json`. */
  readonly events: readonly unknown[];
}

export interface PastStep {
  readonly id: string;
  /** What a person calls it; absent where its beginning was not journalled. */
  readonly what?: string;
  /** `interrupted` when its run ended without it. */
  readonly state: string;
  readonly startedAt: number;
  readonly seconds?: number;
  readonly failure?: Failure;
}

/** The runs of a cluster, also of one that is gone, newest first; no more than the store keeps. */
export async function readHistory(
  archive: Archive,
  clusterId: string,
  limit: number = keptRuns,
): Promise<readonly PastRun[]> {
  const { store } = archive;
  const [runs, lease, audit] = await Promise.all([
    store.journal.runs(clusterId, limit),
    store.leases.read(clusterId),
    store.audit.latest(clusterId, limit * entriesOfRun),
  ]);
  const isHeld = lease !== undefined && isHolding(lease, archive);
  return runs.map((run) => pastRunOf(run, isHeld, audit));
}

/** How many entries of the audit a run has at most: begun, ended, its lease taken over from one or two that died. */
const entriesOfRun = 4;

/** Everything about one run that `readHistory` answered. */
export async function readRun({ store }: Archive, run: PastRun): Promise<PastRunDetail> {
  const [steps, events] = await Promise.all([store.journal.steps(run.id), allEvents(store, run.id)]);
  return {
    ...run,
    steps: steps.map((step) => pastStepOf(step, run, events)),
    events: events.map(({ at, event }) => ({ at, ...(event as object) })),
  };
}

async function allEvents(store: Archive['store'], runId: string): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for (;;) {
    const more = await store.journal.events(runId, events.at(-1)?.seq);
    if (more.length === 0) return events;
    events.push(...more);
  }
}

export function pastRunOf(run: Run, isHeld: boolean, audit: readonly AuditEntry[]): PastRun {
  const { steps: _, ...told } = runOf(run, [], isHeld);
  const endedAt = told.state === 'interrupted' ? undefined : told.endedAt;
  return {
    ...told,
    kind: run.kind,
    ...(endedAt === undefined ? {} : { seconds: (endedAt - told.startedAt) / 1000 }),
    changes: changesOf(run.plan),
    ...(run.version === undefined ? {} : { version: run.version }),
    ...whoRan(run.id, audit),
  };
}

function changesOf(plan: unknown): number {
  const { changes } = plan as { readonly changes?: unknown };
  return Array.isArray(changes) ? changes.length : 0;
}

/** The audit alone says who; it is as old as the run, so it is there. */
function whoRan(runId: string, audit: readonly AuditEntry[]): Pick<PastRun, 'actor' | 'user' | 'host'> {
  for (const { actor, detail } of audit) {
    const { run, user, host } = detail as { readonly run?: string; readonly user?: string; readonly host?: string };
    if (run === runId)
      return { actor, ...(user === undefined ? {} : { user }), ...(host === undefined ? {} : { host }) };
  }
  return {};
}

function pastStepOf(step: Step, run: PastRun, events: readonly RunEvent[]): PastStep {
  const begun = events
    .map(({ event }) => event as { readonly type?: string; readonly id?: string; readonly what?: string })
    .find(({ type, id }) => type === 'step-started' && id === step.changeId);
  const { changeId, state, startedAt, endedAt, failure } = step;
  return {
    id: changeId,
    ...(begun?.what === undefined ? {} : { what: begun.what }),
    state: state === 'running' && run.state !== 'running' ? 'interrupted' : state,
    startedAt,
    ...(endedAt === undefined ? {} : { seconds: (endedAt - startedAt) / 1000 }),
    ...(failure === undefined ? {} : { failure }),
  };
}
