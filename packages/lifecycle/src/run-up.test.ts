import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readStatus } from './read-status.ts';
import { type FakeWorld, smallTarget, startFakeWorld } from './testing/fake-world.ts';
import { follow, linesOf, mustPlan, up } from './testing/walks.ts';

// A whole road each: a second, on a machine that has time.
vi.setConfig({ testTimeout: 30_000 });

let world: FakeWorld;
beforeEach(async () => {
  world = await startFakeWorld();
});
afterEach(() => world.close());

const never = new AbortController().signal;
const id = 'aws:123456789012:eu-central-1:shop';
const creates = () => world.aws.taken.filter((write) => /:Create/.test(write));
const groups = () => [...world.aws.eks.nodeGroups.keys()];
const started = (told: readonly string[]) => told.flatMap((text) => text.match(/^step-started (.*)/)?.[1] ?? []);

describe('up', () => {
  it('walks the phases in their order, verifies, and makes the version current', async () => {
    const here = await world.machine('alice');
    const prepared = await mustPlan(here, await smallTarget());
    const { outcome, told } = await follow(here, prepared);
    expect(outcome).toEqual({ state: 'done' });
    expect(told.filter((text) => text.startsWith('phase-started'))).toEqual(
      ['network', 'foundation', 'control-plane', 'access', 'add-ons-before', 'pools', 'add-ons-after', 'manifests'].map(
        (phase) => `phase-started ${phase}`,
      ),
    );
    expect(started(told).slice(-3)).toEqual(['component/base', 'component/front', 'verify']);
    expect(await here.store.records.read(id)).toMatchObject({
      currentVersion: prepared.release.version,
      verifiedDigest: prepared.release.digest,
      problems: [],
    });
  });

  it('twice changes nothing, and so it does from another machine', async () => {
    const here = await world.machine('alice');
    await up(here, await smallTarget());
    const [aws, kubernetes] = [world.aws.taken.length, world.kubernetes.writes.length];
    for (const machine of [here, await world.machine('bob')]) {
      const prepared = await mustPlan(machine, await smallTarget());
      expect(linesOf(prepared)).toEqual([]);
      expect(await follow(machine, prepared)).toMatchObject({ outcome: { state: 'done' } });
    }
    expect([world.aws.taken.length, world.kubernetes.writes.length]).toEqual([aws, kubernetes]);
  });

  it('begins nothing after a step that failed, tells why, and goes on from there', async () => {
    const here = await world.machine('alice');
    world.aws.stacks.failing.set('ClusterRole', 'API: iam:CreateRole User is not authorized');
    const { outcome, told } = await up(here, await smallTarget());
    const failure = { code: 'STACK_FAILED', message: expect.stringContaining('ClusterRole') };
    expect(outcome).toMatchObject({ state: 'failed', failures: [{ step: 'stack/foundation', failure }] });
    expect(started(told)).toEqual(['stack/network', 'stack/foundation']);
    const status = await readStatus(here, await smallTarget(), never);
    expect(status).toMatchObject({ problems: [failure], run: { state: 'failed', failure } });
    world.aws.stacks.failing.clear();
    expect((await up(here, await smallTarget())).outcome).toEqual({ state: 'done' });
    expect((await readStatus(here, await smallTarget(), never)).problems).toEqual([]);
    expect(creates().filter((write) => write.endsWith('network'))).toHaveLength(1);
  });

  it('stops between steps when it is asked to, and goes on from there', async () => {
    const here = await world.machine('alice');
    const stop = new AbortController();
    const onEvent = (told: string) => (told === 'step-started stack/foundation' ? stop.abort() : undefined);
    const { outcome, told } = await up(here, await smallTarget(), { stop: stop.signal, onEvent });
    expect(started(told)).toEqual(['stack/network', 'stack/foundation']);
    expect(outcome).toMatchObject({
      state: 'stopped',
      remaining: expect.arrayContaining(['eks/cluster', 'component/front', 'verify']),
    });
    expect(await here.store.journal.lastRun(id)).toMatchObject({ state: 'stopped' });
    const second = await mustPlan(here, await smallTarget());
    expect(linesOf(second)[0]).toBe('create eks/cluster');
    expect((await follow(here, second)).outcome).toEqual({ state: 'done' });
    expect(new Set(creates()).size).toBe(creates().length);
  });

  it('that was ended at once waits for what is under way, asks for nothing twice, and closes the run before', async () => {
    const here = await world.machine('alice');
    const abort = new AbortController();
    const onEvent = (told: string) =>
      told.startsWith('step-started eks/node-group') ? setImmediate(() => abort.abort()) : undefined;
    const { outcome } = await up(here, await smallTarget(), { abort: abort.signal, onEvent });
    expect(outcome).toMatchObject({
      state: 'stopped',
      remaining: expect.arrayContaining(groups().map((name) => `eks/node-group/${name}`)),
    });
    const second = await mustPlan(here, await smallTarget());
    expect(linesOf(second)).not.toContain('create eks/cluster');
    expect((await follow(here, second)).outcome).toEqual({ state: 'done' });
    expect(new Set(creates()).size).toBe(creates().length);
    expect((await here.store.audit.latest(id, 9)).map(({ actor, action }) => `${action} ${actor}`)).toEqual(
      ['up-done', 'up-begun', 'up-stopped', 'up-begun'].map(
        (each) => `${each} arn:aws:iam::123456789012:user/operator`,
      ),
    );
  });
});

describe('status', () => {
  it('tells what is verified, what is there, and who did what', async () => {
    const here = await world.machine('alice');
    const prepared = await mustPlan(here, await smallTarget());
    await follow(here, prepared);
    expect(await readStatus(here, await smallTarget(), never)).toMatchObject({
      controlPlane: 'ACTIVE',
      currentVersion: prepared.release.version,
      run: { state: 'done' },
      nodes: [
        { pool: 'app', ready: 1 },
        { pool: 'app', ready: 1 },
      ],
      history: [{ action: 'up-done' }, { action: 'up-begun', detail: { user: 'alice' } }],
      warnings: [],
    });
  });

  it('says when nodes cannot be listed, and tells the rest', async () => {
    await up(await world.machine('alice'), await smallTarget());
    world.kubernetes.fault = () => 403;
    const status = await readStatus(await world.machine('bob'), await smallTarget(), never);
    expect(status).toMatchObject({ controlPlane: 'ACTIVE', nodes: [], history: [] });
    expect(status.warnings).toEqual([expect.stringContaining('Nodes cannot be listed')]);
  });
});

describe('what has moved since the plan was shown', () => {
  it('in Kubernetes stops the run before anything is applied', async () => {
    const here = await world.machine('alice');
    await up(here, await smallTarget());
    const prepared = await mustPlan(here, await smallTarget({ front: 'two' }));
    expect(linesOf(prepared)).toEqual(['update object/front/ConfigMap/shop/front: data.value']);
    const base = '/api/v1/namespaces/shop/configmaps/base';
    const edited = { ...world.kubernetes.objects.get(base), data: { value: 'by hand' } };
    world.kubernetes.objects.set(base, edited as never);
    const { outcome } = await follow(here, prepared);
    const message = expect.stringMatching(/has moved[^]*ConfigMap shop\/base/);
    expect(outcome).toMatchObject({ state: 'failed', failures: [{ failure: { code: 'PLAN_MOVED', message } }] });
    expect(world.kubernetes.objects.get('/api/v1/namespaces/shop/configmaps/front')?.data).toEqual({ value: 'one' });
  });

  it('in AWS stops the step that would do more than it said', async () => {
    const here = await world.machine('alice');
    await up(here, await smallTarget());
    const [name = ''] = groups();
    const group = world.aws.eks.nodeGroups.get(name);
    if (group === undefined) throw new Error('no group');
    group.scalingConfig = { minSize: 1, maxSize: 9, desiredSize: 1 };
    const prepared = await mustPlan(here, await smallTarget());
    expect(linesOf(prepared)).toEqual([`update eks/node-group/${name}: scalingConfig.maxSize`]);
    group.releaseVersion = '1.36.0-20260901';
    const taken = world.aws.taken.length;
    const { outcome } = await follow(here, prepared);
    expect(outcome).toMatchObject({ state: 'failed', failures: [{ failure: { code: 'PLAN_MOVED' } }] });
    expect(world.aws.taken.slice(taken)).toEqual([]);
  });
});

describe('two machines', () => {
  it('share what is there: one that has an old record goes on with what the other made since', async () => {
    const [alice, bob] = await Promise.all([world.machine('alice'), world.machine('bob')]);
    await up(alice, await smallTarget());
    await up(bob, await smallTarget());
    const later = { ...alice, reader: (await world.machine('alice', { amiRelease: '1.36.2-20261120' })).reader };
    const rolled = await mustPlan(later, await smallTarget(), true);
    const roll = groups().map((name) => `update eks/node-group/${name}: releaseVersion`);
    expect(linesOf(rolled)).toEqual(roll);
    expect((await follow(later, rolled)).outcome).toEqual({ state: 'done' });
    expect(linesOf(await mustPlan(bob, await smallTarget()))).toEqual([]);
    await up(bob, await smallTarget());
    expect((await bob.store.records.read(id))?.inputs?.amiReleases).toEqual({ '1.36/arm64': '1.36.2-20261120' });
  });

  it('finish what the other began and did not end', async () => {
    const [alice, bob] = await Promise.all([world.machine('alice'), world.machine('bob')]);
    await up(alice, await smallTarget());
    await up(bob, await smallTarget());
    const later = { ...alice, reader: (await world.machine('alice', { amiRelease: '1.36.2-20261120' })).reader };
    world.aws.fault = (operation) =>
      operation === 'eks:UpdateNodegroupVersion' ? { when: 'before', error: new Error('cut off') } : undefined;
    const rolled = await mustPlan(later, await smallTarget(), true);
    expect((await follow(later, rolled)).outcome).toMatchObject({ state: 'failed' });
    world.aws.fault = () => undefined;
    const roll = groups().map((name) => `update eks/node-group/${name}: releaseVersion`);
    for (const machine of [alice, bob]) expect(linesOf(await mustPlan(machine, await smallTarget()))).toEqual(roll);
  });

  it('show what somebody changed by hand, with a record or without one', async () => {
    const [alice, bob] = await Promise.all([world.machine('alice'), world.machine('bob')]);
    await up(alice, await smallTarget());
    const addon = world.aws.eks.addons.get('coredns');
    if (addon === undefined) throw new Error('no add-on');
    addon.addonVersion = 'v9.9.9-eksbuild.9';
    for (const machine of [alice, bob])
      expect(linesOf(await mustPlan(machine, await smallTarget()))).toEqual([
        'update eks/add-on/coredns: addonVersion',
      ]);
  });

  it('read inputs back from what is there while the API server lets nobody look', async () => {
    const [alice, bob] = await Promise.all([world.machine('alice'), world.machine('bob', { amiRelease: 'newer' })]);
    await up(alice, await smallTarget());
    world.aws.eks.entries.clear();
    world.kubernetes.fault = () => 401;
    const prepared = await mustPlan(bob, await smallTarget());
    expect(prepared.inputs.amiReleases).toEqual({ '1.36/arm64': '1.36.1-20261101' });
  });
});

describe('the lease', () => {
  it('keeps a second run away by name', async () => {
    const here = await world.machine('alice');
    const prepared = await mustPlan(here, await smallTarget());
    const first = follow(here, prepared);
    await world.clock.sleep(1000);
    await expect(follow(here, prepared)).rejects.toMatchObject({
      code: 'CLUSTER_BUSY',
      message: expect.stringContaining('alice is working on this cluster: `up`'),
    });
    expect((await readStatus(here, await smallTarget(), never)).working).toMatchObject({ user: 'alice', pid: 1 });
    expect((await first).outcome).toEqual({ state: 'done' });
  });

  it('that was taken ends the run by name: nothing is asked of AWS after, and the new owner finishes', async () => {
    const here = await world.machine('alice');
    const bob = { ...here, holder: { ...here.holder, user: 'bob', pid: 2 }, isGone: () => true };
    let taken = 0;
    const onEvent = (told: string) => {
      if (told !== 'step-started eks/cluster') return;
      const request = { key: id, holder: bob.holder, now: world.clock.now(), ttlMs: 60_000, isGone: () => true };
      void here.store.leases.acquire(request).then(() => {
        taken = world.aws.taken.length;
      });
    };
    const { outcome } = await up(here, await smallTarget(), { onEvent });
    expect(outcome).toMatchObject({
      state: 'failed',
      failures: [{ failure: { code: 'LEASE_LOST', message: expect.stringContaining('taken by bob: `up` since') } }],
    });
    expect(taken).toBeGreaterThan(0);
    // One request may be under way.
    expect(world.aws.taken.length - taken).toBeLessThanOrEqual(1);
    expect(await here.store.journal.lastRun(id)).toMatchObject({ state: 'running' });
    expect((await up(bob, await smallTarget())).outcome).toEqual({ state: 'done' });
    expect(new Set(creates()).size).toBe(creates().length);
  });
});
