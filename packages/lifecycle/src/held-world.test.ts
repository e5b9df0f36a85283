import type { Clock } from '@roadstead/foundation';
import type { ObservedAws } from '@roadstead/provisioning';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { underLease } from './held-world.ts';
import { type FakeWorld, startFakeWorld } from './testing/fake-world.ts';

let world: FakeWorld;
beforeEach(async () => {
  world = await startFakeWorld();
});
afterEach(() => world.close());

const never = new AbortController().signal;
const ref = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'one' };
const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one', namespace: 'shop' } };
const pod = { namespace: 'shop', name: 'front' };

it('lets every request through while the lease is held, and none after another took it while the machine slept', async () => {
  const here = await world.machine('alice');
  let slept = 0;
  const clock: Clock = {
    now: () => world.clock.now() + slept,
    monotonic: () => world.clock.monotonic(),
    sleep: (ms, signal) => world.clock.sleep(ms, signal),
  };
  await underLease({ ...here, clock }, 'key', never, async (held, signal) => {
    const eks = { endpoint: world.kubernetes.url, certificateAuthority: 'Q0E=' };
    const observed = { cluster: 'shop', region: 'eu-central-1', eks } as unknown as ObservedAws;
    const client = held.connectWriter(observed);
    if (client === undefined) throw new Error('no client');
    const changes: { readonly [what: string]: () => Promise<unknown> } = {
      aws: () => held.writer.write('logs', 'PutRetentionPolicy', { logGroupName: 'group', retentionInDays: 90 }),
      apply: () => client.apply(object, { fieldManager: 'roadstead' }),
      delete: () => client.delete(ref),
      create: () => client.create(object),
      patch: () => client.patch(ref, 'merge', {}),
      evict: () => client.evict(pod),
      createSubresource: () => client.createSubresource({ ...ref, ...pod }, 'token', {}),
    };
    for (const what of ['aws', 'apply', 'delete']) await changes[what]?.();
    const before = [...world.aws.taken, ...world.kubernetes.writes];
    expect(before).toHaveLength(3);
    slept = 3_600_000;
    const holder = { ...here.holder, user: 'bob' };
    const taken = await here.store.leases.acquire({
      key: 'key',
      holder,
      now: clock.now(),
      ttlMs: 1,
      isGone: () => false,
    });
    expect(taken.kind).toBe('acquired');
    for (const change of Object.values(changes))
      await expect(change()).rejects.toMatchObject({ code: 'LEASE_LOST', message: expect.stringContaining('bob') });
    expect([...world.aws.taken, ...world.kubernetes.writes]).toEqual(before);
    expect(signal.aborted).toBe(true);
    await client.close();
  });
});

it('lets the lease go however the work ends', async () => {
  const here = await world.machine('alice');
  const work = () => Promise.reject(new Error('broken'));
  await expect(underLease(here, 'key', never, work)).rejects.toThrow('broken');
  expect(await underLease(here, 'key', never, async () => 'again')).toBe('again');
});
