import { expect, test } from 'vitest';
import { type JoinFacts, joinProblem } from './joinability.ts';
import { mergeNodeConfigs } from './node-config.ts';

const caPem = '-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n';

const good: JoinFacts = {
  config: {
    ...mergeNodeConfigs([]),
    cluster: {
      name: 'shop',
      apiServerEndpoint: 'https://a',
      certificateAuthority: Buffer.from(caPem.trimEnd()).toString('base64'),
      cidr: '172.20.0.0/16',
    },
  },
  cluster: {
    name: 'shop',
    endpoint: 'https://a',
    caPem,
    serviceCidr: '172.20.0.0/16',
    securityGroupId: 'sg-1',
    vpcId: 'vpc-1',
  },
  instance: {
    architecture: 'arm64',
    vpcId: 'vpc-1',
    securityGroupIds: ['sg-0', 'sg-1'],
    roleArn: 'arn:aws:iam::1:role/node',
  },
  imageArchitecture: 'arm64',
  accessEntryType: 'EC2_LINUX',
  mayDescribe: true,
  noWayOut: undefined,
};

const cluster = good.config.cluster;

function withCluster(change: Partial<typeof cluster>): JoinFacts {
  return { ...good, config: { ...good.config, cluster: { ...cluster, ...change } } };
}

test('an instance that has everything joins', () => {
  expect(joinProblem(good)).toBeUndefined();
});

test('named after its id it need not ask EC2', () => {
  const config = { ...good.config, featureGates: { InstanceIdNodeName: true } };
  expect(joinProblem({ ...good, config, mayDescribe: false })).toBeUndefined();
});

test('an image that nobody knows is not held against it', () => {
  expect(joinProblem({ ...good, imageArchitecture: undefined })).toBeUndefined();
});

test.each<[string, JoinFacts, string]>([
  ['a role without AmazonEKSWorkerNodePolicy', { ...good, mayDescribe: false }, 'ec2:DescribeInstances'],
  ['another architecture', { ...good, imageArchitecture: 'amd64' }, 'does not boot'],
  ['another cluster', withCluster({ name: 'other' }), 'Unauthorized'],
  ['another endpoint', withCluster({ apiServerEndpoint: 'https://b' }), 'no such host'],
  ['another authority', withCluster({ certificateAuthority: 'QUJD' }), 'unknown authority'],
  ['another service CIDR', withCluster({ cidr: '10.100.0.0/16' }), 'service CIDR'],
  ['another VPC', { ...good, instance: { ...good.instance, vpcId: 'vpc-2' } }, 'i/o timeout'],
  ['no way out', { ...good, noWayOut: 'subnet-1 has no default route' }, 'subnet-1 has no default route'],
  [
    'no cluster security group',
    { ...good, instance: { ...good.instance, securityGroupIds: ['sg-0'] } },
    'sg-1 is not attached',
  ],
  ['no instance profile', { ...good, instance: { ...good.instance, roleArn: undefined } }, 'no instance profile'],
  ['no access entry', { ...good, accessEntryType: undefined }, 'has no access entry'],
  ['an entry for people', { ...good, accessEntryType: 'STANDARD' }, 'EC2_LINUX'],
])('with %s it never joins', (_, facts, reason) => {
  expect(joinProblem(facts)).toContain(reason);
});
