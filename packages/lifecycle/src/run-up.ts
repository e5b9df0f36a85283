import { randomUUID } from 'node:crypto';
import { digestOf, RoadsteadError } from '@roadstead/foundation';
import { executeAwsChange, liveOutputs, observe, orderAwsChanges } from '@roadstead/provisioning';
import type { RunJournal } from '@roadstead/store';
import { awsContext } from './aws-context.ts';
import { carryInputs } from './carried-inputs.ts';
import type { LifecycleEvent } from './events.ts';
import { componentExecutor } from './execute-components.ts';
import { type HeldWorld, underLease } from './held-world.ts';
import { componentOf, type PlannedStep, pruneStepId, upStages } from './plan.ts';
import { clusterIdOf, type PreparedUp } from './plan-up.ts';
import { type RunOutcome, runPlan, type StepContext, type StepExecutor } from './run-plan.ts';
import { verifyNodes } from './verify.ts';
import type { World } from './world.ts';

export interface RunOptions {
  /** The first Ctrl-C. */
  readonly stop: AbortSignal;
  /** The second Ctrl-C. */
  readonly abort: AbortSignal;
  onEvent(event: LifecycleEvent): void;
}

/** Executes a plan under the cluster's lease and verifies it. The version becomes current only when everything is ready. */
export async function runUp(world: World, prepared: PreparedUp, options: RunOptions): Promise<RunOutcome> {
  const { release, inputs, carried, target, caller, plan } = prepared;
  return underLease(world, clusterIdOf(target.cluster), options.abort, async (heldWorld, signal) => {
    const journal = await heldWorld.store.beginRun(heldWorld.held.lease, heldWorld.clock, {
      kind: 'up',
      id: randomUUID(),
      actor: caller.arn,
      plan,
      version: release.version,
      digest: release.digest,
      declared: {
        definition: target.text,
        inputs,
        ...(carried === undefined ? {} : { inputsBase: digestOf(carried) }),
      },
    });
    await carryBeforehand(heldWorld, prepared, signal);
    return walk(heldWorld, prepared, { ...options, signal, journal });
  });
}

/**
 * Whoever plans on another machine while this run works, or after it was cut off, should go on with its inputs. A server that is
 * not there yet or does not answer gets them when its components are applied; there a failure counts.
 */
async function carryBeforehand(world: HeldWorld, prepared: PreparedUp, signal: AbortSignal): Promise<void> {
  const { inputs, carried, observed } = prepared;
  if (carried !== undefined && digestOf(carried) === digestOf(inputs)) return;
  const client = world.connectWriter(observed);
  try {
    if (client !== undefined) await carryInputs(client, inputs, signal).catch(() => undefined);
  } finally {
    await client?.close();
  }
}

interface Walk extends RunOptions {
  readonly journal: RunJournal;
  readonly signal: AbortSignal;
}

async function walk(world: HeldWorld, prepared: PreparedUp, options: Walk): Promise<RunOutcome> {
  const { release, plan } = prepared;
  const components = componentExecutor({
    world,
    release,
    plan,
    inputs: prepared.inputs,
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
      cluster: plan.header.cluster,
      kind: 'up',
      stages,
      executor,
      journal: options.journal,
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

function silent({ journal, signal }: Walk): StepContext {
  return { runId: journal.id, signal, onProgress: () => undefined };
}

async function connectNow(world: HeldWorld, { release }: PreparedUp, signal: AbortSignal) {
  const observed = await observe(world.reader, release, { drift: false, clock: world.clock, signal });
  const client = world.connectWriter(observed);
  if (client !== undefined) return client;
  throw new RoadsteadError(`The cluster ${release.cluster.name} has no API server to speak to`, {
    code: 'CLUSTER_MISSING',
    hint: 'roadstead plan shows what is there.',
  });
}
