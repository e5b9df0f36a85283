import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryWorld } from '../testing/memory-world.ts';
import { clusterView } from './cluster-view.ts';

let world: MemoryWorld;
let roleArn: string;

beforeEach(() => {
  world = new MemoryWorld();
  world.aws.subnet('subnet-a', 'eu-central-1a');
  world.aws.subnet('subnet-b', 'eu-central-1b');
  roleArn = world.aws.role('cluster', 'eks.amazonaws.com');
});

const create = (more: Record<string, unknown> = {}) =>
  world.call('CreateCluster', {
    name: 'shop',
    version: '1.36',
    roleArn,
    resourcesVpcConfig: { subnetIds: ['subnet-a', 'subnet-b'] },
    ...more,
  });

describe('a request for a cluster', () => {
  it('is answered CREATING, and again for the same token', async () => {
    const once = await create({ clientRequestToken: 't' });
    expect(once).toMatchObject({ cluster: { status: 'CREATING', version: '1.36' } });
    expect(await create({ clientRequestToken: 't' })).toMatchObject({ cluster: { arn: Object(once.cluster).arn } });
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['the same token and another version', { clientRequestToken: 't', version: '1.35' }, 'InvalidParameterException'],
    ['another token', { clientRequestToken: 'u' }, 'ResourceInUseException'],
    ['no token', {}, 'ResourceInUseException'],
  ])('is refused a second time with %s', async (_title, more, code) => {
    await create({ clientRequestToken: 't' });
    await expect(create(more)).rejects.toMatchObject({ code });
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['a role that EKS may not assume', { roleArn: 'arn:aws:iam::123456789012:role/node' }, /could not be assumed/],
    ['a role that is not there', { roleArn: 'arn:aws:iam::123456789012:role/nobody' }, /could not be assumed/],
    ['a role of another account', { roleArn: 'arn:aws:iam::210987654321:role/x' }, /not a role of account/],
    ['one subnet twice', { resourcesVpcConfig: { subnetIds: ['subnet-a', 'subnet-a'] } }, /two different AZs/],
    ['a subnet that is not there', { resourcesVpcConfig: { subnetIds: ['subnet-a', 'subnet-x'] } }, /does not exist/],
    ['a service range of the VPC', { kubernetesNetworkConfig: { serviceIpv4Cidr: '10.20.0.0/20' } }, /overlaps/],
    ['a version that is gone', { version: '1.30' }, /unsupported Kubernetes version/],
    ['standard support of an old version', { version: '1.33', upgradePolicy: { supportType: 'STANDARD' } }, /extended/],
    ['51 tags', { tags: Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`k${n}`, 'v'])) }, /at most 50/],
    ['a tag of AWS', { tags: { 'aws:owner': 'me' } }, /prefix aws: is reserved/],
  ])('with %s is refused', async (_title, more, refusal) => {
    world.aws.role('node', 'ec2.amazonaws.com');
    await expect(create(more)).rejects.toThrow(refusal);
  });
});

describe('a key for the Secrets', () => {
  const keyArn = 'arn:aws:kms:eu-central-1:123456789012:key/k';
  it.each<[string, Record<string, unknown>, boolean]>([
    ['that is enabled and symmetric', {}, true],
    ['that is disabled', { Enabled: false }, false],
    ['of a pair', { KeySpec: 'RSA_2048' }, false],
    ['that signs', { KeyUsage: 'SIGN_VERIFY' }, false],
  ])('%s can be used: %s', async (_title, metadata, good) => {
    world.aws.keys.set(keyArn, metadata);
    const made = create({ encryptionConfig: [{ resources: ['secrets'], provider: { keyArn } }] });
    if (good) await expect(made).resolves.toBeDefined();
    else await expect(made).rejects.toThrow(/keyArn in encryptionConfig provider .* is invalid/);
  });
});

describe('a cluster that is described', () => {
  const secret = ['endpoint', 'identity', 'certificateAuthority'];

  it('tells its endpoint when it has come up, not as soon as its control plane answers', () => {
    const controlPlane = world.controlPlane();
    const coming = clusterView(world.cluster({ status: 'CREATING', controlPlane }));
    expect(Object.keys(coming).filter((key) => secret.includes(key))).toEqual([]);
    const up = clusterView(world.cluster({ status: 'ACTIVE', controlPlane }));
    expect(up).toMatchObject({ endpoint: 'https://127.0.0.1:2', certificateAuthority: { data: expect.any(String) } });
  });
});

describe('a cluster that is to go', () => {
  const remove = () => world.call('DeleteCluster', { name: 'shop' });

  it.each<[string, () => void, string]>([
    ['is protected', () => void world.cluster({ deletionProtection: true }), 'InvalidRequestException'],
    ['has node groups', () => void world.nodegroup(world.cluster()), 'ResourceInUseException'],
    ['is being created', () => void world.cluster({ status: 'CREATING' }), 'ResourceInUseException'],
    ['is not there', () => undefined, 'ResourceNotFoundException'],
  ])('and %s stays', async (_title, prepare, code) => {
    prepare();
    await expect(remove()).rejects.toMatchObject({ code });
  });

  it('is asked once', async () => {
    world.cluster();
    expect(await remove()).toMatchObject({ cluster: { status: 'DELETING' } });
    await expect(remove()).rejects.toMatchObject({ code: 'ResourceInUseException' });
  });
});

describe('updates of a cluster', () => {
  const change = (more: Record<string, unknown> = {}) =>
    world.call('UpdateClusterConfig', { name: 'shop', deletionProtection: true, ...more });

  it('exclude each other and everything that is made in the cluster', async () => {
    world.cluster();
    const { update } = await change({ clientRequestToken: 't' });
    expect(await change({ clientRequestToken: 't' })).toEqual({ update });
    await expect(change({ clientRequestToken: 't', deletionProtection: false })).rejects.toThrow(/used before/);
    await expect(change({ clientRequestToken: 'u' })).rejects.toMatchObject({ code: 'ResourceInUseException' });
    const other = world.call('CreateAddon', { clusterName: 'shop', addonName: 'coredns' });
    await expect(other).rejects.toMatchObject({ code: 'InvalidRequestException' });
  });

  it('of the version wait for node groups that are behind', async () => {
    world.nodegroup(world.cluster({ version: '1.35' }), { version: '1.34' });
    const up = world.call('UpdateClusterVersion', { name: 'shop', version: '1.36' });
    await expect(up).rejects.toThrow(/Nodegroups app must be updated to match cluster version 1.35/);
  });

  it('of the policy leave no version of extended support without it', async () => {
    world.cluster({ version: '1.33' });
    const cheap = world.call('UpdateClusterConfig', { name: 'shop', upgradePolicy: { supportType: 'STANDARD' } });
    await expect(cheap).rejects.toThrow(/1.33 is in extended support/);
  });
});

describe('tags', () => {
  it('that break the rules are a bad request', async () => {
    const { arn } = world.cluster();
    const tag = (tags: Record<string, string>) => world.call('TagResource', { resourceArn: arn, tags });
    await expect(tag({ 'AWS:x': 'y' })).rejects.toMatchObject({ code: 'BadRequestException' });
    await tag({ team: 'shop' });
    expect(await world.call('ListTagsForResource', { resourceArn: arn })).toEqual({ tags: { team: 'shop' } });
  });
});
