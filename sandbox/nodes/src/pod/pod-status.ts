import type { Container, ContainerState, ContainerStatus, Pod, PodCondition, PodStatus } from '../kube/objects.ts';
import { readyAnnotation } from './behaviour.ts';
import { type ContainerMemory, freshContainer, isoSeconds } from './container-machine.ts';
import { parseImage } from './images.ts';
import { letsNextBegin, type PodMemory } from './pod-machine.ts';

export interface StatusWorld {
  readonly hostIp: string;
  paced(seconds: number): number;
  /** Whether a main container that ended with this code is started again. */
  restarts(exitCode: number): boolean;
  containerId(name: string, restarts: number): string;
}

export interface StatusAnswer {
  readonly status: PodStatus & { readonly hostIPs?: readonly object[]; readonly podIPs?: readonly object[] };
  /** When a probe will have passed; `undefined` when nothing waits for one. */
  readonly wakeAt: number | undefined;
}

/** The status that a kubelet would post for what is remembered. Pure; transition times are kept from the status before. */
export function podStatus(pod: Pod, memory: PodMemory, world: StatusWorld, now: number): StatusAnswer {
  const init = (pod.spec.initContainers ?? []).map((container) => statusOf(pod, container, memory, world, now, true));
  const main = pod.spec.containers.map((container) => statusOf(pod, container, memory, world, now, false));
  const initialized = (pod.spec.initContainers ?? []).every((container) =>
    letsNextBegin(container, memory.init[container.name] ?? freshContainer),
  );
  const phase = memory.failure !== undefined ? 'Failed' : phaseOf(main, initialized, world);
  const facts = {
    initialized,
    phase,
    ready: main.every((container) => container.status.ready),
    sandbox: memory.sandboxAt !== undefined,
  };
  const wakes = [...init, ...main].map((container) => container.wakeAt).filter((time) => time !== undefined);
  return {
    status: {
      phase,
      ...memory.failure,
      startTime: pod.status?.startTime ?? isoSeconds(memory.since),
      hostIP: world.hostIp,
      hostIPs: [{ ip: world.hostIp }],
      ...(memory.ip === undefined ? {} : { podIP: memory.ip, podIPs: [{ ip: memory.ip }] }),
      conditions: conditionsOf(pod, facts, now),
      ...(init.length === 0 ? {} : { initContainerStatuses: init.map((container) => container.status) }),
      containerStatuses: main.map((container) => container.status),
    },
    wakeAt: wakes.length === 0 ? undefined : Math.min(...wakes),
  };
}

interface OneStatus {
  readonly status: ContainerStatus;
  readonly wakeAt: number | undefined;
}

function statusOf(
  pod: Pod,
  container: Container,
  memory: PodMemory,
  world: StatusWorld,
  now: number,
  isInit: boolean,
): OneStatus {
  const known = (isInit ? memory.init : memory.main)[container.name] ?? freshContainer;
  const readyAt =
    isInit && container.restartPolicy !== 'Always' ? undefined : readinessTime(pod, container, known, world);
  const started = known.phase.kind === 'running';
  const finished = known.phase.kind === 'exited' && known.phase.termination.exitCode === 0;
  const reference = parseImage(container.image);
  const hasRun = started || known.phase.kind === 'exited' || known.last !== undefined;
  const id = world.containerId(container.name, known.restarts);
  return {
    status: {
      name: container.name,
      image: reference?.full ?? container.image,
      imageID: hasRun ? `${reference?.repository ?? container.image}@sha256:${fingerprint(container.image)}` : '',
      ...(hasRun ? { containerID: id } : {}),
      ready: isInit && container.restartPolicy !== 'Always' ? finished : readyAt !== undefined && readyAt <= now,
      started,
      restartCount: known.restarts,
      state: stateOf(pod, container, known),
      lastState: lastStateOf(known),
    },
    wakeAt: readyAt !== undefined && readyAt > now ? readyAt : undefined,
  };
}

function lastStateOf(known: ContainerMemory): ContainerStatus['lastState'] {
  return known.last === undefined ? {} : { terminated: known.last };
}

/** When the container counts as ready; `undefined` while nobody can say. */
function readinessTime(pod: Pod, container: Container, known: ContainerMemory, world: StatusWorld): number | undefined {
  if (known.phase.kind !== 'running') return undefined;
  if (pod.metadata.annotations?.[readyAnnotation] === 'false') return undefined;
  const delay =
    (container.startupProbe?.initialDelaySeconds ?? 0) + (container.readinessProbe?.initialDelaySeconds ?? 0);
  const probed = container.startupProbe !== undefined || container.readinessProbe !== undefined;
  return known.phase.startedAt + (probed ? world.paced(delay) : 0);
}

function stateOf(pod: Pod, container: Container, known: ContainerMemory): ContainerState {
  const phase = known.phase;
  switch (phase.kind) {
    case 'created':
    case 'pulling':
      return {
        waiting: { reason: (pod.spec.initContainers ?? []).length > 0 ? 'PodInitializing' : 'ContainerCreating' },
      };
    case 'config-error':
      return { waiting: { reason: 'CreateContainerConfigError', message: phase.message } };
    case 'pull-failed':
      return { waiting: { reason: phase.reason, message: phase.message } };
    case 'pull-backoff':
      return { waiting: { reason: 'ImagePullBackOff', message: phase.message } };
    case 'running':
      return { running: { startedAt: isoSeconds(phase.startedAt) } };
    case 'exited':
      return { terminated: phase.termination };
    case 'crash-backoff': {
      const label = `${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})`;
      const time =
        phase.seconds >= 60 ? `${Math.floor(phase.seconds / 60)}m${phase.seconds % 60}s` : `${phase.seconds}s`;
      return {
        waiting: {
          reason: 'CrashLoopBackOff',
          message: `back-off ${time} restarting failed container=${container.name} pod=${label}`,
        },
      };
    }
  }
}

/** The kubelet's rule for a pod's phase. */
function phaseOf(containers: readonly OneStatus[], initialized: boolean, world: StatusWorld): string {
  if (!initialized) return 'Pending';
  const states = containers.map(({ status }) => status);
  const neverRan = states.some(({ state, lastState }) => 'waiting' in state && lastState.terminated === undefined);
  if (neverRan) return 'Pending';
  const ended = states.map(({ state }) => ('terminated' in state ? state.terminated.exitCode : undefined));
  if (ended.some((code) => code === undefined)) return 'Running';
  if (ended.some((code) => world.restarts(code ?? 0))) return 'Running';
  return ended.every((code) => code === 0) ? 'Succeeded' : 'Failed';
}

interface ConditionFacts {
  readonly initialized: boolean;
  readonly phase: string;
  readonly ready: boolean;
  readonly sandbox: boolean;
}

function conditionsOf(pod: Pod, facts: ConditionFacts, now: number): readonly PodCondition[] {
  const done = facts.phase === 'Succeeded' || facts.phase === 'Failed';
  const gates = pod.spec.readinessGates ?? [];
  const before = pod.status?.conditions ?? [];
  const closed = gates.some((gate) => before.find(({ type }) => type === gate.conditionType)?.status !== 'True');
  const unready = readinessReason(facts);
  const named = pod.spec.containers.map((container) => container.name).join(' ');
  const notReady = { reason: unready, message: `containers with unready status: [${named}]` };
  const own: readonly PodCondition[] = [
    condition('PodReadyToStartContainers', facts.sandbox && !done, {}),
    condition(
      'Initialized',
      facts.initialized,
      { reason: 'ContainersNotInitialized' },
      done && facts.phase === 'Succeeded' ? 'PodCompleted' : undefined,
    ),
    condition(
      'Ready',
      facts.ready && !closed && !done,
      closed && facts.ready ? { reason: 'ReadinessGatesNotReady' } : notReady,
    ),
    condition('ContainersReady', facts.ready && !done, notReady),
    condition('PodScheduled', true, {}),
  ];
  const foreign = before.filter((one) => !own.some(({ type }) => type === one.type));
  return [...own.map((one) => withTime(one, before, now)), ...foreign];
}

function readinessReason(facts: ConditionFacts): string {
  if (facts.phase === 'Succeeded') return 'PodCompleted';
  return facts.phase === 'Failed' ? 'PodFailed' : 'ContainersNotReady';
}

function condition(
  type: string,
  holds: boolean,
  otherwise: { readonly reason?: string; readonly message?: string },
  reason?: string,
): PodCondition {
  if (holds) return { type, status: 'True', ...(reason === undefined ? {} : { reason }) };
  return { type, status: 'False', ...otherwise };
}

function withTime(one: PodCondition, before: readonly PodCondition[], now: number): PodCondition {
  const old = before.find(({ type }) => type === one.type);
  const lastTransitionTime = old?.status === one.status ? (old.lastTransitionTime ?? isoSeconds(now)) : isoSeconds(now);
  return { ...one, lastProbeTime: null, lastTransitionTime };
}

/** 64 hex digits that stay the same for an image's name. */
function fingerprint(image: string): string {
  let state = 0x811c9dc5;
  let digits = '';
  for (let round = 0; digits.length < 64; round++) {
    for (const letter of `${image}#${round}`) state = Math.imul(state ^ letter.charCodeAt(0), 0x01000193) >>> 0;
    digits += state.toString(16).padStart(8, '0');
  }
  return digits.slice(0, 64);
}
