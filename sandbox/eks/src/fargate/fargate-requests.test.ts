import { beforeEach, describe, expect, it } from 'vitest';
import { inventoryOf } from '../inventory.ts';
import type { ClusterRecord } from '../model.ts';
import { MemoryWorld } from '../testing/memory-world.ts';

let world: MemoryWorld;
let cluster: ClusterRecord;
let podExecutionRoleArn: string;

beforeEach(() => {
  world = new MemoryWorld();
  world.aws.subnet('subnet-a', 'eu-central-1a');
  world.aws.subnet('subnet-b', 'eu-central-1b', { isPublic: true });
  podExecutionRoleArn = world.aws.role('fargate', 'eks-fargate-pods.amazonaws.com');
  cluster = world.cluster();
});

const on = { clusterName: 'shop', fargateProfileName: 'batch' };
const create = (more: Record<string, unknown> = {}) =>
  world.call('CreateFargateProfile', { ...on, podExecutionRoleArn, selectors: [{ namespace: 'batch' }], ...more });
const list = () => world.call('ListFargateProfiles', { clusterName: 'shop' });
const describeOne = () => world.call('DescribeFargateProfile', on);

/** As long as making or deleting takes. */
async function later(): Promise<void> {
  await world.clock.advance(5_000);
}

describe('a Fargate profile', () => {
  it('is listed, made in its time, answered again for the same token, and gone when it was deleted', async () => {
    expect(await list()).toEqual({ fargateProfileNames: [] });
    const once = await create({ clientRequestToken: 't' });
    expect(once).toMatchObject({ fargateProfile: { status: 'CREATING', subnets: ['subnet-a'] } });
    expect(await create({ clientRequestToken: 't' })).toEqual(once);
    await expect(create({ clientRequestToken: 'u' })).rejects.toMatchObject({ code: 'ResourceInUseException' });
    await later();
    expect(await describeOne()).toMatchObject({ fargateProfile: { status: 'ACTIVE' } });
    expect(await list()).toEqual({ fargateProfileNames: ['batch'] });
    await world.call('DeleteFargateProfile', on);
    expect(await describeOne()).toMatchObject({ fargateProfile: { status: 'DELETING' } });
    await later();
    await expect(describeOne()).rejects.toMatchObject({ code: 'ResourceNotFoundException' });
  });

  it('keeps its cluster from being deleted', async () => {
    await create();
    await later();
    const goes = () => world.call('DeleteCluster', { name: 'shop' });
    await expect(goes()).rejects.toMatchObject({ code: 'ResourceInUseException' });
    expect(cluster.status).toBe('ACTIVE');
    await world.call('DeleteFargateProfile', on);
    await expect(goes()).rejects.toMatchObject({ code: 'ResourceInUseException' });
    await later();
    await expect(goes()).resolves.toMatchObject({ cluster: { status: 'DELETING' } });
  });

  it('waits for the one before it', async () => {
    await create();
    const second = () => create({ fargateProfileName: 'second' });
    await expect(second()).rejects.toThrow(/currently has Fargate profile batch in status CREATING/);
    await expect(world.call('DeleteFargateProfile', on)).rejects.toThrow(/Cannot delete Fargate Profile batch/);
    await later();
    await expect(second()).resolves.toBeDefined();
  });

  it.each<[string, () => Record<string, unknown>, RegExp]>([
    ['no selector', () => ({ selectors: [] }), /one to 5 selectors/],
    ['a selector of no namespace', () => ({ selectors: [{ labels: { a: 'b' } }] }), /needs a namespace/],
    ['a public subnet', () => ({ subnets: ['subnet-b'] }), /subnet-b provided in Fargate Profile is not a private/],
    ['a subnet that is not there', () => ({ subnets: ['subnet-x'] }), /'subnet-x' does not exist/],
    [
      'a role for nodes',
      () => ({ podExecutionRoleArn: world.aws.role('node', 'ec2.amazonaws.com') }),
      /Misconfigured PodExecutionRole Trust Policy/,
    ],
    ['a name that EKS keeps', () => ({ fargateProfileName: 'eks-own' }), /'eks-own' is invalid/],
    ['tags of AWS', () => ({ tags: { 'aws:x': 'y' } }), /aws:/],
  ])('with %s is refused', async (_title, more, refusal) => {
    await expect(create(more())).rejects.toThrow(refusal);
    expect(cluster.fargateProfiles.size).toBe(0);
  });

  it('is one of ten at most', async () => {
    for (let n = 0; n < 10; n++) {
      await create({ fargateProfileName: `p${n}` });
      await later();
    }
    await expect(create()).rejects.toMatchObject({ code: 'ResourceLimitExceededException' });
  });

  it('is in the inventory', async () => {
    await create();
    const found = inventoryOf(world.eks.state).filter(({ type }) => type === 'eks:fargate-profile');
    expect(found.map(({ id }) => id)).toEqual([expect.stringMatching(/:fargateprofile\/shop\/batch\//)]);
  });

  it('is tagged as other things are', async () => {
    const { fargateProfile } = (await create()) as { fargateProfile: { fargateProfileArn: string } };
    await world.call('TagResource', { resourceArn: fargateProfile.fargateProfileArn, tags: { team: 'data' } });
    expect(await describeOne()).toMatchObject({ fargateProfile: { tags: { team: 'data' } } });
  });
});
