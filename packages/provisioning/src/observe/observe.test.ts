import { beforeEach, describe, expect, it } from 'vitest';
import type { AwsReader } from '../calls/aws-port.ts';
import { awsException } from '../testing/fake-handler.ts';
import { steppingClock } from '../testing/stepping-clock.ts';
import { observe } from './observe.ts';
import { describeAccessEntry, describeLogGroup } from './observe-eks.ts';

type Input = Readonly<Record<string, unknown>>;
type Answer = object | ((input: Input) => object);

const identity = { cluster: { name: 'shop', account: '123456789012', region: 'eu-central-1' } };
const gone = () => {
  throw awsException('ResourceNotFoundException', 'it has gone');
};

let answers: Record<string, Answer>;
let asked: string[];
const reader = {
  region: 'eu-central-1',
  read: async (_service: string, operation: string, input: Input) => {
    asked.push(operation);
    const answer = answers[operation] ?? {};
    return typeof answer === 'function' ? (answer as (input: Input) => object)(input) : answer;
  },
} as unknown as AwsReader;

/** A list in two pages. */
const paged =
  (member: string, first: unknown[], second: unknown[], token = 'nextToken') =>
  (input: Input) =>
    input[token] === undefined ? { [member]: first, [token]: 'more' } : { [member]: second };

beforeEach(() => {
  asked = [];
  answers = {
    DescribeCluster: { cluster: { name: 'shop', arn: 'arn:c', status: 'ACTIVE', version: '1.36' } },
    ListNodegroups: paged('nodegroups', ['a'], ['b']),
    DescribeNodegroup: ({ nodegroupName }) => ({ nodegroup: { nodegroupName, status: 'ACTIVE' } }),
    ListAddons: paged('addons', ['coredns'], ['vpc-cni']),
    DescribeAddon: ({ addonName }) => ({ addon: { addonName, addonArn: 'arn:a', status: 'ACTIVE' } }),
    ListAccessEntries: paged('accessEntries', ['arn:1'], ['arn:2']),
    DescribeAccessEntry: ({ principalArn }) => ({ accessEntry: { principalArn } }),
    ListPodIdentityAssociations: paged('associations', [{ associationId: 'a-1' }], [{ associationId: 'a-2' }]),
    DescribePodIdentityAssociation: ({ associationId }) => ({ association: { associationId, namespace: 'n' } }),
  };
});

const look = (drift = false) => observe(reader, identity, { drift, clock: steppingClock() });

describe('what is inside a cluster', () => {
  it('is found on every page of every list', async () => {
    const found = await look();
    expect(Object.keys(found.nodeGroups)).toEqual(['a', 'b']);
    expect(Object.keys(found.addons)).toEqual(['coredns', 'vpc-cni']);
    expect(Object.keys(found.accessEntries)).toEqual(['arn:1', 'arn:2']);
    expect(found.podIdentityAssociations.map(({ associationId }) => associationId)).toEqual(['a-1', 'a-2']);
  });

  it.each([
    ['a node group', 'DescribeNodegroup'],
    ['an add-on', 'DescribeAddon'],
    ['an access entry', 'DescribeAccessEntry'],
    ['an access entry, between its two requests', 'ListAssociatedAccessPolicies'],
    ['an association', 'DescribePodIdentityAssociation'],
  ])('does not hide the rest when %s goes while we look', async (_what, operation) => {
    answers[operation] = gone;
    const found = await look();
    expect(found.eks?.status).toBe('ACTIVE');
    const counts = [found.nodeGroups, found.addons, found.accessEntries].map((things) => Object.keys(things).length);
    const total = counts.reduce((sum, count) => sum + count, found.podIdentityAssociations.length);
    expect(total).toBe(6);
  });

  it('goes with the cluster: a cluster that goes while we look is not one that lost everything', async () => {
    answers.ListNodegroups = gone;
    const found = await look();
    expect(found.eks).toBeUndefined();
    expect(found.addons).toEqual({});
  });
});

describe('an access entry', () => {
  it('tells policies of the whole cluster from those of some namespaces', async () => {
    answers.ListAssociatedAccessPolicies = paged(
      'associatedAccessPolicies',
      [{ policyArn: 'arn:view', accessScope: { type: 'cluster', namespaces: [] } }],
      [{ policyArn: 'arn:admin', accessScope: { type: 'namespace', namespaces: ['shop'] } }],
    );
    expect(await describeAccessEntry(reader, 'shop', 'arn:1')).toMatchObject({
      accessPolicies: ['arn:view'],
      narrowPolicies: [{ policyArn: 'arn:admin', namespaces: ['shop'] }],
    });
  });
});

describe('the log group', () => {
  it('is the one of exactly that name, on whatever page', async () => {
    const name = '/aws/eks/shop/cluster';
    answers.DescribeLogGroups = paged(
      'logGroups',
      [{ logGroupName: `${name}-old`, storedBytes: 1 }],
      [{ logGroupName: name, storedBytes: 7, retentionInDays: 90 }],
    );
    expect(await describeLogGroup(reader, 'shop')).toEqual({ name, storedBytes: 7, retentionDays: 90 });
  });
});

describe('stacks', () => {
  const stack = (StackName: string, cluster?: string, StackStatus = 'CREATE_COMPLETE') => ({
    StackName,
    StackId: `arn:${StackName}`,
    StackStatus,
    Tags: cluster === undefined ? [] : [{ Key: 'roadstead.dev/cluster', Value: cluster }],
  });

  it('are those of the cluster by tag or by name, never another’s, on every page', async () => {
    answers.DescribeStacks = paged(
      'Stacks',
      [stack('roadstead-shop-network', 'shop'), stack('roadstead-shop-eu-network', 'shop-eu')],
      [stack('roadstead-shop-foundation'), stack('billing')],
      'NextToken',
    );
    expect(Object.keys((await look()).stacks)).toEqual(['roadstead-shop-network', 'roadstead-shop-foundation']);
  });

  it('tell by which names others may import from them', async () => {
    const Outputs = [
      { OutputKey: 'VpcId', OutputValue: 'vpc-1', ExportName: 'shop-vpc' },
      { OutputKey: 'Zones', OutputValue: '3' },
    ];
    answers.DescribeStacks = { Stacks: [{ StackName: 'roadstead-shop-network', Outputs }] };
    expect((await look()).stacks['roadstead-shop-network']).toMatchObject({
      outputs: { VpcId: 'vpc-1', Zones: '3' },
      exports: ['shop-vpc'],
    });
  });

  it('at rest are asked for drift, and what cannot be told is left open', async () => {
    answers.DescribeStacks = { Stacks: [stack('one', 'shop'), stack('two', 'shop', 'UPDATE_IN_PROGRESS')] };
    answers.DetectStackDrift = { StackDriftDetectionId: 'd-1' };
    let looks = 0;
    answers.DescribeStackDriftDetectionStatus = () => ({
      DetectionStatus: looks++ < 3 ? 'DETECTION_IN_PROGRESS' : 'DETECTION_COMPLETE',
    });
    answers.DescribeStackResourceDrifts = paged(
      'StackResourceDrifts',
      [{ LogicalResourceId: 'Route', ResourceType: 'AWS::EC2::Route', StackResourceDriftStatus: 'DELETED' }],
      [
        {
          LogicalResourceId: 'Nat',
          ResourceType: 'AWS::EC2::NatGateway',
          StackResourceDriftStatus: 'MODIFIED',
          PropertyDifferences: [{ PropertyPath: '/SubnetId', ExpectedValue: 'a', ActualValue: 'b' }],
        },
      ],
      'NextToken',
    );
    const { stacks } = await look(true);
    expect(stacks.one?.drifts).toEqual([
      { logicalId: 'Route', type: 'AWS::EC2::Route', status: 'DELETED', differences: [] },
      {
        logicalId: 'Nat',
        type: 'AWS::EC2::NatGateway',
        status: 'MODIFIED',
        differences: [{ path: '/SubnetId', expected: 'a', actual: 'b' }],
      },
    ]);
    expect(stacks.two?.drifts).toBeUndefined();
    expect(asked.filter((operation) => operation === 'DetectStackDrift')).toHaveLength(1);
  });

  it('whose detection is refused are told without drift', async () => {
    answers.DescribeStacks = { Stacks: [stack('one', 'shop')] };
    answers.DetectStackDrift = () => {
      throw awsException('ValidationError', 'Drift detection is in progress');
    };
    expect((await look(true)).stacks.one).not.toHaveProperty('drifts');
  });
});
