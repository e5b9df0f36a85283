import { beforeEach, describe, expect, it } from 'vitest';
import type { ObservedAws, ObservedCluster } from '../observe/observed.ts';
import { awsException } from '../testing/fake-handler.ts';
import { nothingObserved } from '../testing/nothing-observed.ts';
import { type AnswerTable, tableReader } from '../testing/table-reader.ts';
import { observeLeftovers } from './observe-leftovers.ts';

const own = [{ Key: 'roadstead.dev/cluster', Value: 'shop' }];
const owned = [{ Key: 'kubernetes.io/cluster/shop', Value: 'owned' }];

let answers: AnswerTable;
beforeEach(() => {
  answers = {
    'cloudformation:ListStackResources': { StackResourceSummaries: [{ PhysicalResourceId: 'of-stack' }] },
  };
});

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
const controlPlane: ObservedCluster = {
  described: {},
  status: 'ACTIVE',
  tags: {},
  health: [],
  arn: 'arn:c',
  version: '1.36',
  vpcId: 'vpc-1',
};
const shop: ObservedAws = {
  ...nothingObserved,
  stacks: { 'roadstead-shop-network': stack },
  eks: controlPlane,
};
const { eks: _gone, ...withoutControlPlane } = shop;

async function found(observed: ObservedAws = shop) {
  const leftovers = await observeLeftovers(tableReader(answers), observed);
  return { ...leftovers, foreign: leftovers.foreign.map(({ what, maker }) => `${what}: ${maker}`) };
}

describe('load balancers', () => {
  const classic = (LoadBalancerName: string, VPCId = 'vpc-1') => ({ LoadBalancerName, VPCId });

  it('are ours by the tag of the cluster, and only in its VPC; others are named with their maker', async () => {
    answers['elbv2:DescribeLoadBalancers'] = {
      LoadBalancers: [
        { LoadBalancerName: 'k8s-web', LoadBalancerArn: 'arn:ours', VpcId: 'vpc-1' },
        { LoadBalancerName: 'theirs', LoadBalancerArn: 'arn:theirs', VpcId: 'vpc-1' },
        { LoadBalancerName: 'namesake', LoadBalancerArn: 'arn:namesake', VpcId: 'vpc-2' },
      ],
    };
    answers['elbv2:DescribeTags'] = {
      TagDescriptions: ['arn:ours', 'arn:namesake'].map((ResourceArn) => ({ ResourceArn, Tags: owned })),
    };
    expect(await found()).toMatchObject({
      loadBalancers: [{ name: 'k8s-web', arn: 'arn:ours' }],
      foreign: ['load balancer theirs: unknown'],
    });
  });

  it('of the classic kind are found on every page, asked for their tags twenty at a time', async () => {
    const names = Array.from({ length: 45 }, (_, index) => `a${index}`);
    const asked: number[] = [];
    answers['elb:DescribeLoadBalancers'] = ({ Marker }) =>
      Marker === undefined
        ? { LoadBalancerDescriptions: names.slice(0, 30).map((name) => classic(name)), NextMarker: 'more' }
        : { LoadBalancerDescriptions: [...names.slice(30).map((name) => classic(name)), classic('far', 'vpc-2')] };
    answers['elb:DescribeTags'] = ({ LoadBalancerNames }) => {
      const list = LoadBalancerNames as string[];
      asked.push(list.length);
      return {
        TagDescriptions: list.map((LoadBalancerName) => ({
          LoadBalancerName,
          Tags: LoadBalancerName === 'a7' ? [{ Key: 'team', Value: 'data' }] : owned,
        })),
      };
    };
    const { classicLoadBalancers, foreign } = await found();
    expect(classicLoadBalancers).toEqual(names.filter((name) => name !== 'a7'));
    expect(foreign).toEqual(['classic load balancer a7: team=data']);
    expect(asked).toEqual([20, 20, 5]);
  });

  it('that have gone since they were listed do not hide the others', async () => {
    answers['elb:DescribeLoadBalancers'] = { LoadBalancerDescriptions: ['gone', 'there'].map((name) => classic(name)) };
    answers['elb:DescribeTags'] = ({ LoadBalancerNames }) => {
      const names = LoadBalancerNames as string[];
      if (names.includes('gone')) throw awsException('AccessPointNotFoundException', 'There is no ACTIVE one');
      return { TagDescriptions: names.map((LoadBalancerName) => ({ LoadBalancerName, Tags: owned })) };
    };
    expect(await found()).toMatchObject({ classicLoadBalancers: ['there'], foreign: [] });
  });

  it('are known by their tags alone where no VPC is known any more', async () => {
    answers['elb:DescribeLoadBalancers'] = { LoadBalancerDescriptions: ['a1', 'b1'].map((name) => classic(name)) };
    answers['elb:DescribeTags'] = { TagDescriptions: [{ LoadBalancerName: 'a1', Tags: owned }] };
    expect(await found({ ...withoutControlPlane, stacks: {} })).toMatchObject({
      classicLoadBalancers: ['a1'],
      foreign: [],
    });
  });
});

describe('volumes', () => {
  it('are those of claims; a node’s own disk goes with the node', async () => {
    answers['ec2:DescribeVolumes'] = {
      Volumes: [
        { VolumeId: 'vol-claim', Size: 10, Tags: [...owned, { Key: 'CSIVolumeName', Value: 'pvc-1' }] },
        { VolumeId: 'vol-root', Size: 80, Tags: owned },
      ],
    };
    expect((await found()).volumes.map(({ id }) => id)).toEqual(['vol-claim']);
  });
});

describe('security groups', () => {
  beforeEach(() => {
    answers['ec2:DescribeSecurityGroups'] = {
      SecurityGroups: [
        { GroupId: 'sg-default', GroupName: 'default' },
        { GroupId: 'of-stack', GroupName: 'endpoints' },
        { GroupId: 'sg-eks', GroupName: 'eks-cluster-sg-shop-1', Tags: owned },
        { GroupId: 'sg-lb', GroupName: 'k8s-traffic', Tags: owned },
        { GroupId: 'sg-rds', GroupName: 'rds', Description: 'database of billing' },
        { GroupId: 'sg-eu', GroupName: 'eks-cluster-sg-shop-eu-1', Description: 'EKS created security group' },
      ],
    };
  });

  it('of load balancers are ours; EKS removes its own with the control plane; the rest is named', async () => {
    expect(await found()).toMatchObject({
      securityGroups: [{ id: 'sg-lb', name: 'k8s-traffic' }],
      foreign: [
        'security group sg-rds (rds): "database of billing"',
        'security group sg-eu (eks-cluster-sg-shop-eu-1): "EKS created security group"',
      ],
    });
  });

  it('that EKS could not remove are ours to delete once the control plane has gone', async () => {
    expect((await found(withoutControlPlane)).securityGroups).toEqual([
      { id: 'sg-lb', name: 'k8s-traffic' },
      { id: 'sg-eks', name: 'eks-cluster-sg-shop-1' },
    ]);
  });
});

describe('what others put into the VPC', () => {
  it('is named where it keeps the VPC, and nothing that goes by itself is', async () => {
    const card = (NetworkInterfaceId: string, more: object) => ({
      NetworkInterfaceId,
      InterfaceType: 'interface',
      ...more,
    });
    answers['ec2:DescribeInstances'] = {
      Reservations: [
        { Instances: [{ InstanceId: 'i-node', State: { Name: 'running' }, Tags: own }] },
        {
          Instances: [
            { InstanceId: 'i-bastion', State: { Name: 'stopped' }, Tags: [{ Key: 'Name', Value: 'bastion' }] },
          ],
        },
        { Instances: [{ InstanceId: 'i-old', State: { Name: 'terminated' } }] },
      ],
    };
    answers['ec2:DescribeNetworkInterfaces'] = {
      NetworkInterfaces: [
        card('eni-node', { Attachment: { InstanceId: 'i-node' } }),
        card('eni-nat', { InterfaceType: 'nat_gateway', Description: 'Interface for NAT Gateway nat-theirs' }),
        card('eni-nat2', { Description: 'Interface for NAT Gateway nat-theirs', RequesterId: '1' }),
        card('eni-tgw', { Description: 'Network Interface for Transit Gateway Attachment tgw-attach-1' }),
        card('eni-tgw2', { InterfaceType: 'transit_gateway' }),
        card('eni-mine', { OwnerId: '123456789012', Description: 'a scanner' }),
        card('eni-shared', {
          OwnerId: '999999999999',
          Description: 'ELB app/theirs/1',
          InterfaceType: 'load_balancer',
        }),
        card('eni-eks', { Description: 'Amazon EKS shop' }),
        card('eni-pod', { Status: 'available', Description: 'aws-K8S-i-old', TagSet: owned }),
        card('eni-branch', { Status: 'available', Description: 'aws-k8s-branch-eni', TagSet: owned }),
        card('eni-fn', { InterfaceType: 'lambda', Description: 'AWS Lambda VPC ENI-report', RequesterId: 'lambda' }),
        card('eni-elb', { Status: 'in-use', Description: 'ELB old-shop', RequesterId: 'amazon-elb' }),
        card('eni-nlb', { InterfaceType: 'network_load_balancer', Description: 'ELB net/web/1' }),
        card('eni-vpce', { InterfaceType: 'vpc_endpoint', Description: 'VPC Endpoint Interface vpce-1' }),
      ],
    };
    answers['ec2:DescribeVpcEndpoints'] = {
      VpcEndpoints: [
        { VpcEndpointId: 'vpce-s3', State: 'available', Tags: own },
        { VpcEndpointId: 'vpce-gd', ServiceName: 'com.amazonaws.eu-central-1.guardduty-data', State: 'available' },
        { VpcEndpointId: 'vpce-old', State: 'deleted' },
      ],
    };
    answers['ec2:DescribeSubnets'] = {
      Subnets: [{ SubnetId: 'of-stack' }, { SubnetId: 'subnet-db', Tags: [{ Key: 'team', Value: 'data' }] }],
    };
    answers['ec2:DescribeRouteTables'] = {
      RouteTables: [{ RouteTableId: 'rtb-main', Associations: [{ Main: true }] }, { RouteTableId: 'rtb-db' }],
    };
    answers['ec2:DescribeNetworkAcls'] = {
      NetworkAcls: [
        { NetworkAclId: 'acl-default', IsDefault: true },
        { NetworkAclId: 'acl-db', IsDefault: false },
      ],
    };
    const { networkInterfaces, foreign } = await found();
    expect(networkInterfaces.map(({ id }) => id)).toEqual(['eni-pod', 'eni-branch']);
    expect(foreign).toEqual([
      'instance i-bastion: Name=bastion',
      'network interface eni-mine: "a scanner"',
      'network interface eni-shared: account 999999999999 ("ELB app/theirs/1")',
      'network interface eni-fn: the Lambda function report',
      'VPC endpoint vpce-gd (com.amazonaws.eu-central-1.guardduty-data): Amazon GuardDuty',
      'subnet subnet-db: team=data',
      'route table rtb-db: unknown',
      'network ACL acl-db: unknown',
    ]);
  });

  it('blocks nothing where the VPC is not ours to delete', async () => {
    answers['ec2:DescribeSubnets'] = { Subnets: [{ SubnetId: 'subnet-db' }] };
    expect((await found({ ...shop, stacks: {} })).foreign).toEqual([]);
    expect((await found()).foreign).toEqual(['subnet subnet-db: unknown']);
  });
});

describe('a stack that goes while we look', () => {
  it('holds nothing', async () => {
    answers['cloudformation:ListStackResources'] = () => {
      throw awsException('ValidationError', 'Stack with id roadstead-shop-network does not exist');
    };
    answers['ec2:DescribeSubnets'] = { Subnets: [{ SubnetId: 'subnet-1' }] };
    expect((await found()).foreign).toEqual(['subnet subnet-1: unknown']);
  });
});
