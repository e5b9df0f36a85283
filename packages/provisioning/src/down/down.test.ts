import { describe, expect, it } from 'vitest';
import type { AwsReader } from '../calls/aws-port.ts';
import type { ObservedAws } from '../observe/observed.ts';
import { classicNameOf, isOfKubernetes, type Leftovers, makerOf, noLeftovers } from './leftovers.ts';
import { observeLeftovers } from './observe-leftovers.ts';
import { orderDownChanges, planDown } from './plan-down.ts';
import { receiptOf } from './receipt.ts';

const empty: ObservedAws = {
  cluster: 'shop',
  account: '123456789012',
  region: 'eu-central-1',
  stacks: {},
  nodeGroups: {},
  addons: {},
  accessEntries: {},
  podIdentityAssociations: [],
  subnets: [],
};

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

  it('is blocked by classic load balancers, with the command that deletes each', () => {
    const ofService = classicNameOf('0f6d2a1c-3b4e-4c5d-8e9f-a0b1c2d3e4f5');
    const { blockers } = planDown(empty, { ...noLeftovers, classicLoadBalancers: [ofService, 'old-shop'] });
    expect(blockers).toMatchObject([
      { what: 'classic load balancer a0f6d2a1c3b4e4c5d8e9fa0b1c2d3e4f', maker: expect.stringContaining('a Service') },
      {
        what: 'classic load balancer old-shop',
        maker: 'unknown',
        hint: expect.stringContaining('aws elb delete-load-balancer --load-balancer-name old-shop'),
      },
    ]);
  });

  it('writes into the receipt what was not reached', () => {
    const plan = planDown(empty, leftovers);
    expect(receiptOf(plan, new Set(['aws/load-balancer/k8s-web']))).toMatchObject({
      removed: ['load balancer k8s-web'],
      stayed: [{}, {}, { what: 'target group k8s-tg' }, { what: 'network interface eni-1' }, {}],
    });
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

describe('what is found in the VPC', () => {
  const own = [{ Key: 'roadstead.dev/cluster', Value: 'shop' }];
  const owned = [{ Key: 'kubernetes.io/cluster/shop', Value: 'owned' }];
  const answers: Record<string, object> = {
    ListStackResources: { StackResourceSummaries: [{ PhysicalResourceId: 'sg-stack' }] },
    DescribeLoadBalancers: {
      LoadBalancers: [
        { LoadBalancerName: 'k8s-web', LoadBalancerArn: 'arn:ours', VpcId: 'vpc-1' },
        { LoadBalancerName: 'theirs', LoadBalancerArn: 'arn:theirs', VpcId: 'vpc-1' },
        { LoadBalancerName: 'elsewhere', LoadBalancerArn: 'arn:else', VpcId: 'vpc-2' },
      ],
    },
    DescribeTags: { TagDescriptions: [{ ResourceArn: 'arn:ours', Tags: owned }] },
    DescribeVolumes: {
      Volumes: [
        { VolumeId: 'vol-claim', Size: 10, Tags: [...owned, { Key: 'CSIVolumeName', Value: 'pvc-1' }] },
        { VolumeId: 'vol-root', Size: 80, Tags: owned },
      ],
    },
    DescribeSecurityGroups: {
      SecurityGroups: [
        { GroupId: 'sg-default', GroupName: 'default' },
        { GroupId: 'sg-stack', GroupName: 'endpoints' },
        { GroupId: 'sg-eks', GroupName: 'eks-cluster-sg-shop-1' },
        { GroupId: 'sg-lb', GroupName: 'k8s-traffic', Tags: owned },
        { GroupId: 'sg-rds', GroupName: 'rds', Description: 'database of billing' },
      ],
    },
    DescribeInstances: {
      Reservations: [
        { Instances: [{ InstanceId: 'i-node', State: { Name: 'running' }, Tags: own }] },
        {
          Instances: [
            { InstanceId: 'i-bastion', State: { Name: 'running' }, Tags: [{ Key: 'Name', Value: 'bastion' }] },
          ],
        },
        { Instances: [{ InstanceId: 'i-old', State: { Name: 'terminated' } }] },
      ],
    },
    DescribeNetworkInterfaces: {
      NetworkInterfaces: [
        { NetworkInterfaceId: 'eni-node', Attachment: { InstanceId: 'i-node' }, InterfaceType: 'interface' },
        { NetworkInterfaceId: 'eni-nat', InterfaceType: 'nat_gateway', Description: 'Interface for NAT Gateway nat-1' },
        { NetworkInterfaceId: 'eni-eks', InterfaceType: 'interface', Description: 'Amazon EKS shop' },
        {
          NetworkInterfaceId: 'eni-pod',
          InterfaceType: 'interface',
          Status: 'available',
          Description: 'aws-K8S-i-old',
          TagSet: owned,
        },
        {
          NetworkInterfaceId: 'eni-fn',
          InterfaceType: 'interface',
          Description: 'AWS Lambda VPC ENI-report',
          RequesterId: 'lambda',
        },
        ...['ELB app/k8s-web/50dc6c495c0c9188', 'ELB old-shop', 'ELB old-shop', 'ELB k8s-web'].map((Description) => ({
          NetworkInterfaceId: 'eni-elb',
          InterfaceType: 'interface',
          Status: 'in-use',
          Description,
          RequesterId: 'amazon-elb',
        })),
      ],
    },
    DescribeVpcEndpoints: {
      VpcEndpoints: [
        { VpcEndpointId: 'vpce-s3', State: 'available', Tags: own },
        { VpcEndpointId: 'vpce-gd', ServiceName: 'com.amazonaws.eu-central-1.guardduty-data', State: 'available' },
      ],
    },
  };
  const reader = {
    region: 'eu-central-1',
    read: async (_service: string, operation: string) => answers[operation] ?? {},
  } as unknown as AwsReader;
  const stack = {
    stackName: 'roadstead-shop-network',
    stackId: 'arn:s',
    status: 'CREATE_COMPLETE',
    parameters: {},
    outputs: { VpcId: 'vpc-1' },
    tags: { 'roadstead.dev/cluster': 'shop' },
    terminationProtection: false,
    changedAt: '',
  };

  it('is ours to delete, or named with its maker, and nothing else', async () => {
    const found = await observeLeftovers(reader, { ...empty, stacks: { 'roadstead-shop-network': stack } });
    expect(found.loadBalancers).toEqual([{ name: 'k8s-web', arn: 'arn:ours' }]);
    expect(found.classicLoadBalancers).toEqual(['old-shop']);
    expect(found.volumes.map(({ id }) => id)).toEqual(['vol-claim']);
    expect(found.securityGroups).toEqual([{ id: 'sg-lb', name: 'k8s-traffic' }]);
    expect(found.networkInterfaces).toEqual([{ id: 'eni-pod', name: 'aws-K8S-i-old' }]);
    expect(found.foreign.map(({ what, maker }) => `${what}: ${maker}`)).toEqual([
      'load balancer theirs: unknown',
      'instance i-bastion: Name=bastion',
      'network interface eni-fn: lambda',
      'VPC endpoint vpce-gd (com.amazonaws.eu-central-1.guardduty-data): Amazon GuardDuty',
      'security group sg-rds (rds): "database of billing"',
    ]);
  });
});
