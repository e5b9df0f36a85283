import { describeOne } from './ec2.ts';
import { handlerRefusal, type ResourceContext } from './handler.ts';
import { objectsAt, textAt } from './values.ts';

/**
 * What EC2 asks of the order in which a network is made, and its stand-in does not (it asks when one is taken down): a
 * template that leaves it to luck is to fail here each time, not once in a while at AWS.
 */

/** A route to an internet gateway needs it attached to the VPC of the table. */
export async function requireSameNetwork(context: ResourceContext, tableId: string, gatewayId: string): Promise<void> {
  const input = { RouteTableIds: [tableId] };
  const table = await describeOne(context, { operation: 'DescribeRouteTables', input, items: 'RouteTables' });
  if (table === undefined || (await attachedGateways(context, textAt(table, 'VpcId'))).includes(gatewayId)) return;
  throw handlerRefusal(
    `route table ${tableId} and network gateway ${gatewayId} belong to different networks (Service: Ec2, Status Code: 400)`,
  );
}

/** A public NAT gateway needs an internet gateway attached to its VPC. */
export async function requireInternet(context: ResourceContext, subnetId: string): Promise<void> {
  const input = { SubnetIds: [subnetId] };
  const subnet = await describeOne(context, { operation: 'DescribeSubnets', input, items: 'Subnets' });
  if (subnet === undefined) return;
  const vpcId = textAt(subnet, 'VpcId');
  if ((await attachedGateways(context, vpcId)).length > 0) return;
  throw handlerRefusal(`Network ${vpcId} has no Internet gateway attached`, 'NotStabilized');
}

async function attachedGateways(context: ResourceContext, vpcId: string): Promise<readonly string[]> {
  const Filters = [{ Name: 'attachment.vpc-id', Values: [vpcId] }];
  const answer = await context.call('ec2', 'DescribeInternetGateways', { Filters });
  return objectsAt(answer, 'InternetGateways').map((gateway) => textAt(gateway, 'InternetGatewayId'));
}
