import { beforeEach, describe, expect, it } from 'vitest';
import type { ClusterRecord } from '../model.ts';
import { MemoryWorld } from '../testing/memory-world.ts';
import { policyArn } from './policy-rules.ts';

let world: MemoryWorld;
let principalArn: string;

beforeEach(() => {
  world = new MemoryWorld();
  principalArn = world.aws.role('dev', 'ec2.amazonaws.com');
});

const entry = (more: Record<string, unknown> = {}) =>
  world.call('CreateAccessEntry', { clusterName: 'shop', principalArn, ...more });

describe('an access entry', () => {
  it('is made once, and answered again for the same token', async () => {
    world.cluster();
    const once = await entry({ clientRequestToken: 't' });
    expect(await entry({ clientRequestToken: 't' })).toEqual(once);
    await expect(entry({ clientRequestToken: 'u' })).rejects.toMatchObject({ code: 'ResourceInUseException' });
    await expect(entry({ clientRequestToken: 't', type: 'EC2_LINUX' })).rejects.toThrow(/used before with different/);
  });

  it.each<[ClusterRecord['status'], string | undefined]>([
    ['CREATING', 'InvalidRequestException'],
    ['DELETING', 'InvalidRequestException'],
    ['FAILED', 'InvalidRequestException'],
    ['UPDATING', undefined],
    ['ACTIVE', undefined],
  ])('of a cluster that is %s', async (status, code) => {
    world.cluster({ status });
    if (code === undefined) await expect(entry()).resolves.toBeDefined();
    else await expect(entry()).rejects.toMatchObject({ code });
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['a reserved group', { kubernetesGroups: ['system:masters'] }, /cannot start with system:/],
    ['groups for nodes', { type: 'EC2_LINUX', kubernetesGroups: ['x'] }, /can't be specified for type EC2_LINUX/],
    ['a principal that is not there', { principalArn: 'arn:aws:iam::123456789012:role/x' }, /invalid principal/],
  ])('with %s is refused', async (_title, more, refusal) => {
    world.cluster();
    await expect(entry(more)).rejects.toThrow(refusal);
  });

  it('has a limit of its own kind', async () => {
    const cluster = world.cluster();
    await entry();
    const [made] = cluster.accessEntries.values();
    if (made === undefined) throw new Error('no entry');
    for (let n = 1; n < 1000; n++) cluster.accessEntries.set(`arn:aws:iam::123456789012:role/r${n}`, made);
    const more = entry({ principalArn: world.aws.role('last', 'ec2.amazonaws.com') });
    await expect(more).rejects.toMatchObject({ code: 'ResourceLimitExceededException' });
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['namespaces of none', { type: 'namespace' }, /must be specified/],
    ['namespaces of a whole cluster', { type: 'cluster', namespaces: ['a'] }, /can't be specified/],
  ])('takes no policy for %s', async (_title, accessScope, refusal) => {
    world.cluster();
    await entry();
    const policy = policyArn('AmazonEKSViewPolicy');
    const on = { clusterName: 'shop', principalArn, policyArn: policy, accessScope };
    await expect(world.call('AssociateAccessPolicy', on)).rejects.toThrow(refusal);
  });
});

describe('a pod identity association', () => {
  const associate = (more: Record<string, unknown> = {}) =>
    world.call('CreatePodIdentityAssociation', {
      clusterName: 'shop',
      namespace: 'default',
      serviceAccount: 'api',
      roleArn: world.aws.role('pod', 'pods.eks.amazonaws.com'),
      ...more,
    });

  it('is one for each service account', async () => {
    world.cluster();
    await associate();
    await expect(associate()).rejects.toThrow(/Association already exists: a-/);
  });

  it.each<[string, () => string, RegExp]>([
    [
      'may not tag sessions',
      () => world.aws.role('bad', 'pods.eks.amazonaws.com', { actions: ['sts:AssumeRole'] }),
      /Trust policy of the role provided is invalid/,
    ],
    ['trusts another service', () => world.aws.role('bad', 'ec2.amazonaws.com'), /Trust policy of the role/],
    ['is not there', () => 'arn:aws:iam::123456789012:role/nobody', /does not exist/],
    ['is of another account', () => 'arn:aws:iam::210987654321:role/pod', /cluster's account/],
  ])('needs a role: one that %s is refused', async (_title, role, refusal) => {
    world.cluster();
    await expect(associate({ roleArn: role() })).rejects.toThrow(refusal);
  });
});
