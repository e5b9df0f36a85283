import type { Release } from '@roadstead/channel';
import type { Inputs } from '@roadstead/definition';
import { RoadsteadError } from '@roadstead/foundation';
import {
  type ApplyContext,
  applyComponent,
  describeRef,
  type KubernetesClient,
  type KubernetesObject,
  planRelease,
  pruneRelease,
  type ReleasePlan,
  waitReady,
} from '@roadstead/kubernetes';
import type { Outputs } from '@roadstead/provisioning';
import { carryInputs } from './carried-inputs.ts';
import { linesOfObjects, movedSince } from './object-changes.ts';
import type { Plan, PlannedStep } from './plan.ts';
import { componentsOf } from './plan-objects.ts';
import type { StepContext } from './run-plan.ts';
import type { ReadingWorld } from './world.ts';

export interface ComponentExecutorOptions {
  readonly world: ReadingWorld;
  readonly release: Release;
  readonly plan: Plan;
  /** What the cluster carries from now on. */
  readonly inputs: Inputs;
  readonly connect: () => Promise<KubernetesClient>;
  readonly outputs: () => Promise<Outputs>;
  /** How long a component may take to become ready. */
  readonly readyTimeoutMs: number;
}

/** The Kubernetes side of a run: components applied and waited for, then what the release no longer has. */
export interface ComponentExecutor {
  applyStep(step: PlannedStep, context: StepContext): Promise<void>;
  pruneStep(context: StepContext): Promise<void>;
  /** Every object of the release is ready, also those that this run had nothing to change in. */
  verifyStep(context: StepContext): Promise<void>;
  close(): Promise<void>;
}

interface Opened {
  readonly client: KubernetesClient;
  readonly plan: ReleasePlan;
  readonly made: Map<string, KubernetesObject>;
}

/**
 * Plans once more against the server that is there now, refuses what the shown plan did not have, and makes every
 * component's namespaces and kinds first, so that components may come in any order.
 */
export function componentExecutor(options: ComponentExecutorOptions): ComponentExecutor {
  let opened: Promise<Opened> | undefined;
  const open = (context: StepContext): Promise<Opened> => {
    opened ??= openRelease(options, context);
    return opened;
  };
  return {
    applyStep: async (step, context) => {
      const name = step.id.slice('component/'.length);
      const opened = await open(context);
      const { objects } = await applyComponent(applyContext(options, opened, context), name, 'rest');
      await waitForObjects(options, opened.client, objects, context);
    },
    pruneStep: async (context) => {
      await pruneRelease(applyContext(options, await open(context), context));
    },
    verifyStep: async (context) => {
      const { client, plan } = await open(context);
      const objects = plan.placed.map(({ object }) => object);
      await waitForObjects(options, client, objects, context);
    },
    close: async () => {
      const open = await opened?.catch(() => undefined);
      await open?.client.close();
    },
  };
}

function waitForObjects(
  { readyTimeoutMs, world }: ComponentExecutorOptions,
  client: KubernetesClient,
  objects: readonly KubernetesObject[],
  context: StepContext,
): Promise<void> {
  return waitReady(client, objects, {
    timeoutMs: readyTimeoutMs,
    pollMs: Math.max(100, 2000 * world.pollScale),
    settleMs: Math.max(1_000, 10_000 * world.pollScale),
    clock: world.clock,
    signal: context.signal,
    onProgress: ({ ready, total, waitingFor }) => {
      const first = waitingFor[0];
      if (first === undefined) return;
      const status = `${ready} of ${total} ready`;
      context.onProgress({ resource: describeRef(first.ref), status, reason: first.reason });
    },
  });
}

async function openRelease(options: ComponentExecutorOptions, context: StepContext): Promise<Opened> {
  const client = await options.connect();
  try {
    return await layFoundations(options, client, context);
  } catch (error) {
    await client.close();
    throw error;
  }
}

async function layFoundations(
  options: ComponentExecutorOptions,
  client: KubernetesClient,
  context: StepContext,
): Promise<Opened> {
  await carryInputs(client, options.inputs, context.signal);
  const components = componentsOf(options.release, await options.outputs());
  // The shown plan has tried what is new; trying it again would only cost a request for each object.
  const plan = await planRelease(client, components, { signal: context.signal, tryNew: false });
  const now = linesOfObjects(plan.changes);
  const moved = movedSince(options.plan.changes, now.changes);
  if (moved.length > 0 || now.refusals.length > 0)
    throw planMoved([...moved.map(({ what, why }) => `${what}: ${why}`), ...now.refusals]);
  const opened = { client, plan, made: new Map<string, KubernetesObject>() };
  for (const name of plan.components) await applyComponent(applyContext(options, opened, context), name, 'foundations');
  return opened;
}

function applyContext({ world }: ComponentExecutorOptions, opened: Opened, context: StepContext): ApplyContext {
  return {
    ...opened,
    signal: context.signal,
    clock: world.clock,
    onProgress: ({ ref, change, done, total }) =>
      context.onProgress({ resource: describeRef(ref), status: `${change} ${done}/${total}` }),
  };
}

function planMoved(lines: readonly string[]): RoadsteadError {
  return new RoadsteadError(`The cluster has moved since the plan was made:\n  ${lines.join('\n  ')}`, {
    code: 'PLAN_MOVED',
    value: lines,
    hint: 'Nothing of this was applied. Look at the new plan: roadstead plan',
  });
}
