import { describe, expect, it } from 'vitest';
import { nothingObserved as empty } from '../testing/nothing-observed.ts';
import { classicNameOf, isOfKubernetes, type Leftovers, makerOf, noLeftovers } from './leftovers.ts';
import { orderDownChanges, planDown } from './plan-down.ts';
import { receiptOf } from './receipt.ts';
import { takenAlong } from './taken-along.ts';

const leftovers: Leftovers = {
  ...noLeftovers,
  loadBalancers: [{ name: 'k8s-web', arn: 'arn:lb' }],
  targetGroups: [{ name: 'k8s-tg', arn: 'arn:tg' }],
  volumes: [{ id: 'vol-1', sizeGiB: 100, type: 'gp3', claim: 'default/redis-data' }],
  snapshots: [{ id: 'snap-1', sizeGiB: 20 }],
  securityGroups: [{ id: 'sg-1', name: 'k8s-traffic' }],
  networkInterfaces: [{ id: 'eni-1', name: 'aws-K8S-i-1' }],
};

describe('the way down', () => {
  it('of nothing is nothing', () => {
    expect(planDown(empty, noLeftovers)).toEqual({ changes: [], blockers: [], stays: [] });
  });

  it('keeps volumes unless asked, and says what they cost', () => {
    const { changes, stays } = planDown(empty, leftovers);
    expect(changes.map(({ id }) => id)).toEqual([
      'aws/load-balancer/k8s-web',
      'aws/target-group/k8s-tg',
      'aws/network-interface/eni-1',
      'aws/security-group/sg-1',
    ]);
    expect(stays).toEqual([
      { what: 'volume vol-1 (default/redis-data, 100 GiB)', why: 'volumes are kept by policy', monthlyUsd: 8 },
      { what: 'snapshot snap-1', why: 'snapshots are kept by policy', monthlyUsd: 1 },
    ]);
  });

  it('deletes volumes after what holds them and groups after what uses them', () => {
    const { changes, stays } = planDown(empty, leftovers, { volumes: 'delete', logs: 'keep' });
    expect(orderDownChanges(changes).map((batch) => batch.map(({ id }) => id.split('/')[1]))).toEqual([
      ['load-balancer'],
      ['target-group'],
      ['volume', 'snapshot', 'network-interface'],
      ['security-group'],
    ]);
    expect(stays).toEqual([]);
  });

  it('deletes classic load balancers with the others, before their security groups', () => {
    const classicLoadBalancers = [classicNameOf('0f6d2a1c-3b4e-4c5d-8e9f-a0b1c2d3e4f5')];
    const { changes, blockers } = planDown(empty, { ...leftovers, classicLoadBalancers });
    expect(orderDownChanges(changes)[0]?.map(({ what }) => what)).toEqual([
      'load balancer k8s-web',
      'classic load balancer a0f6d2a1c3b4e4c5d8e9fa0b1c2d3e4f',
    ]);
    expect(blockers).toEqual([]);
    expect(receiptOf({ changes, stays: [] }, new Set(changes.map(({ id }) => id))).removed).toContain(
      'classic load balancer a0f6d2a1c3b4e4c5d8e9fa0b1c2d3e4f',
    );
  });

  it('writes into the receipt what was not reached', () => {
    const plan = planDown(empty, leftovers);
    expect(receiptOf(plan, new Set(['aws/load-balancer/k8s-web']))).toMatchObject({
      removed: ['load balancer k8s-web'],
      stayed: [{}, {}, { what: 'target group k8s-tg' }, { what: 'network interface eni-1' }, {}],
    });
  });
});

describe('the control plane', () => {
  const eks = {
    described: { deletionProtection: true },
    status: 'ACTIVE',
    tags: { 'roadstead.dev/cluster': 'shop' },
    health: [],
    arn: 'arn:c',
    version: '1.36',
    securityGroupId: 'sg-eks',
  };

  it('loses its protection first, and takes the group along that EKS made for it', () => {
    const { changes, stays } = planDown({ ...empty, eks }, noLeftovers);
    expect(changes.map(({ id, action }) => `${action} ${id}`)).toEqual([
      'update eks/cluster/protection',
      'delete eks/cluster',
    ]);
    expect(receiptOf({ changes, stays }, new Set(changes.map(({ id }) => id))).removed).toEqual([
      'cluster shop',
      'security group sg-eks, which EKS made for cluster shop',
    ]);
  });

  it('takes along what others made in it, which the plan and the receipt say', () => {
    const tags = { 'roadstead.dev/cluster': 'shop' };
    const thing = { described: {}, status: 'ACTIVE', health: [], arn: 'arn:a' };
    const entry = { kubernetesGroups: [], accessPolicies: [], narrowPolicies: [] };
    const association = { namespace: 'default', roleArn: 'arn:r' };
    const { changes, blockers } = planDown(
      {
        ...empty,
        eks: { ...eks, described: {} },
        addons: {
          coredns: { ...thing, name: 'coredns', tags },
          'aws-guardduty-agent': { ...thing, name: 'aws-guardduty-agent', tags: { GuardDutyManaged: 'true' } },
        },
        accessEntries: {
          ours: { ...entry, principalArn: 'arn:ours', type: 'STANDARD', tags },
          node: { ...entry, principalArn: 'arn:node', type: 'EC2_LINUX', tags: {} },
          eve: { ...entry, principalArn: 'arn:eve', type: 'STANDARD', tags: { team: 'data' } },
        },
        podIdentityAssociations: [
          { ...association, associationId: 'a-1', serviceAccount: 'ebs', ownerArn: 'arn:a', tags: {} },
          { ...association, associationId: 'a-2', serviceAccount: 'dns', tags },
          { ...association, associationId: 'a-3', serviceAccount: 'jobs', tags: {} },
        ],
      },
      noLeftovers,
    );
    const cluster = changes.find(({ id }) => id === 'eks/cluster');
    const along = [
      'add-on aws-guardduty-agent, made by Amazon GuardDuty',
      'access entry of arn:eve, made by team=data',
      'pod identity of default/jobs, made by unknown',
    ];
    expect(takenAlong(cluster ?? { fields: [] })).toEqual(along);
    expect(blockers).toEqual([]);
    const { removed } = receiptOf({ changes, stays: [] }, new Set(['eks/cluster']));
    expect(removed).toEqual([
      'cluster shop',
      'security group sg-eks, which EKS made for cluster shop',
      ...along.map((part) => `${part}, with cluster shop`),
    ]);
  });

  it('of somebody else blocks the way', () => {
    const { changes, blockers } = planDown({ ...empty, eks: { ...eks, tags: {} } }, noLeftovers);
    expect(changes).toEqual([]);
    expect(blockers).toMatchObject([{ what: 'cluster shop', maker: 'somebody else' }]);
  });
});

describe('logs', () => {
  const logGroup = { name: '/aws/eks/shop/cluster', retentionDays: 90, storedBytes: 10 * 2 ** 30 };

  it('stay with what they cost, or go last when that is asked for', () => {
    expect(planDown({ ...empty, logGroup }, noLeftovers).stays).toEqual([
      { what: 'log group /aws/eks/shop/cluster', why: 'logs are kept by policy, for 90 days', monthlyUsd: 0.3 },
    ]);
    const { changes, stays } = planDown({ ...empty, logGroup }, noLeftovers, { volumes: 'keep', logs: 'delete' });
    expect(changes.map(({ id }) => id)).toEqual(['logs/group']);
    expect(stays).toEqual([]);
  });
});

describe('whose a thing is', () => {
  it.each([
    [{ 'elbv2.k8s.aws/cluster': 'shop' }, true],
    [{ 'kubernetes.io/cluster/shop': 'owned' }, true],
    [{ 'kubernetes.io/cluster/shop': 'shared' }, false],
    [{ 'kubernetes.io/cluster/shop-eu': 'owned' }, false],
  ])('%o', (tags, expected) => {
    expect(isOfKubernetes(tags, 'shop')).toBe(expected);
  });

  it.each([
    [{ tags: { 'aws:cloudformation:stack-name': 'billing' } }, 'the CloudFormation stack billing'],
    [{ tags: { GuardDutyManaged: 'true' } }, 'Amazon GuardDuty'],
    [{ tags: {}, description: 'Interface for lambda' }, '"Interface for lambda"'],
    [{ tags: { owner: 'data' }, description: 'x' }, 'owner=data'],
    [{ tags: {}, requester: 'amazon-rds' }, 'amazon-rds'],
    [{ tags: {}, description: 'RDSNetworkInterface', requester: 'amazon-rds' }, 'amazon-rds'],
    [{ tags: {}, description: 'a scanner', requester: 'AIDAEXAMPLE' }, '"a scanner"'],
    [{ tags: {}, requester: 'AIDAEXAMPLE' }, 'AIDAEXAMPLE'],
    [{ tags: {} }, 'unknown'],
  ])('%o', (thing, maker) => {
    expect(makerOf(thing)).toBe(maker);
  });
});
