import { beforeEach, describe, expect, it } from 'vitest';
import type { ClusterRecord } from '../model.ts';
import { MemoryWorld } from '../testing/memory-world.ts';

let world: MemoryWorld;
let cluster: ClusterRecord;
let podRole: string;

beforeEach(() => {
  world = new MemoryWorld();
  cluster = world.cluster();
  podRole = world.aws.role('cni', 'pods.eks.amazonaws.com');
});

const at = (addonName: string) => ({ clusterName: 'shop', addonName });
const create = (addonName: string, more: Record<string, unknown> = {}) =>
  world.call('CreateAddon', { ...at(addonName), ...more });
const association = (serviceAccount: string, roleArn = podRole) => ({
  podIdentityAssociations: [{ serviceAccount, roleArn }],
});
const add = (namespace: string, serviceAccount: string) =>
  world.call('CreatePodIdentityAssociation', { clusterName: 'shop', namespace, serviceAccount, roleArn: podRole });

describe('a request for an add-on', () => {
  it('makes its associations, which go with it', async () => {
    await create('vpc-cni', association('aws-node'));
    expect([...cluster.associations.values()]).toMatchObject([
      { namespace: 'kube-system', serviceAccount: 'aws-node', ownerArn: cluster.addons.get('vpc-cni')?.arn },
    ]);
    await world.call('DeleteAddon', at('vpc-cni'));
    await world.clock.advance(10_000);
    expect(cluster.associations.size).toBe(0);
    expect(cluster.addons.size).toBe(0);
  });

  it.each<[string, string, Record<string, unknown>, RegExp]>([
    ['a service account it does not have', 'vpc-cni', { accounts: ['other'] }, /other in pod identity.* vpc-cni/],
    ['an identity it has no use for', 'coredns', { accounts: ['coredns'] }, /not supported for addon version: v1/],
    ['one service account twice', 'vpc-cni', { accounts: ['aws-node', 'aws-node'] }, /named once/],
  ])('with %s is refused', async (_title, name, { accounts }, refusal) => {
    const associations = (accounts as string[]).map((serviceAccount) => ({ serviceAccount, roleArn: podRole }));
    await expect(create(name, { podIdentityAssociations: associations })).rejects.toThrow(refusal);
    expect(cluster.addons.size).toBe(0);
  });

  it('leaves nothing behind when its service account is taken', async () => {
    await add('kube-system', 'aws-node');
    await expect(create('vpc-cni', association('aws-node'))).rejects.toThrow(/Association already exists/);
    expect(cluster.addons.size).toBe(0);
  });

  it.each<[string, () => string, boolean, RegExp | undefined]>([
    ['a role, and the issuer is known', () => world.aws.role('irsa', 'x'), true, undefined],
    ['a role, and the issuer is unknown', () => world.aws.role('irsa', 'x'), false, /OpenID Connect provider/],
    ['a role that is not there', () => 'arn:aws:iam::123456789012:role/nobody', true, /does not exist/],
    ['a role of others', () => 'arn:aws:iam::210987654321:role/x', true, /CrossAccount pass role/],
  ])('may name %s', async (_title, role, known, refusal) => {
    if (known) world.aws.issuers.add(cluster.issuer);
    const made = create('vpc-cni', { serviceAccountRoleArn: role() });
    if (refusal === undefined) await expect(made).resolves.toBeDefined();
    else await expect(made).rejects.toThrow(refusal);
  });

  it('of a cluster that goes while it is looked at is refused', async () => {
    const both = [create('vpc-cni', association('aws-node')), world.call('DeleteCluster', { name: 'shop' })];
    const [made, gone] = await Promise.allSettled(both);
    expect([made?.status, gone?.status]).toEqual(['rejected', 'fulfilled']);
    expect([cluster.addons.size, cluster.associations.size]).toEqual([0, 0]);
  });

  it('is answered again for the same token, and refused for the same token with other parameters', async () => {
    const once = await create('coredns', { clientRequestToken: 't' });
    expect(await create('coredns', { clientRequestToken: 't' })).toEqual(once);
    const other = create('coredns', { clientRequestToken: 't', configurationValues: '{"replicaCount":3}' });
    await expect(other).rejects.toThrow(/used before with different/);
  });

  it('must fit the version of the cluster', async () => {
    const old = create('kube-proxy', { addonVersion: 'v1.33.0-eksbuild.1' });
    await expect(old).rejects.toThrow(/Addon version specified is not supported/);
  });
});

describe('an add-on that is being made', () => {
  it('is not changed', async () => {
    await create('coredns');
    const change = world.call('UpdateAddon', { ...at('coredns'), resolveConflicts: 'OVERWRITE' });
    await expect(change).rejects.toThrow('Addon coredns cannot be updated as it is currently in CREATING state');
  });

  it('makes nothing more once it is deleted', async () => {
    await create('coredns');
    await world.call('DeleteAddon', at('coredns'));
    await world.clock.advance(60_000);
    expect(cluster.addons.size).toBe(0);
    // Applying its objects would have failed here, as nobody listens.
    expect(world.logs).toEqual([]);
  });
});

describe('the deletion of an add-on', () => {
  it('is asked once, in the words that the operation has', async () => {
    await create('coredns');
    await world.call('DeleteAddon', at('coredns'));
    await expect(world.call('DeleteAddon', at('coredns'))).rejects.toMatchObject({ code: 'InvalidRequestException' });
  });
});
