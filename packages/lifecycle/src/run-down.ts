import { randomUUID } from 'node:crypto';
import { executeAwsChange, orderDownChanges, type Receipt, receiptOf } from '@roadstead/provisioning';
import type { RunJournal } from '@roadstead/store';
import { awsContext } from './aws-context.ts';
import { type HeldWorld, underLease } from './held-world.ts';
import { batchStages, type PlannedStep, type Stage } from './plan.ts';
import { type PreparedDown, releaseStepId } from './plan-down.ts';
import { clusterIdOf } from './plan-up.ts';
import { releaseService } from './release-service.ts';
import { type RunOutcome, runPlan, type StepContext, type StepExecutor } from './run-plan.ts';
import type { RunOptions } from './run-up.ts';
import type { World } from './world.ts';

export interface DownOutcome {
  readonly outcome: RunOutcome;
  readonly receipt: Receipt;
}

/** Takes the cluster down in order, under its lease. What was done is in the receipt, also when it did not come to its end. */
export async function runDown(world: World, prepared: PreparedDown, options: RunOptions): Promise<DownOutcome> {
  const { target, caller, plan, aws } = prepared;
  return underLease(world, clusterIdOf(target.cluster), options.abort, async (heldWorld, signal) => {
    const run = { kind: 'down', id: randomUUID(), actor: caller.arn, plan } as const;
    const journal = await heldWorld.store.beginRun(heldWorld.held.lease, heldWorld.clock, run);
    const done = new Set<string>();
    const outcome = await walkDown(heldWorld, prepared, { ...options, signal, journal, done });
    return { outcome, receipt: receiptOf({ changes: plan.changes, stays: aws.stays }, done) };
  });
}

async function walkDown(
  world: HeldWorld,
  prepared: PreparedDown,
  options: RunOptions & { journal: RunJournal; signal: AbortSignal; done: Set<string> },
): Promise<RunOutcome> {
  const { plan, aws } = prepared;
  const ofKubernetes = plan.changes.filter((change) => change.id.startsWith(releaseStepId));
  const stages: Stage[] = batchStages([ofKubernetes, ...orderDownChanges(aws.changes)]);
  const executor: StepExecutor = {
    execute: async (step, context) => {
      if (step.id.startsWith(releaseStepId)) await releaseStep(world, prepared, step, context);
      else await executeStep(world, prepared, step, context);
      options.done.add(step.id);
    },
  };
  return runPlan({
    cluster: plan.header.cluster,
    kind: 'down',
    stages,
    executor,
    journal: options.journal,
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
  world: HeldWorld,
  { found }: PreparedDown,
  step: PlannedStep,
  { signal, onProgress }: StepContext,
): Promise<void> {
  const [namespace = '', name = ''] = step.id.slice(releaseStepId.length + 1).split('/');
  const client = world.connectWriter(found.observed);
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
