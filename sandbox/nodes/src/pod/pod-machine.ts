import type { Container, Pod } from '../kube/objects.ts';
import {
  type ContainerMemory,
  type ContainerWorld,
  freshContainer,
  type KubeletEvent,
  rememberContainer,
  stepContainer,
} from './container-machine.ts';

/** What is known of a pod between two looks at it. Times are wall milliseconds. */
export interface PodMemory {
  readonly since: number;
  /** When its sandbox (network namespace) is there. */
  readonly sandboxAt: number | undefined;
  readonly ip: string | undefined;
  readonly init: Readonly<Record<string, ContainerMemory>>;
  readonly main: Readonly<Record<string, ContainerMemory>>;
  /** When deletion was first seen. */
  readonly stoppingSince: number | undefined;
  /** The last thing complained about, and when. */
  readonly complaint: { readonly text: string; readonly at: number } | undefined;
  /** Why the kubelet ended it, whatever its containers did. */
  readonly failure: PodFailure | undefined;
}

export interface PodFailure {
  readonly reason: string;
  readonly message: string;
}

export interface PodWorld {
  /** Why the kubelet does not take the pod on; asked before anything of it is there. */
  readonly rejection: PodFailure | undefined;
  /** The node has its network plugin. */
  readonly networkReady: boolean;
  /** Why a volume is not there yet, with the event's reason. */
  readonly volumeProblem: PreparationProblem | undefined;
  /** The pod's address: of its subnet, or of the host. `undefined`: none is free. */
  readonly ip: string | undefined;
  paced(seconds: number): number;
  containerWorld(container: Container, isInit: boolean): ContainerWorld;
}

/** `quietSeconds`: how long it is only waited for before it becomes an event. */
export interface PreparationProblem {
  readonly reason: string;
  readonly message: string;
  readonly quietSeconds: number;
}

export interface PodStep {
  readonly memory: PodMemory;
  readonly events: readonly KubeletEvent[];
  readonly wakeAt: number | undefined;
  /** The pod has ended and its object is to be removed. */
  readonly remove: boolean;
}

export function rememberPod(pod: Pod, now: number): PodMemory {
  const status = pod.status ?? {};
  const took = (containers: readonly Container[] | undefined, statuses: PodStatuses) =>
    Object.fromEntries(
      (containers ?? []).map((container) => [
        container.name,
        rememberContainer(
          statuses?.find((one) => one.name === container.name),
          now,
        ),
      ]),
    );
  return {
    since: status.startTime === undefined ? now : Date.parse(status.startTime),
    sandboxAt: status.podIP === undefined ? undefined : now,
    ip: status.podIP,
    init: took(pod.spec.initContainers, status.initContainerStatuses),
    main: took(pod.spec.containers, status.containerStatuses),
    stoppingSince: undefined,
    complaint: undefined,
    failure: undefined,
  };
}

type PodStatuses = NonNullable<Pod['status']>['containerStatuses'];

/** Moves a pod on. Pure; applying it again at the same instant changes nothing more than one further state. */
export function stepPod(pod: Pod, memory: PodMemory, world: PodWorld, now: number): PodStep {
  if (pod.metadata.deletionTimestamp !== undefined) return stop(pod, memory, world, now);
  if (isFinished(pod)) return settle(memory);
  if (memory.failure !== undefined) return settle(memory);
  if (world.rejection !== undefined && memory.sandboxAt === undefined) {
    const { reason, message } = world.rejection;
    return fail(memory, { reason, message: `Pod was rejected: ${message}` }, { type: 'Warning', reason, message });
  }
  const deadline = deadlineOf(pod, memory, world);
  if (deadline !== undefined && deadline <= now) {
    const failure = {
      reason: 'DeadlineExceeded',
      message: 'Pod was active on the node longer than the specified deadline',
    };
    return fail(memory, failure, { type: 'Normal', ...failure });
  }
  const step =
    memory.sandboxAt === undefined ? prepare(pod, memory, world, now) : runContainers(pod, memory, world, now);
  return { ...step, wakeAt: earliest([step.wakeAt, deadline]) };
}

function settle(memory: PodMemory): PodStep {
  return { memory, events: [], wakeAt: undefined, remove: false };
}

function fail(memory: PodMemory, failure: PodFailure, event: KubeletEvent): PodStep {
  return { ...settle({ ...memory, failure }), events: [event] };
}

export function isFinished(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

function deadlineOf(pod: Pod, memory: PodMemory, world: PodWorld): number | undefined {
  const seconds = pod.spec.activeDeadlineSeconds;
  return seconds === undefined ? undefined : memory.since + world.paced(seconds);
}

/** Containers end within the grace they are given; most programs need about a second. */
function stop(pod: Pod, memory: PodMemory, world: PodWorld, now: number): PodStep {
  const running = Object.entries(memory.main).filter(([, container]) => container.phase.kind === 'running');
  const grace = pod.metadata.deletionGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 30;
  const since = memory.stoppingSince ?? now;
  const stopping: PodMemory = { ...memory, stoppingSince: since };
  const endsAt = running.length === 0 || grace === 0 ? now : since + Math.min(world.paced(grace), world.paced(1));
  const events: KubeletEvent[] =
    memory.stoppingSince === undefined
      ? running.map(([name]) => ({
          type: 'Normal',
          reason: 'Killing',
          message: `Stopping container ${name}`,
          fieldPath: `spec.containers{${name}}`,
        }))
      : [];
  const remove = endsAt <= now;
  // Removed, it may still be held by a finalizer: then it is asked away again, and not at once.
  return { memory: stopping, events, wakeAt: remove ? now + world.paced(10) : endsAt, remove };
}

/** Network, volumes, address: everything before the first container. */
function prepare(pod: Pod, memory: PodMemory, world: PodWorld, now: number): PodStep {
  const problem = preparationProblem(pod, world);
  if (problem === undefined) {
    const readyAt = memory.since + world.paced(2);
    if (readyAt > now) return { memory, events: [], wakeAt: readyAt, remove: false };
    return {
      memory: { ...memory, sandboxAt: now, ip: world.ip, complaint: undefined },
      events: [],
      wakeAt: now + 1,
      remove: false,
    };
  }
  const known = memory.complaint;
  const isDue = problem.quietSeconds === 0 || now - memory.since >= world.paced(problem.quietSeconds);
  const again = isDue && (known === undefined || known.text !== problem.message || now - known.at >= world.paced(120));
  const complaint = again ? { text: problem.message, at: now } : known;
  const events: KubeletEvent[] = again ? [{ type: 'Warning', reason: problem.reason, message: problem.message }] : [];
  return { memory: { ...memory, complaint }, events, wakeAt: now + 500, remove: false };
}

function preparationProblem(pod: Pod, world: PodWorld): PreparationProblem | undefined {
  if (pod.spec.hostNetwork !== true && !world.networkReady) {
    const message =
      'network is not ready: container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized';
    return { reason: 'NetworkNotReady', message, quietSeconds: 0 };
  }
  if (world.volumeProblem !== undefined) return world.volumeProblem;
  if (world.ip !== undefined) return undefined;
  const message =
    'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox: plugin type="aws-cni" name="aws-cni" failed (add): add cmd: failed to assign an IP address to container';
  return { reason: 'FailedCreatePodSandBox', message, quietSeconds: 0 };
}

function runContainers(pod: Pod, memory: PodMemory, world: PodWorld, now: number): PodStep {
  const init = stepAll(
    pod.spec.initContainers ?? [],
    memory.init,
    (container) => world.containerWorld(container, true),
    now,
    true,
  );
  const next = { ...memory, init: init.memories };
  if (!init.passed) return { memory: next, events: init.events, wakeAt: earliest(init.wakes), remove: false };
  const main = stepAll(
    pod.spec.containers,
    memory.main,
    (container) => world.containerWorld(container, false),
    now,
    false,
  );
  return {
    memory: { ...next, main: main.memories },
    events: [...init.events, ...main.events],
    wakeAt: earliest([...init.wakes, ...main.wakes]),
    remove: false,
  };
}

interface Sweep {
  readonly memories: Readonly<Record<string, ContainerMemory>>;
  readonly events: readonly KubeletEvent[];
  readonly wakes: readonly (number | undefined)[];
  /** All of them let the next ones begin. */
  readonly passed: boolean;
}

/** `oneByOne`: an init container begins when the one before has ended well, or has started where it is a sidecar. */
function stepAll(
  containers: readonly Container[],
  memories: Readonly<Record<string, ContainerMemory>>,
  worldOf: (container: Container) => ContainerWorld,
  now: number,
  oneByOne: boolean,
): Sweep {
  const result: Record<string, ContainerMemory> = { ...memories };
  const events: KubeletEvent[] = [];
  const wakes: (number | undefined)[] = [];
  for (const container of containers) {
    const step = stepContainer(result[container.name] ?? freshContainer, worldOf(container), now);
    result[container.name] = step.memory;
    events.push(...step.events);
    wakes.push(step.wakeAt);
    if (oneByOne && !letsNextBegin(container, step.memory)) return { memories: result, events, wakes, passed: false };
  }
  return { memories: result, events, wakes, passed: true };
}

export function letsNextBegin(container: Container, memory: ContainerMemory): boolean {
  if (container.restartPolicy === 'Always') return memory.phase.kind === 'running';
  return memory.phase.kind === 'exited' && memory.phase.termination.exitCode === 0;
}

function earliest(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
