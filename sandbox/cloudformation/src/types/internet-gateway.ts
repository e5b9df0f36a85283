import { describeOne, tagSpecifications, updateTags } from './ec2.ts';
import type { ResourceHandler } from './handler.ts';
import { textAt, unlessMissing, userTags } from './values.ts';

/** `AWS::EC2::InternetGateway`. Ref is the gateway's id. */
export const internetGatewayHandler: ResourceHandler = {
  type: 'AWS::EC2::InternetGateway',
  properties: ['Tags'],
  attributes: ['InternetGatewayId'],
  usualSeconds: { create: 15, update: 5, delete: 5 },
  async create(context, desired, made) {
    const answer = await context.call('ec2', 'CreateInternetGateway', {
      TagSpecifications: tagSpecifications(context, 'internet-gateway', desired),
    });
    made(textAt(answer, 'InternetGateway', 'InternetGatewayId'));
  },
  async read(context, gatewayId) {
    const input = { InternetGatewayIds: [gatewayId] };
    const gateway = await describeOne(context, {
      operation: 'DescribeInternetGateways',
      input,
      items: 'InternetGateways',
    });
    if (gateway === undefined) return undefined;
    return { properties: { Tags: userTags(gateway['Tags']) }, attributes: { InternetGatewayId: gatewayId } };
  },
  update: (context, gatewayId, _before, after) => updateTags(context, gatewayId, after),
  async delete(context, gatewayId) {
    await unlessMissing(context.call('ec2', 'DeleteInternetGateway', { InternetGatewayId: gatewayId }));
  },
};
