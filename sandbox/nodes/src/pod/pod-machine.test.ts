import { describe, expect, test } from 'vitest';
import type { Container, Pod, PodStatus } from '../kube/objects.ts';
import { containerWith, podWith } from '../testing/pods.ts';
import { behaviourOf } from './behaviour.ts';
import { backoffSeconds, type ContainerWorld } from './container-machine.ts';
import { pullOutcome } from './images.ts';
import { type PodFailure, type PodMemory, type PodStep, type PodWorld, rememberPod, stepPod } from './pod-machine.ts';
import { podStatus, type StatusWorld } from './pod-status.ts';

const start = Date.UTC(2026, 0, 1);
const paced = (seconds: number) => seconds * 1000;

interface Change {
  readonly networkReady?: boolean;
  readonly volumeProblem?: PodWorld['volumeProblem'];
  readonly ip?: string | undefined;
  readonly rejection?: PodFailure;
  readonly configProblem?: string;
  readonly unpullable?: readonly string[];
}

/** Plays one pod second by second, writing its status back as the API server would hold it. */
class Play {
  pod: Pod;
  now = start;
  removed = false;
  readonly events: string[] = [];
  readonly states: string[] = [];
  change: Change = {};
  memory: PodMemory;

  constructor(pod: Pod) {
    this.pod = pod;
    this.memory = rememberPod(pod, this.now);
  }

  get status(): PodStatus {
    return this.pod.status ?? {};
  }

  run(seconds: number): this {
    for (let passed = 0; passed < seconds * 4 && !this.removed; passed++) this.step();
    return this;
  }

  look(): PodStep {
    return stepPod(this.pod, this.memory, this.world(), this.now);
  }

  step(): void {
    const step = this.look();
    this.memory = step.memory;
    this.events.push(...step.events.map(({ reason, message }) => `${reason}: ${message}`));
    this.removed = step.remove;
    const { status } = podStatus(this.pod, this.memory, this.statusWorld(), this.now);
    this.pod = { ...this.pod, status };
    const state = Object.entries(status.containerStatuses?.[0]?.state ?? {}).map(([kind, value]) =>
      'reason' in value ? value.reason : kind,
    )[0];
    if (state !== undefined && state !== this.states.at(-1)) this.states.push(state);
    this.now += 250;
  }

  delete(graceSeconds: number): this {
    const metadata = { ...this.pod.metadata, deletionTimestamp: 'now', deletionGracePeriodSeconds: graceSeconds };
    this.pod = { ...this.pod, metadata };
    return this;
  }

  condition(type: string): string | undefined {
    return this.status.conditions?.find((one) => one.type === type)?.status;
  }

  private world(): PodWorld {
    return {
      networkReady: this.change.networkReady ?? true,
      volumeProblem: this.change.volumeProblem,
      rejection: this.change.rejection,
      ip: 'ip' in this.change ? this.change.ip : '10.0.0.9',
      paced,
      containerWorld: (container, isInit) => this.containerWorld(container, isInit),
    };
  }

  private containerWorld(container: Container, isInit: boolean): ContainerWorld {
    const policy = this.pod.spec.restartPolicy;
    return {
      container,
      fieldPath: `spec.containers{${container.name}}`,
      podLabel: 'web_default(u-1)',
      behaviour: behaviourOf(this.pod, container, { isInit, crashes: false }),
      pull: pullOutcome(container.image, { unpullable: this.change.unpullable ?? [], refusedByEcr: false }),
      imagePresent: false,
      configProblem: this.change.configProblem,
      restarts: (code) =>
        isInit ? code !== 0 && policy !== 'Never' : policy === 'Always' || (policy === 'OnFailure' && code !== 0),
      paced,
      containerId: (restarts) => `containerd://${container.name}-${restarts}`,
    };
  }

  private statusWorld(): StatusWorld {
    const policy = this.pod.spec.restartPolicy;
    return {
      hostIp: '10.0.0.1',
      paced,
      restarts: (code) => policy === 'Always' || (policy === 'OnFailure' && code !== 0),
      containerId: (name, restarts) => `containerd://${name}-${restarts}`,
    };
  }
}

function play(spec: Partial<Pod['spec']> = {}, metadata: Partial<Pod['metadata']> = {}): Play {
  return new Play(podWith({ spec, metadata }));
}

function exiting(command: string): Partial<Pod['spec']> {
  return { containers: [containerWith({ command: ['sh', '-c', command] })] };
}

describe('a pod', () => {
  test('is created, pulls, runs and is ready', () => {
    const pod = play().run(10);
    expect(pod.states).toEqual(['ContainerCreating', 'running']);
    expect(pod.status).toMatchObject({ phase: 'Running', podIP: '10.0.0.9', hostIP: '10.0.0.1' });
    expect(pod.condition('Ready')).toBe('True');
    expect(pod.events.map((event) => event.split(':')[0])).toEqual(['Pulling', 'Pulled', 'Created', 'Started']);
  });

  test('is ready only when its probe has had its delay', () => {
    const pod = play({ containers: [containerWith({ readinessProbe: { initialDelaySeconds: 20 } })] }).run(10);
    expect([pod.status.phase, pod.condition('Ready')]).toEqual(['Running', 'False']);
    expect(pod.run(20).condition('Ready')).toBe('True');
  });

  test('is never ready when told so', () => {
    const pod = play({}, { annotations: { 'sandbox.roadstead.dev/ready': 'false' } }).run(60);
    expect([pod.status.phase, pod.condition('ContainersReady')]).toEqual(['Running', 'False']);
  });

  test('waits for the network, unless it uses the host’s', () => {
    const waiting = play();
    waiting.change = { networkReady: false };
    expect(waiting.run(20).status.phase).toBe('Pending');
    expect(waiting.events).toEqual([expect.stringContaining('NetworkNotReady')]);
    const host = play({ hostNetwork: true });
    host.change = { networkReady: false };
    expect(host.run(10).status.phase).toBe('Running');
  });

  test('waits for an address and goes on when one is free', () => {
    const pod = play();
    pod.change = { ip: undefined };
    expect(pod.run(5).events).toEqual([expect.stringContaining('failed to assign an IP address')]);
    pod.change = {};
    expect(pod.run(10).status.phase).toBe('Running');
  });

  test('complains about a missing ConfigMap at once and about a slow volume only later', () => {
    const missing = play();
    missing.change = { volumeProblem: { reason: 'FailedMount', message: 'configmap "x" not found', quietSeconds: 0 } };
    expect(missing.run(1).events).toEqual(['FailedMount: configmap "x" not found']);
    const slow = play();
    slow.change = { volumeProblem: { reason: 'FailedAttachVolume', message: 'waiting', quietSeconds: 120 } };
    expect(slow.run(100).events).toEqual([]);
    expect(slow.run(30).events).toEqual(['FailedAttachVolume: waiting']);
  });

  test('backs off from an image that is not there and starts when it is', () => {
    const pod = play();
    pod.change = { unpullable: ['nginx'] };
    pod.run(60);
    expect(pod.states.slice(0, 3)).toEqual(['ContainerCreating', 'ErrImagePull', 'ImagePullBackOff']);
    expect(pod.status.phase).toBe('Pending');
    const pulls = pod.events.filter((event) => event.startsWith('Pulling')).length;
    expect(pulls).toBeGreaterThan(1);
    expect(pulls).toBeLessThan(5);
    pod.change = {};
    expect(pod.run(60).status.phase).toBe('Running');
  });

  test('stays at an image whose name is none', () => {
    const pod = play({ containers: [containerWith({ image: 'NGINX' })] }).run(30);
    expect(pod.states).toEqual(['ContainerCreating', 'InvalidImageName']);
  });

  test('says which ConfigMap its environment lacks', () => {
    const pod = play();
    pod.change = { configProblem: 'configmap "settings" not found' };
    expect(pod.run(10).states.at(-1)).toBe('CreateContainerConfigError');
    expect(pod.events).toEqual(['Failed: Error: configmap "settings" not found']);
    pod.change = {};
    expect(pod.run(20).status.phase).toBe('Running');
  });

  test('crashes in a loop with a growing back-off', () => {
    const pod = play(exiting('exit 2')).run(120);
    const status = pod.status.containerStatuses?.[0];
    expect(pod.states).toContain('CrashLoopBackOff');
    expect(status?.lastState.terminated?.exitCode).toBe(2);
    expect(status?.restartCount).toBeGreaterThanOrEqual(4);
    expect(status?.restartCount).toBeLessThan(8);
    expect(pod.status.phase).toBe('Running');
    expect(pod.condition('Ready')).toBe('False');
  });

  test.each([
    ['Never', 'true', 'Succeeded'],
    ['Never', 'false', 'Failed'],
    ['OnFailure', 'true', 'Succeeded'],
    ['OnFailure', 'false', 'Running'],
    ['Always', 'true', 'Running'],
  ])('with restart policy %s and %s ends up %s', (restartPolicy, command, phase) => {
    expect(play({ ...exiting(command), restartPolicy }).run(30).status.phase).toBe(phase);
  });

  test('fails when its deadline has passed', () => {
    const pod = play({ activeDeadlineSeconds: 20 }).run(30);
    expect(pod.status).toMatchObject({ phase: 'Failed', reason: 'DeadlineExceeded' });
  });

  test('is rejected by a kubelet whose node is full, once and for good', () => {
    const rejection = {
      reason: 'OutOfpods',
      message: "Node didn't have enough resource: pods, requested: 1, used: 2, capacity: 2",
    };
    const full = new Play(podWith());
    full.change = { rejection };
    full.run(5);
    expect(full.status).toMatchObject({
      phase: 'Failed',
      reason: 'OutOfpods',
      message: `Pod was rejected: ${rejection.message}`,
    });
    expect(full.events).toEqual([`OutOfpods: ${rejection.message}`]);
    const running = play().run(10);
    running.change = { rejection };
    expect(running.run(10).status.phase).toBe('Running');
  });

  test('runs init containers one by one before the others', () => {
    const pod = play({
      initContainers: [
        containerWith({ name: 'one', command: ['sleep', '5'] }),
        containerWith({ name: 'two', command: ['true'] }),
      ],
    });
    pod.run(8);
    expect(pod.status).toMatchObject({ phase: 'Pending' });
    expect(pod.condition('Initialized')).toBe('False');
    expect(pod.status.initContainerStatuses?.map(({ ready }) => ready)).toEqual([false, false]);
    pod.run(30);
    expect(pod.status.phase).toBe('Running');
    expect(pod.status.initContainerStatuses?.map(({ ready }) => ready)).toEqual([true, true]);
  });

  test('does not start while an init container fails', () => {
    const pod = play({ initContainers: [containerWith({ name: 'one', command: ['false'] })] }).run(60);
    expect(pod.status.phase).toBe('Pending');
    expect(pod.status.initContainerStatuses?.[0]?.restartCount).toBeGreaterThan(1);
    expect(pod.states).toEqual(['PodInitializing']);
  });

  test('goes on beside a sidecar', () => {
    const pod = play({
      initContainers: [containerWith({ name: 'proxy', restartPolicy: 'Always', command: ['proxy'] })],
    }).run(30);
    expect(pod.status.phase).toBe('Running');
    expect(pod.status.initContainerStatuses?.[0]).toMatchObject({ ready: true, started: true });
  });

  test('is removed a moment after it is deleted, at once when nothing runs or no grace is given', () => {
    const running = play().run(10).delete(30);
    running.step();
    expect([running.removed, running.events.at(-1)]).toEqual([false, 'Killing: Stopping container main']);
    expect(running.run(2).removed).toBe(true);
    const forced = play().run(10).delete(0);
    forced.step();
    expect(forced.removed).toBe(true);
    const waiting = play().delete(30);
    waiting.step();
    expect(waiting.removed).toBe(true);
  });

  test('is taken up where its status left it', () => {
    const before = play(exiting('exit 2')).run(60);
    const after = new Play(before.pod);
    expect(after.memory.main.main?.restarts).toBe(before.status.containerStatuses?.[0]?.restartCount);
    const running = play().run(10);
    const again = new Play(running.pod);
    again.now = running.now;
    expect(again.run(5).events).toEqual([]);
    expect(again.status.phase).toBe('Running');
  });
});

test('back-offs double up to five minutes', () => {
  expect([1, 2, 3, 5, 6, 20].map(backoffSeconds)).toEqual([10, 20, 40, 160, 300, 300]);
});

test('a pod that has ended and is still held by a finalizer is not asked away at every pass', () => {
  const play = new Play(podWith()).run(10).delete(30);
  play.run(5);
  expect(play.removed).toBe(true);
  const again = play.look();
  expect(again.remove).toBe(true);
  expect(again.wakeAt).toBe(play.now + paced(10));
});
