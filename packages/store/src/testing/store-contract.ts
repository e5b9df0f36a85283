import { FakeClock } from '@roadstead/foundation';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Holder,
  type Lease,
  type NewRun,
  openStore,
  openStoreReader,
  type RunJournal,
  type Store,
  type StoreLocation,
  type StoreReader,
} from '../index.ts';

const alice: Holder = { host: 'a', pid: 1, purpose: 'up', user: 'alice' };
const bob: Holder = { host: 'b', pid: 2, purpose: 'up', user: 'bob' };
const inputs = { zones: [], amiReleases: {}, addonVersions: {}, instanceTypes: {} };
const alive = () => false;
const actor = 'arn:aws:iam::123456789012:user/alice';
type NewUp = Extract<NewRun, { kind: 'up' }>;
const up = (id: string, more: Partial<NewUp> = {}): NewUp => ({
  kind: 'up',
  id,
  plan: {},
  actor,
  version: 'v',
  digest: 'd',
  declared: { definition: 'one', inputs },
  ...more,
});
const down = (id: string): NewRun => ({ kind: 'down', id, plan: {}, actor });

/** A place of an engine, from outside of the store. */
export interface Places {
  /** A fresh, empty place; the suite opens it more than once. */
  locate(): Promise<StoreLocation>;
  execute(place: StoreLocation, sql: string): Promise<void>;
  /** Whether something was made in a place. */
  isEmpty(place: StoreLocation): Promise<boolean>;
}

/** What every engine keeps. */
export function storeContract(engine: string, { locate, execute, isEmpty }: Places): void {
  describe(`the store on ${engine}`, () => {
    let place: StoreLocation;
    let store: Store;
    beforeAll(async () => {
      place = await locate();
      store = await openStore(place);
    });
    afterAll(() => store?.close());

    async function hold(key: string, holder = alice, ttlMs = 60_000, clock = new FakeClock(0)) {
      const answer = await store.leases.acquire({ key, holder, now: clock.now(), ttlMs, isGone: alive });
      if (answer.kind === 'held') throw new Error(`${key} is held`);
      return { lease: answer.lease, clock };
    }

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

    it('keeps what was verified when something new is declared, and tells why a run failed', async () => {
      const { lease, clock } = await hold('c');
      const first = await store.beginRun(lease, clock, up('c1', { version: 'v1', digest: 'digest-1' }));
      await first.end({ state: 'done' });
      const declared = { definition: 'two', inputs, inputsBase: 'base' };
      await clock.advance(1);
      const second = await store.beginRun(lease, clock, up('c2', { version: 'v2', declared }));
      const verified = { currentVersion: 'v1', lastVersion: 'v1', verifiedDigest: 'digest-1' };
      const expected = { id: 'c', ...declared, nextVersion: 'v2', ...verified, problems: [] };
      expect(await store.records.read('c')).toEqual(expected);
      const problem = { code: 'STACK_FAILED', message: 'no' };
      await second.end({ state: 'failed', problems: [problem] });
      expect(await store.records.read('c')).toEqual({ ...expected, problems: [problem] });
      expect(await store.journal.lastRun('c')).toMatchObject({ state: 'failed', failure: problem });
    });

    it('forgets a cluster whose way down is done, and only then', async () => {
      const { lease, clock } = await hold('gone');
      await (await store.beginRun(lease, clock, up('g1'))).end({ state: 'done' });
      await (await store.beginRun(lease, clock, down('g2'))).end({ state: 'stopped' });
      expect(await store.records.read('gone')).toMatchObject({ currentVersion: 'v' });
      await (await store.beginRun(lease, clock, down('g3'))).end({ state: 'done' });
      expect(await store.records.read('gone')).toBeUndefined();
    });

    it('keeps the journal of a run: its plan, steps in order, events after a mark', async () => {
      const { lease, clock } = await hold('j');
      const run = await store.beginRun(lease, clock, up('r1', { plan: { changes: [1] } }));
      await run.beginStep('stack/network');
      await clock.advance(1);
      await run.endStep('stack/network', 'failed', { code: 'X', message: 'broken' });
      await run.beginStep('stack/network');
      await clock.advance(2);
      await run.endStep('stack/network', 'done');
      await run.record({ type: 'one' });
      await run.record({ type: 'two' });
      await run.end({ state: 'done' });
      const expected = { id: 'r1', state: 'done', plan: { changes: [1] }, startedAt: 0, endedAt: 3 };
      expect(await store.journal.lastRun('j')).toMatchObject(expected);
      expect(await store.journal.steps('r1')).toEqual([
        { changeId: 'stack/network', state: 'done', startedAt: 0, endedAt: 3 },
      ]);
      const [first] = await store.journal.events('r1');
      expect(first?.event).toEqual({ type: 'one' });
      expect((await store.journal.events('r1', first?.seq)).map(({ event }) => event)).toEqual([{ type: 'two' }]);
    });

    describe('to a holder whose lease is gone', () => {
      /** Every write there is. None may leave a trace. */
      const writes: [string, (run: RunJournal, lease: Lease, clock: FakeClock) => Promise<unknown>][] = [
        ['the beginning of a step', (run) => run.beginStep('late')],
        ['the end of a step', (run) => run.endStep('step', 'done')],
        ['an event', (run) => run.record({ type: 'late' })],
        ['the end of a run', (run) => run.end({ state: 'done' })],
        ['another run', (run, lease, clock) => store.beginRun(lease, clock, up(`${run.id}-late`))],
      ];
      const everything = async (key: string, runs: readonly string[]) => ({
        record: await store.records.read(key),
        last: await store.journal.lastRun(key),
        audit: await store.audit.latest(key, 100),
        steps: await Promise.all(runs.map((id) => store.journal.steps(id))),
        events: await Promise.all(runs.map((id) => store.journal.events(id))),
      });

      it.each(writes)('refuses %s by the name of who took it', async (what, write) => {
        const key = `taken ${what}`;
        const { lease, clock } = await hold(key, alice, 1000);
        const stale = await store.beginRun(lease, clock, up(`stale ${what}`));
        await stale.beginStep('step');
        await clock.advance(1001);
        const taken = await hold(key, bob, 60_000, clock);
        const fresh = await store.beginRun(taken.lease, clock, up(`fresh ${what}`, { version: 'new' }));
        const before = await everything(key, [stale.id, fresh.id, `${stale.id}-late`]);
        await expect(write(stale, lease, clock)).rejects.toMatchObject({
          code: 'LEASE_LOST',
          message: 'The lease was taken by bob: `up` since 1970-01-01T00:00:01.001Z (process 2 on b)',
        });
        expect(await everything(key, [stale.id, fresh.id, `${stale.id}-late`])).toEqual(before);
        await fresh.end({ state: 'done' });
        expect(await store.records.read(key)).toMatchObject({ currentVersion: 'new' });
      });

      it.each(writes)('refuses %s when it has run out, until it is renewed', async (what, write) => {
        const { lease, clock } = await hold(`out ${what}`, alice, 1000);
        const run = await store.beginRun(lease, clock, up(`out ${what}`));
        await run.beginStep('step');
        await clock.advance(1000);
        await expect(write(run, lease, clock)).rejects.toMatchObject({ code: 'LEASE_LOST' });
        expect(await store.leases.renew(lease, clock.now(), 1000)).toBe(true);
        await write(run, lease, clock);
      });

      it('refuses what comes after it was let go', async () => {
        const { lease, clock } = await hold('let-go');
        const run = await store.beginRun(lease, clock, up('let-go'));
        await store.leases.release(lease);
        await expect(run.record({})).rejects.toMatchObject({ code: 'LEASE_LOST' });
        expect(await store.leases.renew(lease, clock.now(), 1000)).toBe(false);
      });

      it('lets no takeover come between the check and the write', async () => {
        const { lease, clock } = await hold('race', alice, 1000);
        const run = await store.beginRun(lease, clock, up('race'));
        const request = { key: 'race', holder: bob, now: clock.now(), ttlMs: 1000, isGone: () => true };
        const [, written] = await Promise.all([
          store.leases.acquire(request),
          Promise.allSettled(Array.from({ length: 20 }, (_, index) => run.record({ index }))),
        ]);
        const events = await store.journal.events('race');
        expect(events).toHaveLength(written.filter(({ status }) => status === 'fulfilled').length);
        await expect(run.record({})).rejects.toMatchObject({ code: 'LEASE_LOST' });
      });
    });

    it('closes the run of a process that died when the next one begins', async () => {
      const { lease, clock } = await hold('died', alice, 1000);
      await store.beginRun(lease, clock, up('died-1'));
      await clock.advance(2000);
      const taken = await hold('died', bob, 1000, clock);
      const next = await store.beginRun(taken.lease, clock, up('died-2'));
      expect(await store.journal.lastRun('died')).toMatchObject({ id: 'died-2', state: 'running' });
      await next.end({ state: 'done' });
      expect((await store.audit.latest('died', 10)).map(({ actor, action }) => `${actor} ${action}`)).toEqual([
        'arn:aws:iam::123456789012:user/alice up-done',
        'arn:aws:iam::123456789012:user/alice up-begun',
        'bob@b lease-taken-over',
        'arn:aws:iam::123456789012:user/alice up-begun',
      ]);
    });

    it('keeps the newest fifty runs of a cluster, and that there were others', async () => {
      const { lease, clock } = await hold('many-runs');
      for (let index = 0; index < 52; index++) {
        const run = await store.beginRun(lease, clock, down(`many-${index}`));
        await run.beginStep('step');
        await run.record({ index });
        await clock.advance(1);
      }
      const kept = async (index: number) => {
        const [steps, events] = [
          await store.journal.steps(`many-${index}`),
          await store.journal.events(`many-${index}`),
        ];
        return steps.length + events.length;
      };
      expect([await kept(0), await kept(1), await kept(2), await kept(51)]).toEqual([0, 0, 2, 2]);
      expect(await store.audit.latest('many-runs', 100)).toHaveLength(52);
    });

    it('keeps the audit of a cluster that is forgotten', async () => {
      const { lease, clock } = await hold('audited');
      const run = await store.beginRun(lease, clock, down('audited'));
      await run.end({ state: 'done' });
      expect(await store.audit.latest('audited', 1)).toEqual([
        {
          at: 0,
          actor: 'arn:aws:iam::123456789012:user/alice',
          action: 'down-done',
          subject: 'audited',
          detail: { run: 'audited', user: 'alice', host: 'a' },
        },
      ]);
    });

    it('tells the run of the newest lease, whatever the clock of its process said', async () => {
      const ahead = await hold('skewed', alice, 1000, new FakeClock(50_000));
      await (await store.beginRun(ahead.lease, ahead.clock, up('skewed-1'))).end({ state: 'done' });
      await store.leases.release(ahead.lease);
      const behind = await hold('skewed', bob, 1000, new FakeClock(10));
      await store.beginRun(behind.lease, behind.clock, up('skewed-2'));
      expect(await store.journal.lastRun('skewed')).toMatchObject({ id: 'skewed-2' });
    });

    it('lists the runs of a cluster by lease, newest first, with their plans, also when it is gone', async () => {
      const ahead = await hold('listed', alice, 1000, new FakeClock(50_000));
      await (await store.beginRun(ahead.lease, ahead.clock, up('listed-1', { plan: { changes: [1] } }))).end({
        state: 'stopped',
      });
      await ahead.clock.advance(1);
      const problem = { code: 'STACK_FAILED', message: 'no' };
      await (await store.beginRun(ahead.lease, ahead.clock, up('listed-2'))).end({
        state: 'failed',
        problems: [problem],
      });
      await store.leases.release(ahead.lease);
      const behind = await hold('listed', bob, 1000, new FakeClock(10));
      await (await store.beginRun(behind.lease, behind.clock, down('listed-3'))).end({ state: 'done' });
      const other = await hold('listed-other');
      await store.beginRun(other.lease, other.clock, up('listed-other-1'));
      const runs = await store.journal.runs('listed', 10);
      expect(runs).toEqual([
        expect.objectContaining({ id: 'listed-3', kind: 'down', state: 'done', startedAt: 10, endedAt: 10 }),
        expect.objectContaining({ id: 'listed-2', kind: 'up', state: 'failed', failure: problem }),
        expect.objectContaining({ id: 'listed-1', version: 'v', digest: 'd', plan: { changes: [1] } }),
      ]);
      expect(await store.journal.runs('listed', 2)).toEqual(runs.slice(0, 2));
      expect(await store.journal.runs('nobody', 10)).toEqual([]);
    });

    it('is read by a second process while the first writes', async () => {
      const second = await openStore(place);
      const { lease, clock } = await hold('c2');
      const run = await store.beginRun(lease, clock, up('r2'));
      expect(await second.journal.lastRun('c2')).toMatchObject({ id: 'r2', state: 'running' });
      await run.record({ from: 'first' });
      expect(await second.journal.events('r2')).toHaveLength(1);
      await second.close();
    });

    it('opens a new store from two processes at once', async () => {
      const fresh = await locate();
      const both = await Promise.all([openStore(fresh), openStore(fresh)]);
      for (const opened of both) expect(await opened.audit.latest('shop', 1)).toEqual([]);
      await Promise.all(both.map((opened) => opened.close()));
    });

    describe('for who only looks', () => {
      const told = async (reader: StoreReader) => ({
        record: await reader.records.read('seen'),
        lease: await reader.leases.read('seen'),
        run: await reader.journal.lastRun('seen'),
        steps: await reader.journal.steps('seen-1'),
        events: await reader.journal.events('seen-1'),
        audit: await reader.audit.latest('seen', 10),
      });
      const look = async (at: StoreLocation) => {
        const reader = await openStoreReader(at);
        const found = await told(reader);
        await reader.close();
        return found;
      };
      /** One finished run of the cluster `seen`. */
      const written = async () => {
        const at = await locate();
        const writer = await openStore(at);
        const clock = new FakeClock(5);
        const asked = { key: 'seen', holder: alice, now: clock.now(), ttlMs: 1000, isGone: alive };
        const answer = await writer.leases.acquire(asked);
        if (answer.kind === 'held') throw new Error('held');
        const run = await writer.beginRun(answer.lease, clock, up('seen-1'));
        await run.beginStep('step');
        await run.record({ type: 'one' });
        await run.end({ state: 'done' });
        return { at, writer };
      };

      it('makes nothing in a place where nothing was recorded, and finds nothing', async () => {
        const at = await locate();
        const nothing = { record: undefined, lease: undefined, run: undefined, steps: [], events: [], audit: [] };
        expect(await look(at)).toEqual(nothing);
        expect(await isEmpty(at)).toBe(true);
      });

      it('finds what was written, while the writer works and when it has gone', async () => {
        const { at, writer } = await written();
        const expected = await told(writer);
        expect(expected).toMatchObject({ record: { currentVersion: 'v' }, run: { id: 'seen-1', state: 'done' } });
        expect(await look(at)).toEqual(expected);
        await writer.close();
        expect(await look(at)).toEqual(expected);
      });

      it('finds what an older Roadstead wrote, and leaves it as it is', async () => {
        const { at, writer } = await written();
        const expected = await told(writer);
        await writer.close();
        await execute(at, 'alter table clusters drop column inputs_base');
        await execute(at, 'alter table runs drop column token');
        await execute(at, "delete from kysely_migration where name <> '0001-first'");
        expect(await look(at)).toEqual(expected);
        await expect(execute(at, 'select token from runs')).rejects.toThrow(/token/);
      });

      it('refuses what a newer Roadstead wrote', async () => {
        const { at, writer } = await written();
        await writer.close();
        await execute(at, "insert into kysely_migration values ('9999-later', '')");
        await expect(openStoreReader(at)).rejects.toMatchObject({ code: 'STORE_MIGRATION' });
      });
    });
  });
}
