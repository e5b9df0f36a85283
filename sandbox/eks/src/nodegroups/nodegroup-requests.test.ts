import { beforeEach, describe, expect, it } from 'vitest';
import type { ClusterRecord } from '../model.ts';
import { MemoryWorld } from '../testing/memory-world.ts';

let world: MemoryWorld;
let cluster: ClusterRecord;
let nodeRole: string;
const nodePolicies = ['AmazonEKSWorkerNodePolicy', 'AmazonEC2ContainerRegistryPullOnly'];

beforeEach(() => {
  world = new MemoryWorld();
  world.aws.subnet('subnet-a', 'eu-central-1a');
  world.aws.subnet('subnet-b', 'eu-central-1b');
  nodeRole = world.aws.role('node', 'ec2.amazonaws.com', { managed: nodePolicies });
  cluster = world.cluster();
});

const at = { clusterName: 'shop', nodegroupName: 'app' };
const create = (more: Record<string, unknown> = {}) =>
  world.call('CreateNodegroup', { ...at, nodeRole, subnets: ['subnet-a'], instanceTypes: ['m6i.large'], ...more });
const update = (input: Record<string, unknown>) => world.call('UpdateNodegroupConfig', { ...at, ...input });
const move = (input: Record<string, unknown>) => world.call('UpdateNodegroupVersion', { ...at, ...input });

describe('a request for a node group', () => {
  it('is answered CREATING, and again for the same token', async () => {
    const once = await create({ clientRequestToken: 't' });
    expect(once).toMatchObject({ nodegroup: { status: 'CREATING', amiType: 'AL2023_x86_64_STANDARD' } });
    expect(await create({ clientRequestToken: 't' })).toEqual(once);
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['the same token and other parameters', { clientRequestToken: 't', labels: { a: 'b' } }, /used before with diff/],
    ['another token', { clientRequestToken: 'u' }, /already exists/],
  ])('is refused a second time with %s', async (_title, more, refusal) => {
    await create({ clientRequestToken: 't' });
    await expect(create(more)).rejects.toThrow(refusal);
  });

  it.each<[string, readonly string[], RegExp | undefined]>([
    ['both policies', nodePolicies, undefined],
    ['the older policy of the registry', [nodePolicies[0] ?? '', 'AmazonEC2ContainerRegistryReadOnly'], undefined],
    ['none', [], /AmazonEKSWorkerNodePolicy.*AmazonEC2ContainerRegistryPullOnly.* are attached/],
    ['no images', nodePolicies.slice(0, 1), /\[arn:aws:iam::aws:policy\/AmazonEC2ContainerRegistryPullOnly\]/],
  ])('needs a role with %s', async (_title, managed, refusal) => {
    world.aws.role('node', 'ec2.amazonaws.com', { managed });
    if (refusal === undefined) await expect(create()).resolves.toBeDefined();
    else await expect(create()).rejects.toThrow(refusal);
  });

  it('needs a role that EC2 may assume', async () => {
    world.aws.role('node', 'eks.amazonaws.com', { managed: nodePolicies });
    await expect(create()).rejects.toThrow(/\[ec2.amazonaws.com\] were not found in the trust/);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['MINIMAL, which is not played', { updateConfig: { maxUnavailable: 1, updateStrategy: 'MINIMAL' } }, 'NotImpl'],
    ['no number at all', { updateConfig: { updateStrategy: 'DEFAULT' } }, 'InvalidParameter'],
    [
      'two thresholds of repair',
      { nodeRepairConfig: { maxUnhealthyNodeThresholdCount: 1, maxUnhealthyNodeThresholdPercentage: 5 } },
      'InvalidParameter',
    ],
  ])('is refused with %s', async (_title, more, code) => {
    await expect(create(more)).rejects.toMatchObject({ code: expect.stringContaining(code) });
  });

  it('of a cluster that goes while it is looked at is refused, and leaves nothing', async () => {
    const both = [create(), world.call('DeleteCluster', { name: 'shop' })];
    const [made, gone] = await Promise.allSettled(both);
    expect([made?.status, gone?.status]).toEqual(['rejected', 'fulfilled']);
    expect(cluster.nodegroups.size).toBe(0);
  });

  it('of a cluster that updates is refused', async () => {
    cluster.status = 'UPDATING';
    await expect(create()).rejects.toMatchObject({ code: 'InvalidRequestException' });
  });
});

describe('public subnets', () => {
  it.each<[string, boolean, Record<string, unknown>, string | undefined]>([
    ['that give no addresses fail the group', false, {}, 'Ec2SubnetInvalidConfiguration'],
    ['that give addresses do not', true, {}, undefined],
    ['do not where the template asks for addresses', false, { AssociatePublicIpAddress: true }, undefined],
  ])('%s', async (_title, givesPublicAddresses, network, code) => {
    world.aws.subnet('subnet-p', 'eu-central-1a', { isPublic: true, givesPublicAddresses });
    world.aws.templates.set('lt-1/1', { NetworkInterfaces: [{ DeviceIndex: 0, ...network }] });
    await create({ subnets: ['subnet-p'], launchTemplate: { id: 'lt-1' } });
    await world.clock.advance(0);
    const issue = cluster.nodegroups.get('app')?.issues[0];
    // A group that is not stopped here goes on to EC2, of which this world has nothing.
    expect(issue?.code === 'Ec2SubnetInvalidConfiguration' ? issue.code : undefined).toBe(code);
    if (code !== undefined) expect(issue?.resourceIds).toEqual(['subnet-p']);
  });
});

describe('a change of labels', () => {
  it('cannot set and remove the same', async () => {
    world.nodegroup(cluster, { labels: { tier: 'gold' } });
    const labels = { addOrUpdateLabels: { tier: 'iron' }, removeLabels: ['tier'] };
    await expect(update({ labels })).rejects.toThrow(/tier cannot be both/);
  });
});

describe('a new version of a launch template', () => {
  const ref = (version: string) => ({ id: 'lt-1', name: 'template lt-1', version });
  const data = (version: string, content: Record<string, unknown>) =>
    world.aws.templates.set(`lt-1/${version}`, content);

  it('takes the instance type along that it names', async () => {
    data('1', { InstanceType: 'm6i.large' });
    data('2', { InstanceType: 'm6i.xlarge' });
    cluster.controlPlane = world.controlPlane();
    const group = world.nodegroup(cluster, { source: ref('1'), instanceTypesGiven: false });
    await move({ launchTemplate: { id: 'lt-1', version: '2' } });
    await world.clock.advance(0);
    expect(group).toMatchObject({ status: 'ACTIVE', instanceTypes: ['m6i.xlarge'], source: { version: '2' } });
    expect(world.aws.made).toMatchObject([{ InstanceType: 'm6i.xlarge' }]);
  });

  it.each<[string, Record<string, unknown>, Record<string, unknown>, RegExp]>([
    [
      'names a type beside those of the group',
      {},
      { InstanceType: 'm6i.xlarge' },
      /Cannot specify instance types in launch template and API request/,
    ],
    ['names no type any more', { instanceTypesGiven: false }, { ImageId: undefined }, /must specify the instance type/],
    [
      'names a type of another architecture',
      { instanceTypesGiven: false },
      { InstanceType: 'm7g.large' },
      /not a valid instance type for requested amiType/,
    ],
    ['holds an instance profile', {}, { IamInstanceProfile: { Name: 'x' } }, /should not specify an instance profile/],
    ['asks for attributes', {}, { InstanceRequirements: {} }, /should not specify instance requirements/],
    ['may hibernate', {}, { HibernationOptions: { Configured: true } }, /should not specify hibernation/],
    ['brings its own image', {}, { ImageId: 'ami-mine' }, /cannot change between a custom AMI/],
  ])('that %s is refused', async (_title, change, content, refusal) => {
    data('1', {});
    data('2', content);
    world.nodegroup(cluster, { source: ref('1'), ...change });
    await expect(move({ launchTemplate: { id: 'lt-1', version: '2' } })).rejects.toThrow(refusal);
  });
});

describe('a group with an image of its own', () => {
  it.each([{ version: '1.36' }, { releaseVersion: '1.36.2-20261109' }])('is not moved by %j', async (asked) => {
    world.aws.templates.set('lt-1/1', { ImageId: 'ami-mine' });
    const source = { id: 'lt-1', name: 'template lt-1', version: '1' };
    world.nodegroup(cluster, { source, amiType: 'CUSTOM', imageId: 'ami-mine', releaseVersion: 'ami-mine' });
    await expect(move(asked)).rejects.toThrow(/version or releaseVersion when using custom AMIs/);
  });
});

describe('a node group that is to go', () => {
  const remove = () => world.call('DeleteNodegroup', at);

  it.each(['CREATING', 'DELETING'] as const)('is not deleted while it is %s', async (status) => {
    world.nodegroup(cluster, { status });
    await expect(remove()).rejects.toMatchObject({ code: 'ResourceInUseException' });
  });

  it('is not deleted, nor changed again, while an update runs', async () => {
    const group = world.nodegroup(cluster);
    world.aws.instances.push('i-1', 'i-2');
    await update({ scalingConfig: { maxSize: 4 } });
    expect(group.status).toBe('UPDATING');
    for (const other of [remove, () => update({ scalingConfig: { maxSize: 5 } }), () => move({ version: '1.36' })]) {
      await expect(other()).rejects.toMatchObject({ code: 'ResourceInUseException' });
    }
  });

  it.each(['CREATE_FAILED', 'DELETE_FAILED'] as const)(
    'can be deleted when it is %s, and not changed',
    async (status) => {
      world.nodegroup(cluster, { status });
      await expect(update({ scalingConfig: { maxSize: 4 } })).rejects.toThrow(/is not in ACTIVE status/);
      expect(await remove()).toMatchObject({ nodegroup: { status: 'DELETING' } });
    },
  );
});

describe('versions of a node group', () => {
  it.each<[string, Record<string, unknown>, RegExp]>([
    ['newer than its cluster', { version: '1.36' }, /must be the cluster's version 1.35 or the group's own 1.34/],
    ['older than its own', { version: '1.33' }, /must be the cluster's version 1.35/],
    [
      'a release of another minor',
      { version: '1.35', releaseVersion: '1.34.1-20261013' },
      /is not valid for kubernetes/,
    ],
  ])('are refused: %s', async (_title, asked, refusal) => {
    cluster.version = '1.35';
    world.nodegroup(cluster, { version: '1.34', releaseVersion: '1.34.1-20261013' });
    await expect(move(asked)).rejects.toThrow(refusal);
  });

  it('at creation are those of the cluster', async () => {
    await expect(create({ version: '1.35' })).rejects.toThrow(/must be the cluster's version 1.36/);
  });
});
