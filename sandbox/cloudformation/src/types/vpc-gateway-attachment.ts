import type { JsonObject } from '../template/parse.ts';
import { describeOne } from './ec2.ts';
import { handlerRefusal, type ResourceContext, type ResourceHandler } from './handler.ts';
import { objectsAt, unlessMissing } from './values.ts';

/** `AWS::EC2::VPCGatewayAttachment` of an internet gateway. Ref is `IGW|<vpc id>`. */
export const vpcGatewayAttachmentHandler: ResourceHandler = {
  type: 'AWS::EC2::VPCGatewayAttachment',
  properties: ['VpcId', 'InternetGatewayId'],
  attributes: ['AttachmentType'],
  usualSeconds: { create: 15, update: 15, delete: 10 },
  async create(context, desired, made) {
    await attach(context, desired);
    made(`IGW|${String(desired['VpcId'])}`);
  },
  async read(context, _physicalId, desired) {
    const input = { InternetGatewayIds: [desired['InternetGatewayId']] };
    const gateway = await describeOne(context, {
      operation: 'DescribeInternetGateways',
      input,
      items: 'InternetGateways',
    });
    const attached = objectsAt(gateway, 'Attachments').find((each) => each['VpcId'] === desired['VpcId']);
    if (attached === undefined) return undefined;
    return {
      properties: { VpcId: desired['VpcId'], InternetGatewayId: desired['InternetGatewayId'] },
      attributes: { AttachmentType: 'IGW' },
    };
  },
  async update(context, _physicalId, before, after) {
    await detach(context, before);
    await attach(context, after);
  },
  delete: (context, _physicalId, properties) => detach(context, properties),
};

async function attach(context: ResourceContext, desired: JsonObject): Promise<void> {
  if (desired['InternetGatewayId'] === undefined) throw handlerRefusal('InternetGatewayId must be set');
  await context.call('ec2', 'AttachInternetGateway', {
    InternetGatewayId: desired['InternetGatewayId'],
    VpcId: desired['VpcId'],
  });
}

async function detach(context: ResourceContext, properties: JsonObject): Promise<void> {
  const input = { InternetGatewayIds: [properties['InternetGatewayId']] };
  const gateway = await describeOne(context, {
    operation: 'DescribeInternetGateways',
    input,
    items: 'InternetGateways',
  });
  const isAttached = objectsAt(gateway, 'Attachments').some((each) => each['VpcId'] === properties['VpcId']);
  if (!isAttached) return;
  await unlessMissing(
    context.call('ec2', 'DetachInternetGateway', {
      InternetGatewayId: properties['InternetGatewayId'],
      VpcId: properties['VpcId'],
    }),
  );
}
