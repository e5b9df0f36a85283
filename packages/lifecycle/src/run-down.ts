import { randomUUID } from 'node:crypto';
import { executeAwsChange, orderDownChanges, type Receipt, receiptOf } from '@roadstead/provisioning';
import { awsContext } from './aws-context.ts';
import { connectWriter } from './connect.ts';
import { holdLease } from './hold-lease.ts';
import { batchStages, type PlannedStep, type Stage } from './plan.ts';
import { type PreparedDown, releaseStepId } from './plan-down.ts';
import { clusterIdOf } from './plan-up.ts';
import { releaseService } from './release-service.ts';
import { type RunOutcome, runPlan, type StepContext, type StepExecutor } from './run-plan.ts';
import { leaseTtlMs, type RunOptions } from './run-up.ts';
import type { World } from './world.ts';

export interface DownOutcome {
  readonly outcome: RunOutcome;
  readonly receipt: Receipt;
}

/** Takes the cluster down in order, under its lease. What was done is in the receipt, also when it did not come to its end. */
export async function runDown(world: World, prepared: PreparedDown, options: RunOptions): Promise<DownOutcome> {
  const { store, clock } = world;
  const id = clusterIdOf(prepared.target.cluster);
  const held = await holdLease({ ...world, key: id, ttlMs: leaseTtlMs });
  const signal = AbortSignal.any([options.abort, held.lost]);
  try {
    const runId = randomUUID();
    await store.journal.begin({ id: runId, clusterId: id, kind: 'down', plan: prepared.plan, startedAt: clock.now() });
    const outcome = await walkDown(world, prepared, { ...options, runId, signal });
    const steps = await store.journal.steps(runId);
    const done = new Set(steps.filter(({ state }) => state === 'done').map(({ changeId }) => changeId));
    if (outcome.state === 'done') await store.records.forget(id);
    if (outcome.state === 'failed')
      await store.records
        .reportProblems(
          id,
          outcome.failures.map(({ failure }) => failure),
          clock.now(),
        )
        // The outcome tells them as well: a store that is full must not hide why.
        .catch(() => undefined);
    return { outcome, receipt: receiptOf({ changes: prepared.plan.changes, stays: prepared.aws.stays }, done) };
  } finally {
    await held.release();
  }
}

async function walkDown(
  world: World,
  prepared: PreparedDown,
  options: RunOptions & { runId: string; signal: AbortSignal },
): Promise<RunOutcome> {
  const { plan, aws } = prepared;
  const ofKubernetes = plan.changes.filter((change) => change.id.startsWith(releaseStepId));
  const stages: Stage[] = batchStages([ofKubernetes, ...orderDownChanges(aws.changes)]);
  const executor: StepExecutor = {
    execute: (step, context) =>
      step.id.startsWith(releaseStepId)
        ? releaseStep(world, prepared, step, context)
        : executeStep(world, prepared, step, context),
  };
  return runPlan({
    runId: options.runId,
    cluster: plan.header.cluster,
    kind: 'down',
    stages,
    executor,
    journal: world.store.journal,
    clock: world.clock,
    concurrency: 8,
    stop: options.stop,
    signal: options.signal,
    onEvent: options.onEvent,
  });
}

async function executeStep(
  world: World,
  { target, caller }: PreparedDown,
  step: PlannedStep,
  context: StepContext,
): Promise<void> {
  const run = awsContext(world, { cluster: target.cluster.name, caller }, context);
  for (const change of step.changes) await executeAwsChange(run, change);
}

async function releaseStep(
  world: World,
  { found }: PreparedDown,
  step: PlannedStep,
  { signal, onProgress }: StepContext,
): Promise<void> {
  const [namespace = '', name = ''] = step.id.slice(releaseStepId.length + 1).split('/');
  const client = connectWriter(world, found.observed);
  if (client === undefined) return;
  try {
    await releaseService({
      client,
      namespace,
      name,
      clock: world.clock,
      pollScale: world.pollScale,
      signal,
      onProgress,
    });
  } finally {
    await client.close();
  }
}
