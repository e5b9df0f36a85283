import type { Change } from '@roadstead/definition';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ResourceProgress } from '../execute/context.ts';
import { exampleGroup, exampleRelease } from '../testing/example-release.ts';
import { type FakeAws, fakeAws } from '../testing/fake-aws.ts';
import { fakeContext } from '../testing/run-changes.ts';
import { steppingClock } from '../testing/stepping-clock.ts';
import { applyAddon, deleteAddon } from './addon-step.ts';
import { applyNodeGroup, deleteNodeGroup } from './node-group-step.ts';

let clock: ReturnType<typeof steppingClock>;
let aws: FakeAws;
beforeEach(() => {
  clock = steppingClock();
  aws = fakeAws(clock);
  aws.eks.clusters.set('shop', { status: 'ACTIVE', tags: { 'roadstead.dev/cluster': 'shop' } });
});

const request = {
  nodegroupName: 'app-1',
  nodeRole: 'arn:role',
  subnets: ['subnet-1'],
  releaseVersion: 'b',
  scalingConfig: { minSize: 1, maxSize: 3 },
};
const group = { ...exampleGroup('app', 'a', '1'), request };
const own = {
  'roadstead.dev/cluster': 'shop',
  'roadstead.dev/pool': 'app',
  'roadstead.dev/zone': 'eu-central-1a',
};
const change = (more: Partial<Change> = {}): Change => ({
  id: 'eks/node-group/app-1',
  phase: 'pools',
  action: 'update',
  class: 'rolling',
  what: 'node group app-1',
  why: '',
  fields: [],
  ...more,
});

/** A node group that is there, and what becomes of it after some seconds. */
function given(fields: object, becomes?: { readonly fields: object; readonly afterSeconds: number }) {
  const thing = { ...request, nodegroupArn: 'arn:group', status: 'ACTIVE', tags: { ...own }, ...fields };
  aws.eks.nodeGroups.set('app-1', thing);
  if (becomes === undefined) return;
  let done = false;
  const read = aws.reader.read.bind(aws.reader);
  (aws.reader as { read: unknown }).read = (...args: Parameters<typeof read>) => {
    if (!done && clock.monotonic() >= becomes.afterSeconds * 1000) {
      Object.assign(thing, becomes.fields);
      done = true;
    }
    return read(...args);
  };
}

const release = exampleRelease({ eks: { ...exampleRelease().eks, nodeGroups: [group] } });
const issue = (code: string) => ({ health: { issues: [{ code, message: `because ${code}`, resourceIds: ['i-1'] }] } });

async function apply(planned = change()): Promise<{ outcome: string; told: ResourceProgress[] }> {
  const context = fakeContext(aws, clock);
  const { outcome } = await applyNodeGroup(context, planned, release, group);
  return { outcome, told: context.told };
}

describe('a node group that is found', () => {
  it.each<[string, object, string[]]>([
    ['as it should be', {}, []],
    ['being made', { status: 'CREATING' }, []],
    ['being updated by somebody', { status: 'UPDATING' }, []],
    ['with other bounds', { scalingConfig: { minSize: 1, maxSize: 9 } }, ['eks:UpdateNodegroupConfig app-1']],
    ['of another release', { releaseVersion: 'a' }, ['eks:UpdateNodegroupVersion app-1']],
    ['without our tags', { tags: {} }, ['eks:TagResource arn:group']],
    [
      'of another release, with other bounds and tags: one after the other',
      { releaseVersion: 'a', scalingConfig: { minSize: 1, maxSize: 9 }, tags: {} },
      ['eks:TagResource arn:group', 'eks:UpdateNodegroupConfig app-1', 'eks:UpdateNodegroupVersion app-1'],
    ],
    ['failed before', { status: 'CREATE_FAILED' }, ['eks:DeleteNodegroup app-1', 'eks:CreateNodegroup app-1']],
    ['half deleted', { status: 'DELETE_FAILED' }, ['eks:DeleteNodegroup app-1', 'eks:CreateNodegroup app-1']],
  ])('%s', async (_name, fields, taken) => {
    given(fields, {
      fields: /ING$/.test(String((fields as { status?: string }).status)) ? { status: 'ACTIVE' } : {},
      afterSeconds: 60,
    });
    const { outcome } = await apply();
    expect(aws.taken).toEqual(taken);
    expect(outcome).toBe(taken.length === 0 ? 'unchanged' : 'changed');
    expect(aws.eks.nodeGroups.get('app-1')).toMatchObject({ status: 'ACTIVE', tags: own, releaseVersion: 'b' });
  });

  it('shows the issues that it has while it is made, and fails with what to do about them', async () => {
    given(
      { status: 'CREATING', ...issue('AsgInstanceLaunchFailures') },
      { fields: { status: 'CREATE_FAILED' }, afterSeconds: 300 },
    );
    const context = fakeContext(aws, clock);
    await expect(applyNodeGroup(context, change(), release, group)).rejects.toMatchObject({
      code: 'EKS_UNHEALTHY',
      message: 'node group app-1 is CREATE_FAILED: AsgInstanceLaunchFailures: because AsgInstanceLaunchFailures (i-1)',
      hint: expect.stringContaining('quota'),
    });
    expect(context.told[0]).toMatchObject({ status: 'CREATING', reason: expect.stringContaining('because Asg') });
    expect(aws.taken).toEqual([]);
  });

  it('DEGRADED for a moment is waited for, for longer than two minutes is told', async () => {
    given({ status: 'DEGRADED', ...issue('AccessDenied') }, { fields: { status: 'ACTIVE' }, afterSeconds: 100 });
    expect(await apply()).toMatchObject({ outcome: 'unchanged' });
    clock = steppingClock();
    given({ status: 'DEGRADED', ...issue('AccessDenied') });
    const context = fakeContext(aws, clock);
    await expect(applyNodeGroup(context, change(), release, group)).rejects.toMatchObject({
      code: 'EKS_UNHEALTHY',
      hint: expect.stringContaining('EC2_LINUX access entry'),
    });
    expect(clock.monotonic() / 1000).toBeLessThan(180);
  });

  it('that cannot be changed in place is made anew only where the plan said so', async () => {
    given({ nodeRole: 'arn:other' });
    await expect(apply()).rejects.toMatchObject({ code: 'PLAN_MOVED' });
    expect(aws.taken).toEqual([]);
    await apply(change({ action: 'replace', class: 'replace' }));
    expect(aws.taken).toEqual(['eks:DeleteNodegroup app-1', 'eks:CreateNodegroup app-1']);
  });

  it('that asks for more than the plan said is not touched', async () => {
    given({ releaseVersion: 'a' });
    await expect(apply(change({ class: 'safe' }))).rejects.toMatchObject({ code: 'PLAN_MOVED' });
    expect(aws.taken).toEqual([]);
  });

  it('asks for the same update with another token when what is there has changed since', async () => {
    const tokens = new Set<unknown>();
    const write = aws.writer.write.bind(aws.writer);
    (aws.writer as { write: unknown }).write = (...args: Parameters<typeof write>) => {
      tokens.add((args[2] as { clientRequestToken?: string }).clientRequestToken);
      return write(...args);
    };
    for (const modifiedAt of ['2026-11-21T12:00:00Z', '2026-11-21T12:00:00Z', '2026-11-21T13:00:00Z']) {
      given({ releaseVersion: 'a', modifiedAt });
      await apply();
    }
    expect(tokens.size).toBe(2);
  });
});

describe('deleting a node group', () => {
  const remove = () => deleteNodeGroup(fakeContext(aws, clock), change({ action: 'delete' }), 'app-1');

  it('waits for what runs, asks once and waits until it has gone', async () => {
    given({ status: 'UPDATING' }, { fields: { status: 'ACTIVE' }, afterSeconds: 60 });
    expect(await remove()).toMatchObject({ outcome: 'changed' });
    expect(aws.eks.nodeGroups.size).toBe(0);
  });

  it('that failed before is tried again, once, and then told with its issues', async () => {
    given({ status: 'DELETE_FAILED', ...issue('Ec2SecurityGroupDeletionFailure') });
    const handlersSay = { status: 'DELETE_FAILED' };
    const write = aws.writer.write.bind(aws.writer);
    (aws.writer as { write: unknown }).write = async (...args: Parameters<typeof write>) => {
      await write(...args);
      Object.assign(aws.eks.nodeGroups.get('app-1') ?? {}, handlersSay);
    };
    await expect(remove()).rejects.toMatchObject({
      code: 'EKS_UNHEALTHY',
      message: expect.stringContaining('Ec2SecurityGroupDeletionFailure'),
    });
    expect(aws.taken).toEqual(['eks:DeleteNodegroup app-1']);
  });

  it('of somebody else is refused', async () => {
    given({ tags: { team: 'data' } });
    await expect(remove()).rejects.toMatchObject({ code: 'PLAN_MOVED' });
    expect(aws.taken).toEqual([]);
  });
});

describe('an add-on', () => {
  const addon = {
    phase: 'add-ons-after' as const,
    request: { addonName: 'coredns', addonVersion: 'v2', resolveConflicts: 'OVERWRITE' },
  };
  const planned = change({ id: 'eks/add-on/coredns', what: 'add-on coredns', phase: 'add-ons-after' });
  const there = (fields: object) =>
    aws.eks.addons.set('coredns', {
      addonName: 'coredns',
      addonArn: 'arn:addon',
      addonVersion: 'v2',
      status: 'ACTIVE',
      tags: { 'roadstead.dev/cluster': 'shop' },
      ...fields,
    });
  const run = () => applyAddon(fakeContext(aws, clock), planned, exampleRelease(), addon);

  it.each<[string, object, string[]]>([
    ['as it should be', {}, []],
    ['of another version', { addonVersion: 'v1' }, ['eks:UpdateAddon coredns']],
    ['that somebody else installed becomes ours', { tags: {} }, ['eks:TagResource arn:addon']],
    ['failed before', { status: 'CREATE_FAILED' }, ['eks:DeleteAddon coredns', 'eks:CreateAddon coredns']],
  ])('%s', async (_name, fields, taken) => {
    there(fields);
    await run();
    expect(aws.taken).toEqual(taken);
    expect(aws.eks.addons.get('coredns')).toMatchObject({ status: 'ACTIVE', addonVersion: 'v2' });
  });

  it('in another namespace is made anew where the plan said so', async () => {
    there({ namespaceConfig: { namespace: 'old' } });
    const moved = { ...addon, request: { ...addon.request, namespaceConfig: { namespace: 'new' } } };
    const line = { ...planned, action: 'replace' as const, class: 'disruptive' as const };
    await applyAddon(fakeContext(aws, clock), line, exampleRelease(), moved);
    expect(aws.taken).toEqual(['eks:DeleteAddon coredns', 'eks:CreateAddon coredns']);
  });

  it('whose update failed before is updated again', async () => {
    there({ status: 'UPDATE_FAILED', ...issue('ConfigurationConflict') });
    const write = aws.writer.write.bind(aws.writer);
    (aws.writer as { write: unknown }).write = (...args: Parameters<typeof write>) => {
      Object.assign(aws.eks.addons.get('coredns') ?? {}, { status: 'ACTIVE' });
      return write(...args);
    };
    await run();
    expect(aws.taken).toEqual(['eks:UpdateAddon coredns']);
  });

  it('that stays DEGRADED is told with its issues and what to do, after the time its pods may take', async () => {
    there({ status: 'DEGRADED', ...issue('InsufficientNumberOfReplicas') });
    await expect(run()).rejects.toMatchObject({
      code: 'EKS_UNHEALTHY',
      message: expect.stringContaining('InsufficientNumberOfReplicas'),
      hint: expect.stringContaining('taints'),
    });
    expect(clock.monotonic() / 1000).toBeGreaterThan(600);
  });

  it('of somebody else is not deleted', async () => {
    there({ tags: {} });
    await expect(deleteAddon(fakeContext(aws, clock), planned, 'coredns')).rejects.toMatchObject({
      code: 'PLAN_MOVED',
    });
  });
});
