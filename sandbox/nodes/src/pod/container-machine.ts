import type { Container, ContainerStatus, Termination } from '../kube/objects.ts';
import type { Behaviour } from './behaviour.ts';
import type { PullOutcome } from './images.ts';

export interface KubeletEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  /** `spec.containers{name}` where it is about one. */
  readonly fieldPath?: string;
}

/** Where a container stands. All times are wall milliseconds. */
export type ContainerPhase =
  | { readonly kind: 'created' }
  | { readonly kind: 'config-error'; readonly message: string }
  | { readonly kind: 'pulling'; readonly until: number }
  | {
      readonly kind: 'pull-failed';
      readonly reason: 'ErrImagePull' | 'InvalidImageName';
      readonly message: string;
      readonly until: number;
    }
  | { readonly kind: 'pull-backoff'; readonly message: string; readonly until: number }
  | { readonly kind: 'running'; readonly startedAt: number }
  | { readonly kind: 'exited'; readonly termination: Termination; readonly at: number }
  | { readonly kind: 'crash-backoff'; readonly seconds: number; readonly until: number };

export interface ContainerMemory {
  readonly phase: ContainerPhase;
  readonly restarts: number;
  readonly failedPulls: number;
  readonly last: Termination | undefined;
}

export const freshContainer: ContainerMemory = {
  phase: { kind: 'created' },
  restarts: 0,
  failedPulls: 0,
  last: undefined,
};

export interface ContainerWorld {
  readonly container: Container;
  readonly fieldPath: string;
  /** `name_namespace(uid)`, as the kubelet names a pod in messages. */
  readonly podLabel: string;
  readonly behaviour: Behaviour;
  readonly pull: PullOutcome;
  readonly imagePresent: boolean;
  /** Why its environment cannot be made: `configmap "x" not found`. */
  readonly configProblem: string | undefined;
  /** Whether a container that ended with this code is started again. */
  restarts(exitCode: number): boolean;
  /** AWS's seconds to the sandbox's milliseconds. */
  paced(seconds: number): number;
  containerId(restarts: number): string;
}

export interface ContainerStep {
  readonly memory: ContainerMemory;
  readonly events: readonly KubeletEvent[];
  /** When to look again; `undefined` = when the world changes. */
  readonly wakeAt: number | undefined;
}

const maxBackoffSeconds = 300;
/** A container that ran this long starts its back-off anew. */
const forgivenAfterSeconds = 600;

/** 10 s, doubled each time, 300 s at most: the kubelet's rule for pulls and crashes. `failures` starts at 1. */
export function backoffSeconds(failures: number): number {
  return Math.min(maxBackoffSeconds, 10 * 2 ** Math.max(0, failures - 1));
}

/** Moves one container on by at most one state. Pure: same inputs, same answer. */
export function stepContainer(memory: ContainerMemory, world: ContainerWorld, now: number): ContainerStep {
  const phase = memory.phase;
  switch (phase.kind) {
    case 'created':
    case 'config-error':
      return begin(memory, world, now);
    case 'pulling':
      return phase.until > now ? rest(memory, phase.until) : finishPull(memory, world, now);
    case 'pull-failed':
      return phase.until > now ? rest(memory, phase.until) : backOffPull(memory, world, phase, now);
    case 'pull-backoff':
      return phase.until > now ? rest(memory, phase.until) : startPull(memory, world, now);
    case 'running':
      return run(memory, world, phase.startedAt, now);
    case 'exited':
      return afterExit(memory, world, phase, now);
    case 'crash-backoff':
      return phase.until > now
        ? rest(memory, phase.until)
        : begin({ ...memory, restarts: memory.restarts + 1 }, world, now);
  }
}

function rest(memory: ContainerMemory, wakeAt: number | undefined): ContainerStep {
  return { memory, events: [], wakeAt };
}

function begin(memory: ContainerMemory, world: ContainerWorld, now: number): ContainerStep {
  if (world.configProblem !== undefined) {
    const phase: ContainerPhase = { kind: 'config-error', message: world.configProblem };
    const isNew = memory.phase.kind !== 'config-error' || memory.phase.message !== world.configProblem;
    const events = isNew ? [warning(world, 'Failed', `Error: ${world.configProblem}`)] : [];
    return { memory: { ...memory, phase }, events, wakeAt: now + world.paced(10) };
  }
  if (world.container.imagePullPolicy !== 'Always' && world.imagePresent) {
    return start(memory, world, now, [
      normal(world, 'Pulled', `Container image "${world.container.image}" already present on machine`),
    ]);
  }
  return startPull(memory, world, now);
}

function startPull(memory: ContainerMemory, world: ContainerWorld, now: number): ContainerStep {
  const { pull, container } = world;
  if (pull.kind === 'bad-name') {
    const phase: ContainerPhase = {
      kind: 'pull-failed',
      reason: 'InvalidImageName',
      message: pull.message,
      until: Number.MAX_SAFE_INTEGER,
    };
    return {
      memory: { ...memory, phase },
      events: [warning(world, 'InspectFailed', pull.message), warning(world, 'Failed', 'Error: InvalidImageName')],
      wakeAt: undefined,
    };
  }
  const until = now + world.paced(pull.kind === 'pulled' ? pull.seconds : 1);
  return {
    memory: { ...memory, phase: { kind: 'pulling', until } },
    events: [normal(world, 'Pulling', `Pulling image "${container.image}"`)],
    wakeAt: until,
  };
}

function finishPull(memory: ContainerMemory, world: ContainerWorld, now: number): ContainerStep {
  const { pull, container } = world;
  if (pull.kind === 'pulled') {
    const time = `${Math.round(pull.seconds * 1000)}ms`;
    const message = `Successfully pulled image "${container.image}" in ${time} (${time} including waiting). Image size: ${pull.bytes} bytes.`;
    return start({ ...memory, failedPulls: 0 }, world, now, [normal(world, 'Pulled', message)]);
  }
  const until = now + world.paced(5);
  return {
    memory: {
      ...memory,
      failedPulls: memory.failedPulls + 1,
      phase: { kind: 'pull-failed', reason: 'ErrImagePull', message: pull.message, until },
    },
    events: [
      warning(world, 'Failed', `Failed to pull image "${container.image}": ${pull.message}`),
      warning(world, 'Failed', 'Error: ErrImagePull'),
    ],
    wakeAt: until,
  };
}

function backOffPull(
  memory: ContainerMemory,
  world: ContainerWorld,
  phase: { readonly message: string },
  now: number,
): ContainerStep {
  const until = now + world.paced(backoffSeconds(memory.failedPulls));
  const image = world.container.image;
  const message = `Back-off pulling image "${image}": ErrImagePull: ${phase.message}`;
  return {
    memory: { ...memory, phase: { kind: 'pull-backoff', message, until } },
    events: [
      normal(world, 'BackOff', `Back-off pulling image "${image}"`),
      warning(world, 'Failed', 'Error: ImagePullBackOff'),
    ],
    wakeAt: until,
  };
}

function start(
  memory: ContainerMemory,
  world: ContainerWorld,
  now: number,
  before: readonly KubeletEvent[],
): ContainerStep {
  const name = world.container.name;
  const events = [
    ...before,
    normal(world, 'Created', `Created container: ${name}`),
    normal(world, 'Started', `Started container ${name}`),
  ];
  return { memory: { ...memory, phase: { kind: 'running', startedAt: now } }, events, wakeAt: now + 1 };
}

function run(memory: ContainerMemory, world: ContainerWorld, startedAt: number, now: number): ContainerStep {
  const behaviour = world.behaviour;
  if (behaviour.kind === 'runs') return rest(memory, undefined);
  const endsAt = startedAt + world.paced(behaviour.afterSeconds);
  if (endsAt > now) return rest(memory, endsAt);
  const termination: Termination = {
    exitCode: behaviour.code,
    reason: behaviour.code === 0 ? 'Completed' : 'Error',
    startedAt: isoSeconds(startedAt),
    finishedAt: isoSeconds(now),
    containerID: world.containerId(memory.restarts),
  };
  return { memory: { ...memory, phase: { kind: 'exited', termination, at: now } }, events: [], wakeAt: now + 1 };
}

function afterExit(
  memory: ContainerMemory,
  world: ContainerWorld,
  phase: { readonly termination: Termination; readonly at: number },
  now: number,
): ContainerStep {
  if (!world.restarts(phase.termination.exitCode)) return rest(memory, undefined);
  const last = phase.termination;
  const ranMs = phase.at - Date.parse(last.startedAt);
  const forgiven = ranMs > world.paced(forgivenAfterSeconds) + 1_000;
  if (memory.restarts === 0 || forgiven) {
    const again = phase.at + world.paced(1);
    return again > now ? rest(memory, again) : begin({ ...memory, last, restarts: memory.restarts + 1 }, world, now);
  }
  const seconds = backoffSeconds(memory.restarts);
  const until = now + world.paced(seconds);
  const message = `Back-off restarting failed container ${world.container.name} in pod ${world.podLabel}`;
  return {
    memory: { ...memory, last, phase: { kind: 'crash-backoff', seconds, until } },
    events: [warning(world, 'BackOff', message)],
    wakeAt: until,
  };
}

function normal(world: ContainerWorld, reason: string, message: string): KubeletEvent {
  return { type: 'Normal', reason, message, fieldPath: world.fieldPath };
}

function warning(world: ContainerWorld, reason: string, message: string): KubeletEvent {
  return { type: 'Warning', reason, message, fieldPath: world.fieldPath };
}

/** Kubernetes' time format: no fractions. */
export function isoSeconds(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** Takes up a container where a status left it: for pods that ran before this process did. */
export function rememberContainer(status: ContainerStatus | undefined, now: number): ContainerMemory {
  if (status === undefined) return freshContainer;
  const { state } = status;
  const last = status.lastState.terminated;
  const common = { restarts: status.restartCount, failedPulls: 0, last };
  if ('running' in state)
    return { ...common, phase: { kind: 'running', startedAt: Date.parse(state.running.startedAt) } };
  if ('terminated' in state) {
    return {
      ...common,
      phase: { kind: 'exited', termination: state.terminated, at: Date.parse(state.terminated.finishedAt) },
    };
  }
  if (last === undefined) return { ...common, phase: { kind: 'created' } };
  return { ...common, phase: { kind: 'crash-backoff', seconds: 10, until: now } };
}
