import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ObservedAws, ObservedCluster, ObservedStack } from '../observe/observed.ts';
import { awsException } from '../testing/fake-handler.ts';
import { nothingObserved } from '../testing/nothing-observed.ts';
import { type AnswerTable, tableReader } from '../testing/table-reader.ts';
import { observeLeftovers } from './observe-leftovers.ts';

const tags = { 'roadstead.dev/cluster': 'shop' };
const named = (Value: string) => [{ Key: 'team', Value }];
const instance = (InstanceId: string, list: Readonly<Record<string, string>>) => ({
  ...{ InstanceId, State: { Name: 'running' } },
  Tags: Object.entries(list).map(([Key, Value]) => ({ Key, Value })),
});

const stack = (name: string, more: Partial<ObservedStack> = {}): ObservedStack => ({
  stackName: `roadstead-shop-${name}`,
  stackId: `arn:${name}`,
  status: 'CREATE_COMPLETE',
  parameters: {},
  outputs: {},
  tags,
  terminationProtection: false,
  changedAt: '',
  ...more,
});
const network = stack('network', { outputs: { VpcId: 'vpc-1' } });
const controlPlane: ObservedCluster = {
  described: {},
  status: 'ACTIVE',
  tags,
  health: [],
  arn: 'arn:c',
  version: '1.36',
  vpcId: 'vpc-1',
};

let answers: AnswerTable;
let asked: string[];
beforeEach(() => {
  answers = {};
  asked = [];
});

async function inTheWay(more: Partial<ObservedAws> = {}, stacks: readonly ObservedStack[] = [network]) {
  const observed: ObservedAws = {
    ...nothingObserved,
    stacks: Object.fromEntries(stacks.map((one) => [one.stackName, one])),
    ...more,
  };
  const { foreign } = await observeLeftovers(tableReader(answers, asked), observed);
  return foreign.map(({ what, maker, hint }) => [what, maker, hint]);
}

describe('in the way of the control plane', () => {
  beforeEach(() => {
    answers['eks:ListFargateProfiles'] = ({ nextToken }) =>
      nextToken === undefined
        ? { fargateProfileNames: ['batch'], nextToken: 'more' }
        : { fargateProfileNames: ['going', 'gone'] };
    answers['eks:DescribeFargateProfile'] = ({ fargateProfileName }) => {
      if (fargateProfileName === 'gone') throw awsException('ResourceNotFoundException', 'No Fargate Profile found');
      return fargateProfileName === 'batch'
        ? { fargateProfile: { status: 'ACTIVE', tags: { 'alpha.eksctl.io/cluster-name': 'shop' } } }
        : { fargateProfile: { status: 'DELETING' } };
    };
  });

  it('is every Fargate profile', async () => {
    const command = 'aws eks delete-fargate-profile --cluster-name shop --fargate-profile-name batch';
    expect(await inTheWay({ eks: controlPlane })).toEqual([
      ['Fargate profile batch', 'eksctl', `delete it: ${command}`],
      ['Fargate profile going', 'unknown', 'it is going already: wait a few minutes'],
    ]);
  });

  it.each<[string, Partial<ObservedAws>]>([
    ['has gone', {}],
    ['is not ours to delete', { eks: { ...controlPlane, tags: {} } }],
  ])('is none when it %s', async (_title, observed) => {
    expect(await inTheWay(observed)).toEqual([]);
    expect(asked).not.toContain('eks:ListFargateProfiles');
  });
});

describe('instances in the way', () => {
  it.each<[string, Readonly<Record<string, string>>, readonly [maker: string, hint: RegExp] | undefined]>([
    ['of a managed node group', { 'eks:cluster-name': 'shop', 'kubernetes.io/cluster/shop': 'owned' }, undefined],
    ['of Auto Mode', { 'aws:eks:cluster-name': 'shop' }, undefined],
    ['of a pool of ours', { ...tags, 'aws:autoscaling:groupName': 'pool' }, undefined],
    [
      'of Karpenter',
      { 'kubernetes.io/cluster/shop': 'owned', 'karpenter.sh/nodepool': 'spot' },
      [
        'Karpenter (NodePool spot)',
        /kubectl delete nodepool spot; else: aws ec2 terminate-instances --instance-ids i-1$/,
      ],
    ],
    [
      'that somebody let join by hand',
      { 'kubernetes.io/cluster/shop': 'owned', 'aws:autoscaling:groupName': 'workers' },
      ['the Auto Scaling group workers', /delete-auto-scaling-group --auto-scaling-group-name workers --force-delete$/],
    ],
    ['of another cluster', { 'eks:cluster-name': 'shop-eu' }, ['the cluster shop-eu', /terminate-instances/]],
  ])('are those %s', async (_title, list, blocker) => {
    answers['ec2:DescribeInstances'] = { Reservations: [{ Instances: [instance('i-1', list)] }] };
    const found = await inTheWay();
    expect(found).toEqual(
      blocker === undefined ? [] : [['instance i-1', blocker[0], expect.stringMatching(blocker[1])]],
    );
  });
});

describe('what a service made', () => {
  it.each([
    [true, 'delete what it belongs to', 'switch off what made it'],
    [
      false,
      'delete it: aws ec2 delete-network-interface --network-interface-id eni-1',
      'delete it: aws ec2 delete-vpc-endpoints --vpc-endpoint-ids vpce-1',
    ],
  ])('goes with it and not by a command of ours: %s', async (RequesterManaged, ofInterface, ofEndpoint) => {
    answers['ec2:DescribeNetworkInterfaces'] = {
      NetworkInterfaces: [{ NetworkInterfaceId: 'eni-1', RequesterManaged }],
    };
    answers['ec2:DescribeVpcEndpoints'] = { VpcEndpoints: [{ VpcEndpointId: 'vpce-1', RequesterManaged }] };
    expect((await inTheWay()).map(([, , hint]) => hint)).toEqual([ofInterface, ofEndpoint]);
  });
});

describe('a VPC endpoint that is going', () => {
  it.each(['deleting', 'Deleting'])('is waited for: %s', async (State) => {
    answers['ec2:DescribeVpcEndpoints'] = { VpcEndpoints: [{ VpcEndpointId: 'vpce-1', ServiceName: 's3', State }] };
    expect(await inTheWay()).toEqual([
      ['VPC endpoint vpce-1 (s3)', 'unknown', 'it is going already: wait a few minutes'],
    ]);
  });
});

describe('rules of the default security group', () => {
  const rule = (GroupId: string, more: object = {}) => ({
    ...{ IpProtocol: 'tcp', FromPort: 443, ToPort: 443 },
    UserIdGroupPairs: [{ GroupId, ...more }],
  });
  const groups = (rules: object) => ({
    SecurityGroups: [
      { GroupId: 'sg-default', GroupName: 'default', ...rules },
      { GroupId: 'sg-ours', GroupName: 'nodes', Tags: [{ Key: 'roadstead.dev/cluster', Value: 'shop' }] },
      { GroupId: 'sg-eks', GroupName: 'eks-cluster-sg-shop-1' },
    ],
  });
  const revoke = (way: string, rest: string) =>
    `revoke it: aws ec2 revoke-security-group-${way} --group-id sg-default --ip-permissions '${rest}'`;

  it.each<[string, object, readonly (readonly string[])[]]>([
    ['that name itself', { IpPermissions: [rule('sg-default')] }, []],
    [
      'that name a group of a stack',
      { IpPermissions: [rule('sg-ours', { Description: 'from the nodes' })] },
      [
        [
          'ingress rule of security group sg-default (default) that names sg-ours',
          '"from the nodes"',
          revoke('ingress', 'IpProtocol=tcp,FromPort=443,ToPort=443,UserIdGroupPairs=[{GroupId=sg-ours}]'),
        ],
      ],
    ],
    [
      'that name the group of EKS',
      { IpPermissionsEgress: [{ IpProtocol: '-1', UserIdGroupPairs: [{ GroupId: 'sg-eks' }] }] },
      [
        [
          'egress rule of security group sg-default (default) that names sg-eks',
          'unknown',
          revoke('egress', 'IpProtocol=-1,UserIdGroupPairs=[{GroupId=sg-eks}]'),
        ],
      ],
    ],
  ])('%s', async (_title, rules, blockers) => {
    answers['ec2:DescribeSecurityGroups'] = groups(rules);
    expect(await inTheWay({ eks: controlPlane })).toEqual(blockers);
  });
});

describe('in the way of a stack', () => {
  it('are stacks of others that import from it', async () => {
    answers['cloudformation:ListImports'] = ({ ExportName }) => {
      if (ExportName === 'shop-subnet') throw awsException('ValidationError', 'Export is not imported by any stack.');
      return { Imports: ['billing', 'roadstead-shop-foundation'] };
    };
    answers['cloudformation:DescribeStacks'] = { Stacks: [{ Tags: named('billing') }] };
    const exporting = { ...network, exports: ['shop-vpc', 'shop-subnet'] };
    expect(await inTheWay({}, [exporting, stack('foundation')])).toEqual([
      [
        'stack billing, which imports shop-vpc of stack roadstead-shop-network',
        'team=billing',
        'take the import out of it, or delete it: aws cloudformation delete-stack --stack-name billing',
      ],
    ]);
  });

  it('is nothing, and nobody is asked, where it exports nothing', async () => {
    expect(await inTheWay()).toEqual([]);
    expect(asked).not.toContain('cloudformation:ListImports');
  });

  describe('is what others hung on its roles', () => {
    const ours = {
      LogicalResourceId: 'Policy',
      PhysicalResourceId: 'arn:own/managed',
      ResourceType: 'AWS::IAM::ManagedPolicy',
    };
    const role = { LogicalResourceId: 'Role', PhysicalResourceId: 'shop-node', ResourceType: 'AWS::IAM::Role' };
    const arnOf = (name: string) => `arn:aws:iam::aws:policy/${name}`;
    const template = (Policies: object[]) => ({
      Resources: {
        Role: {
          Type: 'AWS::IAM::Role',
          Properties: { ManagedPolicyArns: [{ 'Fn::Sub': arnOf('Worker') }, { Ref: 'Policy' }], Policies },
        },
      },
    });
    const pool = (Policies: object[]) => stack('pool-app', { template: template(Policies) as never });

    beforeEach(() => {
      answers['cloudformation:ListStackResources'] = ({ StackName }) =>
        StackName === 'roadstead-shop-pool-app' ? { StackResourceSummaries: [ours, role] } : {};
      answers['iam:ListAttachedRolePolicies'] = {
        AttachedPolicies: [arnOf('Worker'), arnOf('Agent'), 'arn:own/managed'].map((PolicyArn) => ({
          PolicyArn,
          PolicyName: PolicyArn.split('/').at(-1),
        })),
      };
      answers['iam:ListRolePolicies'] = { PolicyNames: ['own', 'backup'] };
    });

    it('as instance profiles, but for those of node groups and of a stack', async () => {
      const profile = {
        LogicalResourceId: 'Profile',
        PhysicalResourceId: 'own',
        ResourceType: 'AWS::IAM::InstanceProfile',
      };
      answers['cloudformation:ListStackResources'] = ({ StackName }) =>
        StackName === 'roadstead-shop-pool-app' ? { StackResourceSummaries: [role, profile] } : {};
      answers['iam:ListInstanceProfilesForRole'] = {
        InstanceProfiles: [
          { InstanceProfileName: 'eks-0f6d2a1c-3b4e-4c5d-8e9f-a0b1c2d3e4f5' },
          { InstanceProfileName: 'own' },
          { InstanceProfileName: 'shop_123', Tags: named('karpenter') },
        ],
      };
      const command =
        'aws iam remove-role-from-instance-profile --instance-profile-name shop_123 --role-name shop-node';
      expect(await inTheWay({}, [network, stack('pool-app')])).toEqual([
        ['instance profile shop_123 with role shop-node', 'team=karpenter', `take the role out: ${command}`],
      ]);
    });

    it('as policies that somebody attached or wrote', async () => {
      const attached = `aws iam detach-role-policy --role-name shop-node --policy-arn ${arnOf('Agent')}`;
      const written = 'aws iam delete-role-policy --role-name shop-node --policy-name backup';
      expect(await inTheWay({}, [network, pool([{ PolicyName: 'own' }])])).toEqual([
        ['policy Agent on role shop-node', 'unknown', `take it off: ${attached}`],
        ['inline policy backup on role shop-node', 'unknown', `take it off: ${written}`],
      ]);
    });

    it('and as no policy that may be its own: a name that is computed, a template that is not there', async () => {
      const computed = pool([{ PolicyName: { Ref: 'Name' } }]);
      expect((await inTheWay({}, [network, computed])).map(([what]) => what)).toEqual([
        'policy Agent on role shop-node',
      ]);
      expect(await inTheWay({}, [network, stack('pool-app')])).toEqual([]);
    });
  });
});

describe('in the way of a load balancer of ours', () => {
  const arn = 'arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/net/k8s-web/1';
  const balancer = {
    'elbv2:DescribeLoadBalancers': {
      LoadBalancers: [{ LoadBalancerName: 'k8s-web', LoadBalancerArn: arn, VpcId: 'vpc-1' }],
    },
    'elbv2:DescribeTags': {
      TagDescriptions: [{ ResourceArn: arn, Tags: [{ Key: 'elbv2.k8s.aws/cluster', Value: 'shop' }] }],
    },
  };

  it('is an endpoint service on it; without a network load balancer nobody asks', async () => {
    answers['ec2:DescribeVpcEndpointServiceConfigurations'] = {
      ServiceConfigurations: [
        { ServiceId: 'vpce-svc-1', NetworkLoadBalancerArns: [arn], Tags: named('partners') },
        { ServiceId: 'vpce-svc-2', NetworkLoadBalancerArns: ['arn:other'], Tags: named('partners') },
      ],
    };
    expect(await inTheWay()).toEqual([]);
    expect(asked).not.toContain('ec2:DescribeVpcEndpointServiceConfigurations');
    Object.assign(answers, balancer);
    answers['elbv2:DescribeLoadBalancerAttributes'] = {
      Attributes: [{ Key: 'deletion_protection.enabled', Value: 'false' }],
    };
    expect(await inTheWay()).toEqual([
      [
        'endpoint service vpce-svc-1 on load balancer k8s-web',
        'team=partners',
        'delete it: aws ec2 delete-vpc-endpoint-service-configurations --service-ids vpce-svc-1',
      ],
    ]);
  });

  it('is its own protection', async () => {
    Object.assign(answers, balancer);
    answers['elbv2:DescribeLoadBalancerAttributes'] = {
      Attributes: [{ Key: 'deletion_protection.enabled', Value: 'true' }],
    };
    const hint =
      /: aws elbv2 modify-load-balancer-attributes --load-balancer-arn \S+ --attributes Key=\S+,Value=false$/;
    expect(await inTheWay()).toEqual([
      ['deletion protection of load balancer k8s-web', expect.any(String), expect.stringMatching(hint)],
    ]);
  });
});

describe('a network stack that is half gone', () => {
  const vpc = { LogicalResourceId: 'Vpc', PhysicalResourceId: 'vpc-1', ResourceType: 'AWS::EC2::VPC' };
  const failed = stack('network', { status: 'DELETE_FAILED' });
  beforeEach(() => {
    answers['ec2:DescribeSubnets'] = ({ Filters }) =>
      JSON.stringify(Filters).includes('vpc-1') ? { Subnets: [{ SubnetId: 'subnet-db', Tags: named('data') }] } : {};
  });

  it('still tells which VPC others are in, though its outputs are lost', async () => {
    answers['cloudformation:ListStackResources'] = { StackResourceSummaries: [vpc] };
    expect(await inTheWay({}, [failed])).toEqual([
      ['subnet subnet-db', 'team=data', 'delete it: aws ec2 delete-subnet --subnet-id subnet-db'],
    ]);
  });

  it('has nobody in a VPC that has gone', async () => {
    const gone = { ...vpc, ResourceStatus: 'DELETE_COMPLETE' };
    answers['cloudformation:ListStackResources'] = { StackResourceSummaries: [gone] };
    expect(await inTheWay({}, [failed])).toEqual([]);
  });
});

describe('the search', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is two rounds of requests, however many kinds there are: what our stacks hold, then everything else', async () => {
    const reader = tableReader({}, asked);
    const slow = {
      ...reader,
      read: async (...request: Parameters<typeof reader.read>) => {
        await new Promise((resolve) => setTimeout(resolve, 100));
        return reader.read(...request);
      },
    } as typeof reader;
    const observed = { ...nothingObserved, stacks: { [network.stackName]: network }, eks: controlPlane };
    let done = false;
    void observeLeftovers(slow, observed).then(() => {
      done = true;
    });
    await vi.advanceTimersByTimeAsync(199);
    expect(done).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(done).toBe(true);
    expect(asked.length).toBe(22);
  });
});
