import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Holder, openStore, type Store, type StoreLocation } from './index.ts';

const alice: Holder = { host: 'a', pid: 1, purpose: 'up', user: 'alice' };
const bob: Holder = { host: 'b', pid: 2, purpose: 'up', user: 'bob' };
const inputs = { zones: [], amiReleases: {}, addonVersions: {}, instanceTypes: {} };
const alive = () => false;

/** What every engine keeps. `locate` gives a fresh, empty place; the suite opens it more than once. */
export function storeContract(engine: string, locate: () => Promise<StoreLocation>): void {
  describe(`the store on ${engine}`, () => {
    let place: StoreLocation;
    let store: Store;
    beforeAll(async () => {
      place = await locate();
      store = await openStore(place);
    });
    afterAll(() => store?.close());

    it('gives a lease to one of many who ask at once', async () => {
      const asked = await Promise.all(
        [1, 2, 3, 4, 5].map((pid) =>
          store.leases.acquire({ key: 'many', holder: { ...alice, pid }, now: 0, ttlMs: 1000, isGone: alive }),
        ),
      );
      expect(asked.filter((answer) => answer.kind === 'acquired')).toHaveLength(1);
    });

    it('says who holds a lease, lets it go over when it has expired, and the token only grows', async () => {
      const first = await store.leases.acquire({ key: 'k', holder: alice, now: 0, ttlMs: 1000, isGone: alive });
      const refused = await store.leases.acquire({ key: 'k', holder: bob, now: 999, ttlMs: 1000, isGone: alive });
      expect(refused).toMatchObject({ kind: 'held', by: { holder: alice, acquiredAt: 0 } });
      const second = await store.leases.acquire({ key: 'k', holder: bob, now: 1001, ttlMs: 1000, isGone: alive });
      expect(second).toMatchObject({ kind: 'acquired', lease: { token: 2, holder: bob } });
      if (first.kind !== 'acquired') throw new Error('not acquired');
      expect(await store.leases.renew(first.lease, 1002, 1000)).toBe(false);
      await store.leases.release(first.lease);
      expect(await store.leases.read('k')).toMatchObject({ token: 2, expiresAt: 2001 });
    });

    it('takes over at once from a holder that is known to be gone', async () => {
      await store.leases.acquire({ key: 'dead', holder: alice, now: 0, ttlMs: 60_000, isGone: alive });
      const taken = await store.leases.acquire({
        key: 'dead',
        holder: bob,
        now: 1,
        ttlMs: 60_000,
        isGone: (holder) => holder.pid === 1,
      });
      expect(taken).toMatchObject({ kind: 'acquired', lease: { token: 2 } });
    });

    it('gives a released lease to the next who asks', async () => {
      const first = await store.leases.acquire({ key: 'free', holder: alice, now: 5, ttlMs: 60_000, isGone: alive });
      if (first.kind !== 'acquired') throw new Error('not acquired');
      await store.leases.release(first.lease);
      expect(
        await store.leases.acquire({ key: 'free', holder: bob, now: 6, ttlMs: 60_000, isGone: alive }),
      ).toMatchObject({ kind: 'acquired', lease: { token: 2 } });
    });

    it('keeps what was verified when something new is declared', async () => {
      const { records } = store;
      await records.declare('c', { definition: 'one', inputs, nextVersion: 'v1' }, 1);
      await records.verified('c', 'v1', 'digest-1', 2);
      await records.declare('c', { definition: 'two', inputs, nextVersion: 'v2' }, 3);
      expect(await records.read('c')).toEqual({
        id: 'c',
        definition: 'two',
        inputs,
        nextVersion: 'v2',
        currentVersion: 'v1',
        lastVersion: 'v1',
        verifiedDigest: 'digest-1',
        problems: [],
      });
      await records.reportProblems('c', [{ code: 'STACK_FAILED', message: 'no' }], 4);
      expect((await records.read('c'))?.problems).toEqual([{ code: 'STACK_FAILED', message: 'no' }]);
      await records.forget('c');
      expect(await records.read('c')).toBeUndefined();
    });

    it('keeps the journal of a run: its plan, steps in order, events after a mark', async () => {
      const { journal } = store;
      await journal.begin({
        id: 'r1',
        clusterId: 'c1',
        kind: 'up',
        version: 'v',
        digest: 'd',
        plan: { changes: [1] },
        startedAt: 10,
      });
      await journal.beginStep('r1', 'stack/network', 11);
      await journal.endStep('r1', 'stack/network', 'failed', 12, { code: 'X', message: 'broken' });
      await journal.beginStep('r1', 'stack/network', 13);
      await journal.endStep('r1', 'stack/network', 'done', 14);
      await journal.record('r1', 15, { type: 'one' });
      await journal.record('r1', 16, { type: 'two' });
      await journal.end('r1', 'done', 17);
      expect(await journal.lastRun('c1')).toMatchObject({
        id: 'r1',
        state: 'done',
        plan: { changes: [1] },
        endedAt: 17,
      });
      expect(await journal.steps('r1')).toEqual([
        { changeId: 'stack/network', state: 'done', startedAt: 11, endedAt: 14 },
      ]);
      const [first] = await journal.events('r1');
      expect(first?.event).toEqual({ type: 'one' });
      expect((await journal.events('r1', first?.seq)).map(({ event }) => event)).toEqual([{ type: 'two' }]);
    });

    it('is read by a second process while the first writes', async () => {
      const second = await openStore(place);
      await store.journal.begin({ id: 'r2', clusterId: 'c2', kind: 'up', plan: {}, startedAt: 1 });
      expect(await second.journal.lastRun('c2')).toMatchObject({ id: 'r2', state: 'running' });
      await second.journal.record('r2', 2, { from: 'second' });
      expect(await store.journal.events('r2')).toHaveLength(1);
      await second.close();
    });

    it('opens a new store from two processes at once', async () => {
      const fresh = await locate();
      const both = await Promise.all([openStore(fresh), openStore(fresh)]);
      await both[0].audit({ at: 1, actor: 'alice', action: 'up', subject: 'shop' });
      await Promise.all(both.map((opened) => opened.close()));
    });
  });
}
