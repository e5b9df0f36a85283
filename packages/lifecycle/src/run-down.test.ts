import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type FakeWorld, smallTarget, startFakeWorld } from './testing/fake-world.ts';
import { down, linesOf, mustPlan, up } from './testing/walks.ts';

// A whole road each: a second, on a machine that has time.
vi.setConfig({ testTimeout: 30_000 });

let world: FakeWorld;
beforeEach(async () => {
  world = await startFakeWorld();
});
afterEach(() => world.close());

const id = 'aws:123456789012:eu-central-1:shop';
const started = (told: readonly string[]) => told.flatMap((text) => text.match(/^step-started (.*)/)?.[1] ?? []);
const place = (lines: readonly string[], start: string) => lines.findIndex((line) => line.startsWith(start));

const service = '/api/v1/namespaces/shop/services/front';
/** A Service with a load balancer, which its controller gives back when it is told to. */
function exposeService(): void {
  world.kubernetes.objects.set(service, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'front', namespace: 'shop', uid: 'uid-front' },
    spec: { type: 'LoadBalancer' },
  });
}

describe('down', () => {
  it('goes from load balancers to the network, forgets the cluster and keeps who did it', async () => {
    const here = await world.machine('alice');
    await up(here, await smallTarget());
    exposeService();
    const { outcome, told, receipt } = await down(here, await smallTarget());
    expect(outcome).toEqual({ state: 'done' });
    const order = [
      'kubernetes/load-balancers/shop/front',
      'eks/node-group',
      'stack/pool-app',
      'eks/add-on',
      'eks/cluster',
    ];
    const places = [...order, 'stack/foundation', 'stack/network'].map((start) => place(started(told), start));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(world.kubernetes.objects.has(service)).toBe(false);
    expect(world.aws.stacks.live.size + world.aws.eks.clusters.size).toBe(0);
    expect(receipt.removed).toEqual(
      expect.arrayContaining(['Service shop/front and its load balancer', 'cluster shop']),
    );
    expect(await here.store.records.read(id)).toBeUndefined();
    expect((await here.store.audit.latest(id, 2)).map(({ action }) => action)).toEqual(['down-done', 'down-begun']);
  });

  it('is refused before anything is deleted while others have a node group in the cluster', async () => {
    const here = await world.machine('alice');
    await up(here, await smallTarget());
    const theirs = { clusterName: 'shop', nodegroupName: 'theirs', tags: { team: 'data' } } as never;
    await world.aws.writer.write('eks', 'CreateNodegroup', theirs);
    const taken = world.aws.taken.length;
    const command = 'aws eks delete-nodegroup --cluster-name shop --nodegroup-name theirs';
    await expect(down(here, await smallTarget())).rejects.toMatchObject({
      code: 'FOREIGN_THINGS',
      message: expect.stringMatching(`node group theirs, made by team=data: delete it: ${command}\n  1 in all$`),
    });
    expect(world.aws.taken).toHaveLength(taken);
  });

  it('says beforehand and in the receipt what others made in the control plane and lose with it', async () => {
    const here = await world.machine('alice');
    await up(here, await smallTarget());
    const tags = { team: 'data' };
    await world.aws.writer.write('eks', 'CreateAccessEntry', { clusterName: 'shop', principalArn: 'arn:eve', tags });
    const { receipt, prepared } = await down(here, await smallTarget());
    const lost = 'access entry of arn:eve, made by team=data';
    expect(prepared.plan.warnings).toContain(`goes too: ${lost}: with cluster shop`);
    expect(receipt.removed).toContain(`${lost}, with cluster shop`);
  });

  it('of nothing is done, and needs no store that knows the cluster', async () => {
    const { outcome, prepared } = await down(await world.machine('alice'), await smallTarget());
    expect(prepared.plan.changes).toEqual([]);
    expect(outcome).toEqual({ state: 'done' });
  });

  it('stops at a step that failed, says what is not removed yet, and goes on from there', async () => {
    const here = await world.machine('alice');
    await up(here, await smallTarget());
    world.aws.fault = (operation) =>
      operation === 'eks:DeleteCluster' ? { when: 'before', error: new Error('Not today.') } : undefined;
    const { outcome, receipt, told } = await down(here, await smallTarget());
    expect(outcome).toMatchObject({ state: 'failed', failures: [{ failure: { message: 'Not today.' } }] });
    expect(started(told)).not.toContain('stack/foundation');
    expect(receipt.stayed.map(({ what }) => what)).toContain('cluster shop');
    expect((await here.store.records.read(id))?.problems).toMatchObject([{ message: 'Not today.' }]);
    world.aws.fault = () => undefined;
    const elsewhere = await down(await world.machine('bob'), await smallTarget());
    expect(elsewhere.outcome).toEqual({ state: 'done' });
    expect(started(elsewhere.told).some((step) => step.startsWith('eks/node-group'))).toBe(false);
    expect(world.aws.stacks.live.size).toBe(0);
  });

  it('stops between steps when it is asked to; up makes the cluster whole again', async () => {
    const here = await world.machine('alice');
    await up(here, await smallTarget());
    const stop = new AbortController();
    const onEvent = (told: string) => (told === 'step-started stack/pool-app' ? stop.abort() : undefined);
    const { outcome } = await down(here, await smallTarget(), { stop: stop.signal, onEvent });
    expect(outcome).toMatchObject({ state: 'stopped', remaining: expect.arrayContaining(['stack/network']) });
    expect(await here.store.records.read(id)).toBeDefined();
    expect(linesOf(await mustPlan(here, await smallTarget()))).toContain('create stack/pool-app');
    expect((await up(here, await smallTarget())).outcome).toEqual({ state: 'done' });
    expect(linesOf(await mustPlan(here, await smallTarget()))).toEqual([]);
  });

  it('fails while the control plane is still there when Kubernetes would not give a load balancer back', async () => {
    const here = await world.machine('alice');
    await up(here, await smallTarget());
    exposeService();
    world.kubernetes.fault = (method, path) => (method === 'DELETE' && path === service ? 403 : undefined);
    const { outcome, receipt } = await down(here, await smallTarget());
    expect(outcome).toMatchObject({ state: 'failed', failures: [{ failure: { code: 'KUBE_FORBIDDEN' } }] });
    expect(receipt.removed).toEqual([]);
    expect(world.aws.eks.nodeGroups.size).toBe(2);
  });

  it('goes on without Kubernetes where nobody is let in, and says what that leaves', async () => {
    const here = await world.machine('alice');
    await up(here, await smallTarget());
    world.kubernetes.fault = () => 401;
    const { outcome, prepared } = await down(here, await smallTarget());
    expect(prepared.plan.warnings).toContainEqual(expect.stringContaining('Services cannot be listed'));
    expect(outcome).toEqual({ state: 'done' });
  });

  it('whose lease was taken deletes nothing more and leaves the record to the new owner', async () => {
    const here = await world.machine('alice');
    await up(here, await smallTarget());
    const bob = { ...here.holder, user: 'bob' };
    let taken = 0;
    const onEvent = (told: string) => {
      if (told !== 'step-started stack/pool-app') return;
      const request = { key: id, holder: bob, now: world.clock.now(), ttlMs: 60_000, isGone: () => true };
      void here.store.leases.acquire(request).then(() => {
        taken = world.aws.taken.length;
      });
    };
    const { outcome } = await down(here, await smallTarget(), { onEvent });
    expect(outcome).toMatchObject({ state: 'failed', failures: [{ failure: { code: 'LEASE_LOST' } }] });
    expect(taken).toBeGreaterThan(0);
    expect(world.aws.taken.length - taken).toBeLessThanOrEqual(1);
    expect(world.aws.eks.clusters.has('shop')).toBe(true);
    expect(await here.store.records.read(id)).toBeDefined();
  });
});
