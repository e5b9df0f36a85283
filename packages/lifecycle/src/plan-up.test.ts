import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { planUp } from './plan-up.ts';
import { caller, clusterText, type FakeWorld, smallTarget, startFakeWorld } from './testing/fake-world.ts';
import { linesOf, mustPlan, up } from './testing/walks.ts';

// A whole road each: a second, on a machine that has time.
vi.setConfig({ testTimeout: 30_000 });

let world: FakeWorld;
beforeEach(async () => {
  world = await startFakeWorld();
});
afterEach(() => world.close());
const signal = new AbortController().signal;

const problemsOf = async (text: string) => {
  const target = await smallTarget({ text });
  const prepared = await planUp(await world.machine('alice'), target, { refreshInputs: false, signal });
  return 'problems' in prepared ? prepared.problems : [];
};

describe('a plan', () => {
  it('of a cluster that is not there makes everything, in the order of the phases, and writes nothing', async () => {
    const { plan } = await mustPlan(await world.machine('alice'), await smallTarget());
    expect([...new Set(plan.changes.map(({ phase }) => phase))]).toEqual([
      ...['network', 'foundation', 'control-plane', 'access', 'add-ons-before', 'pools', 'add-ons-after', 'manifests'],
    ]);
    expect(plan.changes.filter(({ action }) => action !== 'create').map(({ id }) => id)).toEqual(['logs/retention']);
    expect(plan.header).toMatchObject({ cluster: 'shop', account: '123456789012', region: 'eu-central-1', caller });
    expect([...world.aws.taken, ...world.kubernetes.writes]).toEqual([]);
  });

  it('of a cluster that is there writes nothing either', async () => {
    const here = await world.machine('alice');
    await up(here, await smallTarget());
    const [aws, kubernetes] = [world.aws.taken.length, world.kubernetes.writes.length];
    const changed = await smallTarget({ front: 'two', text: clusterText.replace('max: 3', 'max: 5') });
    const prepared = await mustPlan(here, changed);
    expect(linesOf(prepared).map((line) => line.replace(/-[0-9a-f]{8}:/, ':'))).toEqual([
      'update eks/node-group/app-eu-central-1b: scalingConfig.maxSize',
      'update eks/node-group/app-eu-central-1c: scalingConfig.maxSize',
      'update object/front/ConfigMap/shop/front: data.value',
    ]);
    expect([world.aws.taken.length, world.kubernetes.writes.length]).toEqual([aws, kubernetes]);
  });

  it('says what a person should know of the file, also what only the world can tell', async () => {
    const reserve = 'size: {min: 1, max: 3}, reserve: {system: {memory: 3Gi}}';
    const target = await smallTarget({ text: clusterText.replace('size: {min: 1, max: 3}', reserve) });
    const { plan } = await mustPlan(await world.machine('alice'), target);
    expect(plan.warnings).toContainEqual(expect.stringMatching(/^cluster\.yaml:12:\d+.*the reservations take \d+ %/));
  });

  it('is refused with its place in the file when it would change what cannot be changed', async () => {
    await up(await world.machine('alice'), await smallTarget());
    expect(await problemsOf(clusterText.replace('10.40.0.0/16', '10.50.0.0/16'))).toMatchObject([
      { code: 'ONE_WAY_CHANGE', line: 9 },
    ]);
  });

  it('is refused where a stack of that name is another cluster’s, also before anything is there', async () => {
    const machine = await world.machine('alice');
    await machine.writer.write('cloudformation', 'CreateStack', {
      StackName: 'roadstead-shop-network',
      TemplateBody: '{}',
      Tags: [{ Key: 'roadstead.dev/cluster', Value: 'other' }],
    });
    expect(await problemsOf(clusterText)).toMatchObject([{ code: 'FOREIGN_STACK' }]);
  });

  it('of another account is refused before anything is looked at', async () => {
    const text = clusterText.replace('aws:123456789012', 'aws:210987654321');
    await expect(problemsOf(text)).rejects.toMatchObject({ code: 'WRONG_ACCOUNT' });
  });
});

describe('an API server that lets nobody in', () => {
  it.each([401, 403])('with %s is no fault while the caller’s own access entry is still to be made', async (status) => {
    const here = await world.machine('alice');
    await up(here, await smallTarget());
    world.aws.eks.entries.clear();
    world.kubernetes.fault = () => status;
    const lines = linesOf(await mustPlan(here, await smallTarget()));
    expect(lines).toContain(`create eks/access-entry/${caller}`);
    expect(lines).toContain('create object/front/ConfigMap/shop/front');
  });

  it.each([
    [401, 'KUBE_UNAUTHORIZED'],
    [403, 'KUBE_FORBIDDEN'],
  ])('with %s is told as what it is once the entry is there', async (status, code) => {
    const here = await world.machine('alice');
    await up(here, await smallTarget());
    world.kubernetes.fault = () => status;
    await expect(mustPlan(here, await smallTarget())).rejects.toMatchObject({ code });
  });
});
