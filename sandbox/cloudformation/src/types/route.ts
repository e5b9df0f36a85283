import type { JsonObject } from '../template/parse.ts';
import { describeOne } from './ec2.ts';
import { handlerRefusal, type ResourceContext, type ResourceHandler } from './handler.ts';
import { requireSameNetwork } from './internet-access.ts';
import { objectsAt, pick, unlessMissing } from './values.ts';

const targets = [
  'GatewayId',
  'NatGatewayId',
  'InstanceId',
  'NetworkInterfaceId',
  'VpcPeeringConnectionId',
  'TransitGatewayId',
];

/** `AWS::EC2::Route` of an IPv4 destination. Ref is `<table id>|<destination>`. */
export const routeHandler: ResourceHandler = {
  type: 'AWS::EC2::Route',
  properties: ['RouteTableId', 'DestinationCidrBlock', ...targets],
  attributes: ['CidrBlock'],
  usualSeconds: { create: 5, update: 5, delete: 5 },
  async create(context, desired, made) {
    await checkTarget(context, desired);
    const answer = await findRoute(context, desired);
    if (answer !== undefined) {
      throw handlerRefusal(`Route with identifier ${identifier(desired)} already exists.`, 'AlreadyExists');
    }
    await context.call('ec2', 'CreateRoute', pick(desired, ['RouteTableId', 'DestinationCidrBlock', ...targets]));
    made(identifier(desired));
  },
  async read(context, _physicalId, desired) {
    const route = await findRoute(context, desired);
    if (route === undefined) return undefined;
    return {
      properties: {
        RouteTableId: desired['RouteTableId'],
        ...pick(route, ['DestinationCidrBlock']),
        ...Object.fromEntries(targets.filter((name) => desired[name] !== undefined).map((name) => [name, route[name]])),
      },
      attributes: { CidrBlock: route['DestinationCidrBlock'] },
    };
  },
  async update(context, _physicalId, _before, after) {
    await checkTarget(context, after);
    await context.call('ec2', 'ReplaceRoute', pick(after, ['RouteTableId', 'DestinationCidrBlock', ...targets]));
  },
  async delete(context, _physicalId, properties) {
    if ((await findRoute(context, properties)) === undefined) return;
    await unlessMissing(context.call('ec2', 'DeleteRoute', pick(properties, ['RouteTableId', 'DestinationCidrBlock'])));
  },
};

function identifier(desired: JsonObject): string {
  return `${String(desired['RouteTableId'])}|${String(desired['DestinationCidrBlock'])}`;
}

async function checkTarget(context: ResourceContext, desired: JsonObject): Promise<void> {
  if (desired['DestinationCidrBlock'] === undefined) throw handlerRefusal('DestinationCidrBlock must be set');
  const named = targets.filter((name) => desired[name] !== undefined);
  if (named.length !== 1) throw handlerRefusal(`Exactly one of ${targets.join(', ')} must be specified and not empty`);
  const gatewayId = desired['GatewayId'];
  if (typeof gatewayId === 'string' && gatewayId.startsWith('igw-')) {
    await requireSameNetwork(context, String(desired['RouteTableId']), gatewayId);
  }
}

async function findRoute(context: ResourceContext, desired: JsonObject): Promise<JsonObject | undefined> {
  const input = { RouteTableIds: [desired['RouteTableId']] };
  const table = await describeOne(context, { operation: 'DescribeRouteTables', input, items: 'RouteTables' });
  return objectsAt(table, 'Routes').find((each) => each['DestinationCidrBlock'] === desired['DestinationCidrBlock']);
}
