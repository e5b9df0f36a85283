import { randomUUID } from 'node:crypto';
import { RoadsteadError } from '@roadstead/foundation';
import { executeAwsChange, liveOutputs, observe, orderAwsChanges } from '@roadstead/provisioning';
import { awsContext } from './aws-context.ts';
import { connectWriter } from './connect.ts';
import type { LifecycleEvent } from './events.ts';
import { componentExecutor } from './execute-components.ts';
import { holdLease } from './hold-lease.ts';
import { componentOf, type PlannedStep, pruneStepId, upStages } from './plan.ts';
import { clusterIdOf, type PreparedUp } from './plan-up.ts';
import { type RunOutcome, runPlan, type StepContext, type StepExecutor } from './run-plan.ts';
import { verifyNodes } from './verify.ts';
import type { World } from './world.ts';

/** How long a lease lasts without renewal. A process that died on another host frees the cluster after this. */
export const leaseTtlMs = 60_000;

export interface RunOptions {
  /** The first Ctrl-C. */
  readonly stop: AbortSignal;
  /** The second Ctrl-C. */
  readonly abort: AbortSignal;
  onEvent(event: LifecycleEvent): void;
}

/** Executes a plan under the cluster's lease and verifies it. The version becomes current only when everything is ready. */
export async function runUp(world: World, prepared: PreparedUp, options: RunOptions): Promise<RunOutcome> {
  const { store, clock } = world;
  const id = clusterIdOf(prepared.target.cluster);
  const held = await holdLease({ ...world, key: id, ttlMs: leaseTtlMs });
  const signal = AbortSignal.any([options.abort, held.lost]);
  try {
    const { release, inputs, target } = prepared;
    await store.records.declare(id, { definition: target.text, inputs, nextVersion: release.version }, clock.now());
    const runId = randomUUID();
    await store.journal.begin({
      id: runId,
      clusterId: id,
      kind: 'up',
      version: release.version,
      digest: release.digest,
      plan: prepared.plan,
      startedAt: clock.now(),
    });
    const outcome = await walk(world, prepared, { ...options, signal, runId });
    if (outcome.state === 'done') await store.records.verified(id, release.version, release.digest, clock.now());
    if (outcome.state === 'failed')
      await store.records
        .reportProblems(
          id,
          outcome.failures.map(({ failure }) => failure),
          clock.now(),
        )
        // The outcome tells them as well: a store that is full must not hide why.
        .catch(() => undefined);
    return outcome;
  } finally {
    await held.release();
  }
}

interface Walk extends RunOptions {
  readonly runId: string;
  readonly signal: AbortSignal;
}

async function walk(world: World, prepared: PreparedUp, options: Walk): Promise<RunOutcome> {
  const { release, plan } = prepared;
  const components = componentExecutor({
    world,
    release,
    plan,
    readyTimeoutMs: Math.max(60_000, 15 * 60_000 * world.pollScale),
    connect: () => connectNow(world, prepared, options.signal),
    outputs: () => liveOutputs(awsContext(world, identityOf(prepared), silent(options)), release, release.components),
  });
  const executor: StepExecutor = {
    execute: async (step, context) => {
      if (step.id === pruneStepId) return components.pruneStep(context);
      if (step.id.startsWith('component/')) return components.applyStep(step, context);
      if (step.id === verifyStepId) {
        await verifyNodes(world, prepared, context);
        return components.verifyStep(context);
      }
      return executeAwsStep(world, prepared, step, context);
    },
  };
  const needs = new Map(release.components.map((component) => [component.name, component.needs]));
  const objects = plan.changes.filter((change) => componentOf(change) !== undefined);
  const batches = orderAwsChanges(plan.changes.filter((change) => componentOf(change) === undefined));
  const stages = [...upStages(batches, objects, needs), verifyStage];
  try {
    return await runPlan({
      runId: options.runId,
      cluster: plan.header.cluster,
      kind: 'up',
      stages,
      executor,
      journal: world.store.journal,
      clock: world.clock,
      concurrency: 8,
      stop: options.stop,
      signal: options.signal,
      onEvent: options.onEvent,
    });
  } finally {
    await components.close();
  }
}

export const verifyStepId = 'verify';
const verifyStage = {
  phase: 'manifests' as const,
  steps: [{ id: verifyStepId, phase: 'manifests' as const, what: 'nodes, add-ons and objects ready', changes: [] }],
};

async function executeAwsStep(
  world: World,
  prepared: PreparedUp,
  step: PlannedStep,
  context: StepContext,
): Promise<void> {
  for (const change of step.changes)
    await executeAwsChange(awsContext(world, identityOf(prepared), context), change, prepared.release);
}

function identityOf({ target, caller }: PreparedUp) {
  return { cluster: target.cluster.name, caller };
}

function silent({ runId, signal }: Walk): StepContext {
  return { runId, signal, onProgress: () => undefined };
}

async function connectNow(world: World, { release }: PreparedUp, signal: AbortSignal) {
  const observed = await observe(world.reader, release, { drift: false, clock: world.clock, signal });
  const client = connectWriter(world, observed);
  if (client !== undefined) return client;
  throw new RoadsteadError(`The cluster ${release.cluster.name} has no API server to speak to`, {
    code: 'CLUSTER_MISSING',
    hint: 'roadstead plan shows what is there.',
  });
}
