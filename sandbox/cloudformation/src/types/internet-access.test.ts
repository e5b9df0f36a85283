import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../template/parse.ts';
import type { ResourceContext } from './handler.ts';
import { natGatewayHandler } from './nat-gateway.ts';
import { routeHandler } from './route.ts';

interface Network {
  /** The gateway that is attached to the VPC. */
  readonly attached?: string;
}

/** A VPC with a subnet and a route table; resolves to the writes that were asked for. */
async function writes({ attached }: Network, act: (context: ResourceContext) => Promise<void>): Promise<string[]> {
  const asked: string[] = [];
  const gateway = { InternetGatewayId: attached, Attachments: [{ VpcId: 'vpc-1' }] };
  const answers: Readonly<Record<string, JsonObject>> = {
    DescribeRouteTables: { RouteTables: [{ VpcId: 'vpc-1', Routes: [] }] },
    DescribeSubnets: { Subnets: [{ VpcId: 'vpc-1' }] },
    DescribeInternetGateways: { InternetGateways: attached === undefined ? [] : [gateway] },
    CreateNatGateway: { NatGateway: { NatGatewayId: 'nat-1' } },
  };
  const context: ResourceContext = {
    place: { account: '123456789012', region: 'eu-central-1' },
    stackName: 's',
    stackId: 'arn:s',
    logicalId: 'R',
    systemTags: [],
    physicalName: () => 'name',
    call: async (_service, operation) => {
      if (!operation.startsWith('Describe')) asked.push(operation);
      return answers[operation] ?? {};
    },
  };
  await act(context);
  return asked;
}

const made = () => undefined;
const toGateway = { RouteTableId: 'rtb-1', DestinationCidrBlock: '0.0.0.0/0', GatewayId: 'igw-1' };
const route = (desired: JsonObject) => (context: ResourceContext) => routeHandler.create(context, desired, made);
const nat = (more: JsonObject) => (context: ResourceContext) =>
  natGatewayHandler.create(context, { SubnetId: 'subnet-1', ...more }, made);

describe('a network that is made', () => {
  it.each<[string, Network, (context: ResourceContext) => Promise<void>, string[]]>([
    ['routes to its gateway', { attached: 'igw-1' }, route(toGateway), ['CreateRoute']],
    [
      'routes to a NAT gateway without one',
      {},
      route({ ...toGateway, GatewayId: undefined, NatGatewayId: 'nat-1' }),
      ['CreateRoute'],
    ],
    ['has NAT behind its gateway', { attached: 'igw-1' }, nat({}), ['CreateNatGateway']],
    ['has private NAT without one', {}, nat({ ConnectivityType: 'private' }), ['CreateNatGateway']],
  ])('%s', async (_title, network, act, expected) => {
    expect(await writes(network, act)).toEqual(expected);
  });

  it.each<[string, Network, (context: ResourceContext) => Promise<void>, RegExp]>([
    ['a route before the attachment', {}, route(toGateway), /rtb-1 and network gateway igw-1 belong to different/],
    ['a route to the gateway of others', { attached: 'igw-2' }, route(toGateway), /belong to different networks/],
    ['NAT before the attachment', {}, nat({}), /Network vpc-1 has no Internet gateway attached/],
  ])('refuses %s', async (_title, network, act, refusal) => {
    await expect(writes(network, act)).rejects.toThrow(refusal);
  });
});
