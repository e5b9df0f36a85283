import { FakeClock } from '@roadstead/foundation';
import { expect, test } from 'vitest';
import type { ListAnswer, WatchEvent } from './kube-api.ts';
import { Mirror, type WatchedApi } from './mirror.ts';
import type { KubeObject } from './objects.ts';

function pod(resourceVersion: string, more: Partial<KubeObject['metadata']> = {}): KubeObject {
  return { metadata: { name: 'web', namespace: 'default', uid: 'u1', resourceVersion, ...more } };
}

/** One list, and then what the test sends. */
class FakeApi implements WatchedApi {
  items: readonly KubeObject[] = [pod('9')];
  readonly asked: string[] = [];
  #send: (event: WatchEvent<KubeObject>) => void = () => undefined;

  async list<T extends KubeObject>(): Promise<ListAnswer<T>> {
    this.asked.push('list');
    return { resourceVersion: '10', items: this.items as readonly T[] };
  }

  async *watch<T extends KubeObject>(_path: string, version: string): AsyncGenerator<WatchEvent<T>> {
    this.asked.push(`watch ${version}`);
    for (;;) {
      yield (await new Promise<WatchEvent<KubeObject>>((resolve) => {
        this.#send = resolve;
      })) as WatchEvent<T>;
    }
  }

  async send(event: WatchEvent<KubeObject>): Promise<void> {
    this.#send(event);
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  }
}

async function synced(): Promise<{ api: FakeApi; mirror: Mirror<KubeObject>; stop: AbortController }> {
  const [api, stop] = [new FakeApi(), new AbortController()];
  const mirror = new Mirror({ api, clock: new FakeClock(), signal: stop.signal, path: '/api/v1/pods' });
  void mirror.run();
  await mirror.synced;
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  return { api, mirror, stop };
}

test('what a write answered is known before the watch brings it', async () => {
  const { mirror } = await synced();
  mirror.learn(pod('11'));
  expect(mirror.get('web', 'default')?.metadata.resourceVersion).toBe('11');
});

test('an answer that comes after the watch has brought something newer takes nothing back', async () => {
  const { api, mirror } = await synced();
  await api.send({ type: 'MODIFIED', object: pod('12', { deletionTimestamp: 'now' }) });
  mirror.learn(pod('11'));
  expect(mirror.get('web', 'default')?.metadata.deletionTimestamp).toBe('now');
});

test('nor does the watch, when it brings what was written before the last answer', async () => {
  const { api, mirror } = await synced();
  mirror.learn(pod('100'));
  await api.send({ type: 'MODIFIED', object: pod('99') });
  expect(mirror.get('web', 'default')?.metadata.resourceVersion).toBe('100');
  await api.send({ type: 'DELETED', object: pod('101') });
  expect(mirror.get('web', 'default')).toBeUndefined();
  mirror.learn(pod('102'));
  expect(mirror.all()).toEqual([]);
});

test('another object of the name takes its place', async () => {
  const { api, mirror } = await synced();
  await api.send({ type: 'ADDED', object: pod('20', { uid: 'u2' }) });
  mirror.learn(pod('30'));
  expect(mirror.get('web', 'default')?.metadata.uid).toBe('u2');
});
