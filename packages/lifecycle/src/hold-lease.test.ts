import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@roadstead/foundation';
import { type Holder, openStore, type Store } from '@roadstead/store';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { holdLease } from './hold-lease.ts';

let store: Store;
beforeAll(async () => {
  store = await openStore({ directory: await mkdtemp(join(tmpdir(), 'roadstead-lease-')) });
});
afterAll(() => store.close());

const holder = (pid: number): Holder => ({ host: 'here', pid, purpose: 'up', user: 'alice' });
const request = (clock: FakeClock, key: string, pid: number) => ({
  store,
  clock,
  key,
  holder: holder(pid),
  ttlMs: 30_000,
  isGone: () => false,
});

it('renews for as long as it is held, and a second one is told who works since when', async () => {
  const clock = new FakeClock(Date.UTC(2026, 10, 21, 3));
  const held = await holdLease(request(clock, 'shop', 7));
  for (let turn = 0; turn < 12; turn++) await clock.advance(10_000);
  expect(held.lost.aborted).toBe(false);
  await expect(holdLease(request(clock, 'shop', 8))).rejects.toMatchObject({
    code: 'CLUSTER_BUSY',
    message: 'alice is working on this cluster: `up` since 2026-11-21T03:00:00.000Z (process 7 on here)',
  });
  await held.release();
  const next = await holdLease(request(clock, 'shop', 8));
  await next.release();
});

it('tells its holder when another has taken over', async () => {
  const clock = new FakeClock();
  const held = await holdLease(request(clock, 'taken', 7));
  await store.leases.acquire({ key: 'taken', holder: holder(9), now: clock.now(), ttlMs: 60_000, isGone: () => true });
  await clock.advance(10_000);
  expect(held.lost.aborted).toBe(true);
  await held.release();
  expect((await store.leases.read('taken'))?.holder.pid).toBe(9);
});

it('counts a store that does not answer as a lost lease, when the lease has run out', async () => {
  const clock = new FakeClock();
  const silent = {
    ...store,
    leases: Object.assign(Object.create(store.leases) as Store['leases'], {
      acquire: store.leases.acquire.bind(store.leases),
      release: async () => undefined,
      renew: () => new Promise<boolean>(() => undefined),
    }),
  };
  const held = await holdLease({ ...request(clock, 'silent', 7), store: silent });
  await clock.advance(29_000);
  expect(held.lost.aborted).toBe(false);
  await clock.advance(2_000);
  expect(held.lost.aborted).toBe(true);
  await held.release();
});
