import type { JsonObject } from '../template/parse.ts';
import { describeOne, tagSpecifications, updateTags } from './ec2.ts';
import type { ResourceContext, ResourceHandler } from './handler.ts';
import { requireInternet } from './internet-access.ts';
import { objectsAt, pick, textAt, unlessMissing, userTags } from './values.ts';

/** `AWS::EC2::NatGateway`. Ref is the gateway's id. */
export const natGatewayHandler: ResourceHandler = {
  type: 'AWS::EC2::NatGateway',
  properties: ['AllocationId', 'SubnetId', 'ConnectivityType', 'Tags'],
  attributes: ['NatGatewayId', 'EniId'],
  usualSeconds: { create: 100, update: 10, delete: 60 },
  async create(context, desired, made) {
    if (desired['ConnectivityType'] !== 'private') await requireInternet(context, String(desired['SubnetId']));
    const answer = await context.call('ec2', 'CreateNatGateway', {
      ...pick(desired, ['AllocationId', 'SubnetId', 'ConnectivityType']),
      TagSpecifications: tagSpecifications(context, 'natgateway', desired),
    });
    made(textAt(answer, 'NatGateway', 'NatGatewayId'));
  },
  async read(context, gatewayId) {
    const gateway = await findGateway(context, gatewayId);
    if (gateway === undefined) return undefined;
    const address = objectsAt(gateway, 'NatGatewayAddresses')[0] ?? {};
    return {
      properties: {
        ...pick(gateway, ['SubnetId', 'ConnectivityType']),
        AllocationId: address['AllocationId'],
        Tags: userTags(gateway['Tags']),
      },
      attributes: { NatGatewayId: gatewayId, EniId: address['NetworkInterfaceId'] },
    };
  },
  update: (context, gatewayId, _before, after) => updateTags(context, gatewayId, after),
  async delete(context, gatewayId) {
    if ((await findGateway(context, gatewayId)) === undefined) return;
    await unlessMissing(context.call('ec2', 'DeleteNatGateway', { NatGatewayId: gatewayId }));
  },
};

async function findGateway(context: ResourceContext, gatewayId: string): Promise<JsonObject | undefined> {
  const input = { NatGatewayIds: [gatewayId] };
  const gateway = await describeOne(context, { operation: 'DescribeNatGateways', input, items: 'NatGateways' });
  return gateway?.['State'] === 'deleted' ? undefined : gateway;
}
