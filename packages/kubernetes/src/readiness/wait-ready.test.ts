import { FakeClock, RoadsteadError } from '@roadstead/foundation';
import { describe, expect, it } from 'vitest';
import type { KubernetesReader } from '../client/kubernetes-client.ts';
import type { KubernetesObject } from '../objects/kubernetes-object.ts';
import { keyOf, refOf } from '../objects/object-ref.ts';
import { podsOf } from './pods-of.ts';
import { type WaitProgress, waitReady } from './wait-ready.ts';

const deployment = (available: number, name = 'web'): KubernetesObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: 'a', uid: `d-${name}`, generation: 1 },
  spec: { replicas: 1 },
  status: { observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas: available },
});
const pod = (status: object): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'web-abc12-x',
    namespace: 'a',
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-abc12', uid: 'r', controller: true }],
  },
  status,
});
const pulling = pod({
  phase: 'Pending',
  containerStatuses: [
    { name: 'main', image: 'nope:1', restartCount: 0, state: { waiting: { reason: 'ImagePullBackOff' } } },
  ],
});
const crashing = pod({
  phase: 'Running',
  containerStatuses: [
    {
      name: 'main',
      image: 'x',
      restartCount: 4,
      state: { waiting: { reason: 'CrashLoopBackOff' } },
      lastState: { terminated: { exitCode: 1 } },
    },
  ],
});

/** Second by second: between two sleeps the loop makes several turns of its own. */
async function pass(clock: FakeClock, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) await clock.advance(1_000);
}

/** Only what waiting reads; its objects may change under it. */
function readerOf(objects: KubernetesObject[], log = ''): KubernetesReader {
  const reader: Partial<KubernetesReader> = {
    get: async (ref) => objects.find((object) => keyOf(refOf(object)) === keyOf(ref)),
    list: async (kind, options) => ({
      items: objects.filter((object) => object.kind === kind.kind && object.metadata.namespace === options?.namespace),
      resourceVersion: '1',
    }),
    podLog: async () => log,
  };
  return reader as KubernetesReader;
}

describe('waitReady', () => {
  it('waits and tells for what, until all are ready', async () => {
    const clock = new FakeClock();
    const objects = [deployment(0)];
    const seen: WaitProgress[] = [];
    const waited = waitReady(
      readerOf(objects),
      [deployment(0), { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', namespace: 'a' } }],
      { timeoutMs: 60_000, clock, onProgress: (progress) => seen.push(progress) },
    );
    await clock.advance(2_500);
    objects[0] = deployment(1);
    await clock.advance(1_000);
    await waited;
    expect(seen[0]).toMatchObject({
      ready: 1,
      total: 2,
      waitingFor: [{ ref: { name: 'web' }, reason: '0 of 1 pods are available' }],
    });
    expect(seen.at(-1)).toEqual({ ready: 2, total: 2, waitingFor: [] });
  });

  it('fails on an image that cannot be pulled, long before the timeout, with pod and reason', async () => {
    const clock = new FakeClock();
    const event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'e', namespace: 'a' },
      reason: 'Failed',
      message: 'Failed to pull image "nope:1": not found',
    };
    const waited = waitReady(readerOf([deployment(0), pulling, event]), [deployment(0)], {
      timeoutMs: 600_000,
      clock,
    }).catch((error: unknown) => error);
    await pass(clock, 8);
    const error = await waited;
    expect(error).toMatchObject({
      code: 'KUBE_NOT_READY',
      value: { ref: 'Deployment a/web', pod: 'a/web-abc12-x' },
      hint: 'kubectl describe pod web-abc12-x -n a',
    });
    expect(String(error)).toMatch(
      /image nope:1 cannot be pulled: ImagePullBackOff\nlast event: Failed: Failed to pull image/,
    );
  });

  it('quotes the last words of what crashes', async () => {
    const clock = new FakeClock();
    const waited = waitReady(readerOf([deployment(0), crashing], 'starting\npanic: no database\n'), [deployment(0)], {
      timeoutMs: 600_000,
      clock,
    }).catch((error: unknown) => error);
    await pass(clock, 8);
    expect(String(await waited)).toMatch(
      /crashed 4 times \(exit code 1\): CrashLoopBackOff\nlast words of main:\n {2}starting\n {2}panic: no database/,
    );
  });

  it('is not fooled by an image that is tried again every other second', async () => {
    const clock = new FakeClock();
    const waiting = (reason: string) =>
      pod({ phase: 'Pending', containerStatuses: [{ name: 'main', image: 'nope:1', state: { waiting: { reason } } }] });
    const objects = [deployment(0), waiting('ErrImagePull')];
    const waited = waitReady(readerOf(objects), [deployment(0)], { timeoutMs: 600_000, clock }).catch(
      (error: unknown) => error,
    );
    for (let turn = 0; turn < 12; turn++) {
      objects[1] = waiting(turn % 2 === 0 ? 'ErrImagePull' : 'ImagePullBackOff');
      await pass(clock, 1);
    }
    expect(String(await Promise.race([waited, Promise.resolve('still waiting')]))).toMatch(
      /image nope:1 cannot be pulled/,
    );
  });

  it('forgives what looked failed for a moment', async () => {
    const clock = new FakeClock();
    const objects = [deployment(0), pulling];
    const waited = waitReady(readerOf(objects), [deployment(0)], { timeoutMs: 60_000, clock });
    await pass(clock, 3);
    objects.splice(0, 2, deployment(1));
    await pass(clock, 3);
    await expect(waited).resolves.toBeUndefined();
  });

  it('gives up at the timeout and says what it waited for, and how many more', async () => {
    const clock = new FakeClock();
    const waited = waitReady(readerOf([deployment(0), deployment(0, 'api')]), [deployment(0), deployment(0, 'api')], {
      timeoutMs: 10_000,
      clock,
    }).catch((error: unknown) => error);
    await pass(clock, 12);
    expect(String(await waited)).toMatch(
      /Deployment a\/web is not ready after 10 s: 0 of 1 pods are available \(and 1 more not ready\)/,
    );
  });

  it('lets a workload settle: one that falls over as soon as it is ready is a crash loop, told with its last words', async () => {
    const clock = new FakeClock();
    const running = (restartCount: number) =>
      pod({
        phase: 'Running',
        containerStatuses: [
          {
            name: 'main',
            image: 'x',
            restartCount,
            ready: true,
            state: { running: {} },
            lastState: restartCount === 0 ? {} : { terminated: { exitCode: 1 } },
          },
        ],
      });
    const objects = [deployment(1), running(0)];
    const waited = waitReady(readerOf(objects, 'no database'), [deployment(1)], {
      timeoutMs: 60_000,
      settleMs: 3_000,
      clock,
    }).catch((error: unknown) => error);
    for (let crashes = 1; crashes <= 20; crashes++) {
      await pass(clock, 1);
      const [now, its] = crashes % 2 === 0 ? [deployment(1), running(crashes)] : [deployment(0), crashing];
      objects.splice(0, 2, now, its);
    }
    expect(String(await waited)).toMatch(/web-abc12-x container main crashed \d+ times \(exit code 1\)[^]*no database/);
  });

  it('takes a settled workload for ready, and soon', async () => {
    const clock = new FakeClock();
    const waited = waitReady(readerOf([deployment(1)]), [deployment(1)], { timeoutMs: 60_000, settleMs: 3_000, clock });
    await pass(clock, 4);
    await expect(waited).resolves.toBeUndefined();
    expect(clock.monotonic()).toBeLessThan(5_000);
  });

  it('does not blame the pods of the version that is being replaced', async () => {
    const clock = new FakeClock();
    const revision = (number: string) => ({ 'deployment.kubernetes.io/revision': number });
    const rolling: KubernetesObject = {
      ...deployment(0),
      metadata: { ...deployment(0).metadata, annotations: revision('2') },
    };
    const replicaSet = (name: string, uid: string, number: string): KubernetesObject => ({
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name,
        namespace: 'a',
        uid,
        annotations: revision(number),
        ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'd-web', controller: true }],
      },
    });
    const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-def34', uid: 'r2', controller: true };
    const starting: KubernetesObject = {
      ...pod({ phase: 'Pending' }),
      metadata: { name: 'web-def34-y', namespace: 'a', ownerReferences: [owner] },
    };
    const sets = [replicaSet('web-abc12', 'r', '1'), replicaSet('web-def34', 'r2', '2')];
    const objects = [rolling, crashing, starting, ...sets];
    const waited = waitReady(readerOf(objects), [rolling], { timeoutMs: 60_000, clock });
    await pass(clock, 20);
    objects[0] = deployment(1);
    await pass(clock, 2);
    await expect(waited).resolves.toBeUndefined();
  });

  it('waits for a claim without a class, which an administrator binds', async () => {
    const clock = new FakeClock();
    const claim = (phase: string): KubernetesObject => ({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'data', namespace: 'a' },
      spec: { storageClassName: '' },
      status: { phase },
    });
    const objects = [claim('Pending')];
    const reader = readerOf(objects);
    const strict: KubernetesReader = {
      ...reader,
      get: async (ref, signal) => {
        if (ref.name === '') throw new Error('nothing has an empty name');
        return reader.get(ref, signal);
      },
    };
    const waited = waitReady(strict, [claim('Pending')], { timeoutMs: 60_000, clock });
    await pass(clock, 3);
    objects[0] = claim('Bound');
    await pass(clock, 2);
    await expect(waited).resolves.toBeUndefined();
  });

  const outage = new RoadsteadError('https://x cannot be reached', { code: 'KUBE_UNREACHABLE', retry: 'backoff' });
  const flaky = (objects: KubernetesObject[], isDown: () => boolean): KubernetesReader => ({
    ...readerOf(objects),
    get: async (ref) => {
      if (isDown()) throw outage;
      return readerOf(objects).get(ref);
    },
  });

  it('outlasts an API server that is away for a minute, and says so', async () => {
    const clock = new FakeClock();
    const seen: string[] = [];
    const reader = flaky([deployment(1)], () => clock.monotonic() < 60_000);
    const waited = waitReady(reader, [deployment(1)], {
      timeoutMs: 600_000,
      clock,
      onProgress: ({ waitingFor }) => seen.push(...waitingFor.map(({ reason }) => reason)),
    });
    await pass(clock, 62);
    await expect(waited).resolves.toBeUndefined();
    expect(seen).toContain('https://x cannot be reached');
  });

  it('gives up on an API server that stays away, and at once on one that refuses', async () => {
    const clock = new FakeClock();
    const waited = waitReady(
      flaky([deployment(1)], () => true),
      [deployment(1)],
      { timeoutMs: 600_000, clock },
    ).catch((error: unknown) => error);
    await pass(clock, 125);
    expect(await Promise.race([waited, Promise.resolve('still waiting')])).toBe(outage);
    const forbidden = new RoadsteadError('no', { code: 'KUBE_FORBIDDEN' });
    const refusing: KubernetesReader = { ...readerOf([]), get: () => Promise.reject(forbidden) };
    await expect(waitReady(refusing, [deployment(1)], { timeoutMs: 60_000, clock })).rejects.toBe(forbidden);
  });

  it('ends when told', async () => {
    const controller = new AbortController();
    const clock = new FakeClock();
    const waited = waitReady(readerOf([deployment(0)]), [deployment(0)], {
      timeoutMs: 10_000,
      clock,
      signal: controller.signal,
    }).catch((error: unknown) => error);
    await clock.advance(100);
    controller.abort(new Error('Ctrl-C'));
    expect(String(await waited)).toContain('Ctrl-C');
  });

  it('knows whose pods they are', () => {
    expect(podsOf(deployment(0), [pulling])).toHaveLength(1);
    expect(podsOf(deployment(0, 'web-abc'), [pulling])).toHaveLength(0);
    expect(podsOf({ ...deployment(0), metadata: { name: 'web', namespace: 'b' } }, [pulling])).toHaveLength(0);
  });
});
