import { describe, expect, it } from 'vitest';
import { awsException } from '../testing/fake-handler.ts';
import { type AnswerTable, tableReader } from '../testing/table-reader.ts';
import { findGateways } from './find-gateways.ts';

const Tags = [{ Key: 'team', Value: 'data' }];
const own = [{ Key: 'roadstead.dev/cluster', Value: 'shop' }];

async function found(answers: AnswerTable) {
  const search = {
    reader: tableReader(answers),
    cluster: 'shop',
    account: '123456789012',
    owned: new Set(['of-stack']),
    hasControlPlane: true,
  };
  return (await findGateways(search, 'vpc-1')).map(({ what, maker, hint }) => [what, maker, hint]);
}

const peering = (state: string, requester: string, accepter: string) => ({
  'ec2:DescribeVpcPeeringConnections': {
    VpcPeeringConnections: [
      {
        ...{ VpcPeeringConnectionId: 'pcx-1', Status: { Code: state }, Tags },
        RequesterVpcInfo: { VpcId: requester, OwnerId: '111111111111' },
        AccepterVpcInfo: { VpcId: accepter, OwnerId: '222222222222' },
      },
    ],
  },
});
const nat = (NatGatewayId: string, State: string, tags: object[] = Tags) => ({
  'ec2:DescribeNatGateways': { NatGateways: [{ NatGatewayId, State, Tags: tags }] },
});

describe('a way out of the VPC that others made', () => {
  it.each<[title: string, answers: AnswerTable, what: string, hint: string]>([
    ['a NAT gateway', nat('nat-1', 'available'), 'NAT gateway nat-1', 'delete-nat-gateway --nat-gateway-id nat-1'],
    [
      'an internet gateway',
      { 'ec2:DescribeInternetGateways': { InternetGateways: [{ InternetGatewayId: 'igw-1', Tags }] } },
      'internet gateway igw-1',
      'detach-internet-gateway --internet-gateway-id igw-1 --vpc-id vpc-1',
    ],
    [
      'an egress-only internet gateway',
      {
        'ec2:DescribeEgressOnlyInternetGateways': {
          EgressOnlyInternetGateways: [
            { EgressOnlyInternetGatewayId: 'eigw-1', Attachments: [{ VpcId: 'vpc-1' }], Tags },
            { EgressOnlyInternetGatewayId: 'eigw-2', Attachments: [{ VpcId: 'vpc-2' }], Tags },
          ],
        },
      },
      'egress-only internet gateway eigw-1',
      'delete-egress-only-internet-gateway --egress-only-internet-gateway-id eigw-1',
    ],
    [
      'a VPN gateway',
      {
        'ec2:DescribeVpnGateways': {
          VpnGateways: [{ VpnGatewayId: 'vgw-1', VpcAttachments: [{ VpcId: 'vpc-1', State: 'attached' }], Tags }],
        },
      },
      'VPN gateway vgw-1',
      'detach-vpn-gateway --vpn-gateway-id vgw-1 --vpc-id vpc-1',
    ],
    [
      'a carrier gateway',
      {
        'ec2:DescribeCarrierGateways': { CarrierGateways: [{ CarrierGatewayId: 'cagw-1', State: 'available', Tags }] },
      },
      'carrier gateway cagw-1',
      'delete-carrier-gateway --carrier-gateway-id cagw-1',
    ],
    [
      'an attachment to a transit gateway',
      {
        'ec2:DescribeTransitGatewayVpcAttachments': {
          TransitGatewayVpcAttachments: [
            { TransitGatewayAttachmentId: 'tgw-attach-1', TransitGatewayId: 'tgw-1', State: 'available', Tags },
          ],
        },
      },
      'transit gateway attachment tgw-attach-1 to tgw-1',
      'delete-transit-gateway-vpc-attachment --transit-gateway-attachment-id tgw-attach-1',
    ],
    [
      'a peering that was asked for here',
      peering('active', 'vpc-1', 'vpc-9'),
      'VPC peering connection pcx-1 with vpc-9 of account 222222222222',
      'delete-vpc-peering-connection --vpc-peering-connection-id pcx-1',
    ],
    [
      'a peering that was accepted here',
      peering('active', 'vpc-9', 'vpc-1'),
      'VPC peering connection pcx-1 with vpc-9 of account 111111111111',
      'delete-vpc-peering-connection --vpc-peering-connection-id pcx-1',
    ],
    [
      'a peering that somebody waits for',
      peering('pending-acceptance', 'vpc-9', 'vpc-1'),
      'VPC peering connection pcx-1 with vpc-9 of account 111111111111',
      'reject-vpc-peering-connection --vpc-peering-connection-id pcx-1',
    ],
  ])('is named: %s', async (_title, answers, what, command) => {
    expect(await found(answers)).toEqual([[what, 'team=data', `take it away: aws ec2 ${command}`]]);
  });

  it('is of the account that asked for it, where no tag says more', async () => {
    const VpcPeeringConnections = [
      {
        ...{ VpcPeeringConnectionId: 'pcx-1', Status: { Code: 'active' } },
        ...{ RequesterVpcInfo: { VpcId: 'vpc-9', OwnerId: '111111111111' }, AccepterVpcInfo: { VpcId: 'vpc-1' } },
      },
    ];
    const [blocker] = await found({ 'ec2:DescribeVpcPeeringConnections': { VpcPeeringConnections } });
    expect(blocker?.[1]).toBe('account 111111111111');
  });

  it.each<[title: string, answers: AnswerTable]>([
    ['is in a stack of ours', nat('of-stack', 'available')],
    ['carries our tag', nat('nat-1', 'available', own)],
    ['has gone', nat('nat-1', 'deleted')],
    ['never came up', nat('nat-1', 'failed')],
    ['was refused', peering('rejected', 'vpc-1', 'vpc-9')],
    ['joins other VPCs', peering('active', 'vpc-8', 'vpc-9')],
  ])('blocks nothing that %s', async (_title, answers) => {
    expect(await found(answers)).toEqual([]);
  });

  it.each([
    ['InvalidAction', true],
    ['UnsupportedOperation', true],
    ['UnauthorizedOperation', false],
  ])('is none where the region does not offer its kind: %s', async (code, none) => {
    const refusing = {
      ...nat('nat-1', 'available'),
      'ec2:DescribeCarrierGateways': () => {
        throw awsException(code, 'no');
      },
    };
    if (none) expect(await found(refusing)).toHaveLength(1);
    else await expect(found(refusing)).rejects.toThrow('no');
  });

  it('is waited for when it is going', async () => {
    expect(await found(nat('nat-1', 'deleting'))).toEqual([
      ['NAT gateway nat-1', 'team=data', 'it is going already: wait a few minutes'],
    ]);
  });
});
