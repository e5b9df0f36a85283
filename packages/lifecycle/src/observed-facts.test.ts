import { checkTransition, parseClusterFile } from '@roadstead/definition';
import type { ObservedAws } from '@roadstead/provisioning';
import { describe, expect, it } from 'vitest';
import { observedFacts } from './observed-facts.ts';

const eks = { described: {}, status: 'ACTIVE', tags: {}, health: [], arn: 'arn', version: '1.35' };
const network = {
  stackName: 'roadstead-shop-network',
  stackId: 'id',
  status: 'CREATE_COMPLETE',
  template: { Resources: { Vpc: { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: '10.20.0.0/16' } } } },
  parameters: {},
  outputs: {},
  tags: {},
  terminationProtection: true,
  changedAt: '2026-01-01T00:00:00Z',
};
const there: ObservedAws = {
  cluster: 'shop',
  account: '123456789012',
  region: 'eu-central-1',
  stacks: { 'roadstead-shop-network': network },
  eks,
  nodeGroups: {},
  addons: {},
  accessEntries: {},
  podIdentityAssociations: [],
  subnets: ['a', 'b', 'c'].map((zone, index) => ({
    id: `subnet-${index}`,
    zoneName: `eu-central-1${zone}`,
    zoneId: `euc1-az${index + 1}`,
    cidr: `10.20.${index * 32}.0/19`,
  })),
};

const file = (spec: string) =>
  parseClusterFile(
    `apiVersion: roadstead.dev/v1
kind: Cluster
metadata: {name: shop}
spec:
  account: aws:123456789012
  region: eu-central-1
  environment: test
  ${spec}
  nodePools: [{name: app, instanceTypes: [m7g.large]}]
`,
    'cluster.yaml',
  );

describe('what is there against what is asked for', () => {
  it.each([
    ['the same', 'network: {cidr: 10.20.0.0/16, zones: 3}', there, []],
    ['one more zone', 'network: {cidr: 10.20.0.0/16, zones: 4}', there, []],
    ['another network', 'network: {cidr: 10.30.0.0/16, zones: 3}', there, ['8:19 ONE_WAY_CHANGE']],
    ['a zone less', 'network: {cidr: 10.20.0.0/16, zones: 2}', there, ['8:40 ONE_WAY_CHANGE']],
    [
      'another network while no control plane is there',
      'network: {cidr: 10.30.0.0/16, zones: 3}',
      { ...there, eks: { ...eks, status: 'FAILED' } },
      [],
    ],
  ])('%s', (_title, spec, observed, problems) => {
    const found = checkTransition({ ...observedFacts(observed), kubernetes: '1.36' }, file(spec));
    expect(found.map(({ line, column, code }) => `${line}:${column} ${code}`)).toEqual(problems);
  });

  it('knows the version that runs, so that one cannot be skipped', () => {
    expect(observedFacts(there)).toMatchObject({ kubernetes: '1.35', cidr: '10.20.0.0/16' });
  });
});
