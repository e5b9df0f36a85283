import { describe, expect, it } from 'vitest';
import type { SecurityGroupFacts, SubnetFacts } from '../aws/network.ts';
import {
  defaultServiceCidr,
  refuseEndpoint,
  refuseMovedSubnets,
  refuseServiceCidr,
  refuseSubnets,
} from './vpc-rules.ts';

const subnet = (id: string, more: Partial<SubnetFacts> = {}): SubnetFacts => ({
  id,
  vpcId: 'vpc-1',
  zone: `eu-central-1${id}`,
  zoneId: `euc1-az${id}`,
  freeAddresses: 100,
  givesPublicAddresses: false,
  ...more,
});
const group = (id: string, vpcId = 'vpc-1'): SecurityGroupFacts => ({ id, vpcId });

describe('subnets of a control plane', () => {
  it.each<[string, readonly string[], readonly SubnetFacts[], RegExp | undefined]>([
    ['two zones are fine', ['a', 'b'], [subnet('a'), subnet('b')], undefined],
    ['one subnet is refused', ['a'], [subnet('a')], /at least two different AZs/],
    [
      'two subnets of one zone are refused',
      ['a', 'b'],
      [subnet('a'), subnet('b', { zone: 'eu-central-1a' })],
      /two different AZs/,
    ],
    ['a missing subnet is named', ['a', 'b'], [subnet('a')], /'b' does not exist/],
    ['two VPCs are refused', ['a', 'b'], [subnet('a'), subnet('b', { vpcId: 'vpc-2' })], /same VPC/],
    ['a full subnet is refused', ['a', 'b'], [subnet('a'), subnet('b', { freeAddresses: 5 })], /6 free IP addresses/],
    [
      'a zone without control planes is refused',
      ['a', 'b'],
      [subnet('a'), subnet('b', { zoneId: 'use1-az3' })],
      /does not support creating control plane instances/,
    ],
  ])('%s', (_title, subnetIds, subnets, refusal) => {
    const refused = refuseSubnets({ name: 'shop', subnetIds, securityGroupIds: [] }, subnets, []);
    if (refusal === undefined) expect(refused).toBeUndefined();
    else expect(refused?.message).toMatch(refusal);
  });

  it('tells the zones that would do when one does not', () => {
    const subnets = [subnet('a'), subnet('b', { zoneId: 'use1-az3' }), subnet('c')];
    const refused = refuseSubnets({ name: 'shop', subnetIds: ['a', 'b', 'c'], securityGroupIds: [] }, subnets, []);
    expect(refused).toMatchObject({
      code: 'UnsupportedAvailabilityZoneException',
      members: { validZones: ['eu-central-1a', 'eu-central-1c'] },
    });
  });

  it.each([
    ['a security group that does not exist', [] as readonly SecurityGroupFacts[], /does not exist/],
    ['a security group of another VPC', [group('sg-1', 'vpc-2')], /same VPC/],
  ])('refuses %s', (_title, groups, refusal) => {
    const wanted = { name: 'shop', subnetIds: ['a', 'b'], securityGroupIds: ['sg-1'] };
    expect(refuseSubnets(wanted, [subnet('a'), subnet('b')], groups)?.message).toMatch(refusal);
  });

  it('may move only within the same zones', () => {
    const before = [subnet('a'), subnet('b')];
    expect(refuseMovedSubnets('shop', before, [subnet('x', { zone: 'eu-central-1a' }), subnet('b')])).toBeUndefined();
    expect(refuseMovedSubnets('shop', before, [subnet('a'), subnet('c')])?.message).toMatch(/exact set of AZs/);
  });
});

describe('endpoint access', () => {
  it.each<[string, boolean, boolean, readonly string[], boolean]>([
    ['public to the world', true, false, ['0.0.0.0/0'], true],
    ['public to an office', true, true, ['203.0.113.0/24'], true],
    ['nowhere', false, false, ['0.0.0.0/0'], false],
    ['a private block', true, false, ['10.1.0.0/16'], false],
    ['loopback', true, false, ['127.0.0.1/32'], false],
    ['host bits', true, false, ['203.0.113.7/24'], false],
    ['no block at all', true, false, ['office'], false],
    ['41 blocks', true, false, Array.from({ length: 41 }, (_, n) => `203.0.113.${n}/32`), false],
  ])('%s', (_title, endpointPublicAccess, endpointPrivateAccess, publicAccessCidrs, good) => {
    const refused = refuseEndpoint('shop', { endpointPublicAccess, endpointPrivateAccess, publicAccessCidrs });
    expect(refused === undefined).toBe(good);
  });
});

describe('the service range', () => {
  it.each<[string, readonly string[], RegExp | undefined]>([
    ['172.20.0.0/16', ['10.20.0.0/16'], undefined],
    ['10.100.0.0/16', ['10.0.0.0/8'], /overlaps/],
    ['8.8.0.0/16', [], /private blocks/],
    ['172.20.0.0/25', [], /between \/24 and \/12/],
    ['172.20.0.1/16', [], /private blocks/],
  ])('%s beside %j', (cidr, blocks, refusal) => {
    const refused = refuseServiceCidr('shop', cidr, blocks);
    if (refusal === undefined) expect(refused).toBeUndefined();
    else expect(refused?.message).toMatch(refusal);
  });

  it('is chosen apart from the VPC', () => {
    expect(defaultServiceCidr(['10.20.0.0/16'])).toBe('172.20.0.0/16');
    expect(defaultServiceCidr(['192.168.0.0/16'])).toBe('10.100.0.0/16');
  });
});
