import { expect, test } from 'vitest';
import { type SubnetRoutes, wayOutProblem } from './way-out.ts';

const toNat = { DestinationCidrBlock: '0.0.0.0/0', NatGatewayId: 'nat-1' };
const toInternet = { DestinationCidrBlock: '0.0.0.0/0', GatewayId: 'igw-1' };
const local = { DestinationCidrBlock: '10.0.0.0/16', GatewayId: 'local' };

function subnet(routes: readonly object[], change: Partial<SubnetRoutes> = {}): SubnetRoutes {
  return {
    subnetId: 'subnet-1',
    vpcId: 'vpc-1',
    hasPublicAddress: false,
    routeTables: [{ Associations: [{ SubnetId: 'subnet-1' }], Routes: [local, ...routes] }],
    natGateways: [{ NatGatewayId: 'nat-1', State: 'available' }],
    endpoints: [],
    ...change,
  };
}

const endpoints = ['ec2', 'ecr.api', 'ecr.dkr', 's3', 'sts'].map((service) => ({
  ServiceName: `com.amazonaws.eu-central-1.${service}`,
  State: 'available',
}));

test.each<[string, SubnetRoutes]>([
  ['a NAT gateway', subnet([toNat])],
  ['an internet gateway and a public address', subnet([toInternet], { hasPublicAddress: true })],
  ['a transit gateway', subnet([{ DestinationCidrBlock: '0.0.0.0/0', TransitGatewayId: 'tgw-1' }])],
  ['all endpoints', subnet([], { endpoints })],
  [
    'the main table where none is associated',
    subnet([], { routeTables: [{ Associations: [{ Main: true }], Routes: [toNat] }] }),
  ],
])('%s is a way out', (_, facts) => {
  expect(wayOutProblem(facts)).toBeUndefined();
});

test.each<[string, SubnetRoutes, string]>([
  ['no default route', subnet([]), 'no default route'],
  ['an internet gateway without a public address', subnet([toInternet]), 'no public address'],
  ['a NAT gateway that is gone', subnet([toNat], { natGateways: [] }), 'nat-1 is gone'],
  [
    'a NAT gateway that is being deleted',
    subnet([toNat], { natGateways: [{ NatGatewayId: 'nat-1', State: 'deleting' }] }),
    'deleting',
  ],
  ['a blackhole', subnet([{ DestinationCidrBlock: '0.0.0.0/0' }]), 'leads nowhere'],
  ['some endpoints', subnet([], { endpoints: endpoints.slice(1) }), 'no VPC endpoints for ec2'],
  ['no route table at all', subnet([], { routeTables: [] }), 'no default route'],
])('%s is none', (_, facts, reason) => {
  expect(wayOutProblem(facts)).toContain(reason);
});
