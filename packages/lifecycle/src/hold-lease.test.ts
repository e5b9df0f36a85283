import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, FakeClock, RoadsteadError } from '@roadstead/foundation';
import { type Holder, openStore, type Store } from '@roadstead/store';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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

/** The store, but for how it renews. */
function withRenewal(renew: () => Promise<boolean>): Store {
  const { leases } = store;
  return {
    ...store,
    leases: Object.assign(Object.create(leases) as Store['leases'], {
      acquire: leases.acquire.bind(leases),
      release: async () => undefined,
      renew,
    }),
  };
}

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

it('tells its holder who has taken over, and lets it ask for nothing more', async () => {
  const clock = new FakeClock(Date.UTC(2026, 10, 21, 3));
  const held = await holdLease(request(clock, 'taken', 7));
  await held.demand();
  await store.leases.acquire({ key: 'taken', holder: holder(9), now: clock.now(), ttlMs: 60_000, isGone: () => true });
  await clock.advance(10_000);
  const reason = {
    code: 'LEASE_LOST',
    message: 'The lease was taken by alice: `up` since 2026-11-21T03:00:00.000Z (process 9 on here)',
  };
  expect(held.lost.reason).toMatchObject(reason);
  await expect(held.demand()).rejects.toMatchObject(reason);
  await held.release();
  expect((await store.leases.read('taken'))?.holder.pid).toBe(9);
});

describe('after the machine slept, when only the wall clock went on', () => {
  /** Two clocks that come apart, as on a laptop whose lid was shut. */
  function sleepy() {
    const clock = new FakeClock();
    let slept = 0;
    const torn: Clock = {
      now: () => clock.now() + slept,
      monotonic: () => clock.monotonic(),
      sleep: (ms, signal) => clock.sleep(ms, signal),
    };
    return { clock: torn, sleep: (ms: number) => void (slept += ms) };
  }

  it('the next request renews the lease first', async () => {
    const { clock, sleep } = sleepy();
    const held = await holdLease({ ...request(new FakeClock(), 'slept', 7), clock });
    sleep(3_600_000);
    await held.demand();
    expect((await store.leases.read('slept'))?.expiresAt).toBe(clock.now() + 30_000);
    await held.release();
  });

  it('the next request is refused when another came meanwhile', async () => {
    const { clock, sleep } = sleepy();
    const held = await holdLease({ ...request(new FakeClock(), 'overslept', 7), clock });
    sleep(3_600_000);
    const other = await holdLease({ ...request(new FakeClock(), 'overslept', 8), clock });
    await expect(held.demand()).rejects.toMatchObject({ code: 'LEASE_LOST', message: expect.stringContaining('8') });
    await Promise.all([held.release(), other.release()]);
  });
});

it('tells why a lease could not be renewed until it ran out', async () => {
  const clock = new FakeClock();
  const full = new RoadsteadError('The disk of the state directory /state is full', { code: 'STORE_DISK_FULL' });
  const renew = () => Promise.reject(full);
  const held = await holdLease({ ...request(clock, 'full', 7), store: withRenewal(renew) });
  await clock.advance(29_000);
  expect(held.lost.aborted).toBe(false);
  await clock.advance(11_000);
  expect(held.lost.reason).toBe(full);
  await held.release();
});

it('counts a store that does not answer as a lost lease, when the lease has run out', async () => {
  const clock = new FakeClock();
  const silent = withRenewal(() => new Promise<boolean>(() => undefined));
  const held = await holdLease({ ...request(clock, 'silent', 7), store: silent });
  await clock.advance(29_000);
  expect(held.lost.aborted).toBe(false);
  await clock.advance(2_000);
  expect(held.lost.aborted).toBe(true);
  await held.release();
});
