import type { LifecycleEvent } from '../events.ts';
import { type DownPolicy, type PreparedDown, planDown } from '../plan-down.ts';
import { type PreparedUp, planUp } from '../plan-up.ts';
import { type DownOutcome, runDown } from '../run-down.ts';
import type { RunOutcome } from '../run-plan.ts';
import { runUp } from '../run-up.ts';
import type { Target } from '../target.ts';
import type { World } from '../world.ts';

const never = new AbortController().signal;

/** What a person may do while a run works. */
export interface Meddling {
  readonly stop?: AbortSignal;
  readonly abort?: AbortSignal;
  /** Sees each event as it is told: `step-started stack/network`. */
  readonly onEvent?: (told: string) => void;
}

/** A plan that there must be; its problems are the error. */
export async function mustPlan(world: World, target: Target, refreshInputs = false): Promise<PreparedUp> {
  const prepared = await planUp(world, target, { refreshInputs, signal: never });
  if ('value' in prepared) return prepared.value;
  throw new Error(prepared.problems.map(({ code, message }) => `${code}: ${message}`).join('\n'));
}

/** The lines of a plan, as `update eks/node-group/x: scalingConfig.maxSize`. */
export function linesOf({ plan }: Pick<PreparedUp, 'plan'>): string[] {
  return plan.changes.map(({ action, id, fields }) => {
    const paths = action === 'update' ? `: ${fields.map(({ path }) => path).join(', ')}` : '';
    return `${action} ${id}${paths}`;
  });
}

export async function follow(
  world: World,
  prepared: PreparedUp,
  meddling: Meddling = {},
): Promise<{ readonly outcome: RunOutcome; readonly told: string[] }> {
  const told: string[] = [];
  const outcome = await runUp(world, prepared, optionsOf(told, meddling));
  return { outcome, told };
}

/** Plans and runs. */
export async function up(world: World, target: Target, meddling: Meddling = {}) {
  return follow(world, await mustPlan(world, target), meddling);
}

const keepAll: DownPolicy = { volumes: 'keep', logs: 'keep' };

export async function down(
  world: World,
  target: Target,
  meddling: Meddling = {},
  policy = keepAll,
): Promise<DownOutcome & { readonly told: string[]; readonly prepared: PreparedDown }> {
  const told: string[] = [];
  const prepared = await planDown(world, target, policy, never);
  return { ...(await runDown(world, prepared, optionsOf(told, meddling))), told, prepared };
}

function optionsOf(told: string[], { stop = never, abort = never, onEvent }: Meddling) {
  return {
    stop,
    abort,
    onEvent: (event: LifecycleEvent) => {
      if (event.type === 'step-progress') return;
      const text = wordsOf(event);
      told.push(text);
      onEvent?.(text);
    },
  };
}

function wordsOf(event: Exclude<LifecycleEvent, { type: 'step-progress' }>): string {
  if ('id' in event) return `${event.type} ${event.id}`;
  if ('phase' in event) return `${event.type} ${event.phase}`;
  return 'state' in event ? `${event.type} ${event.state}` : event.type;
}
