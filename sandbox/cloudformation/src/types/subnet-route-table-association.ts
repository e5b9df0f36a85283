import type { JsonObject } from '../template/parse.ts';
import { describeOne } from './ec2.ts';
import type { ResourceContext, ResourceHandler } from './handler.ts';
import { objectsAt, textAt, unlessMissing } from './values.ts';

/** `AWS::EC2::SubnetRouteTableAssociation`. Ref is the association's id. */
export const subnetRouteTableAssociationHandler: ResourceHandler = {
  type: 'AWS::EC2::SubnetRouteTableAssociation',
  properties: ['RouteTableId', 'SubnetId'],
  attributes: ['Id'],
  usualSeconds: { create: 5, update: 5, delete: 5 },
  async create(context, desired, made) {
    const answer = await context.call('ec2', 'AssociateRouteTable', {
      RouteTableId: desired['RouteTableId'],
      SubnetId: desired['SubnetId'],
    });
    made(textAt(answer, 'AssociationId'));
  },
  async read(context, associationId, desired) {
    const found = await find(context, associationId, desired);
    if (found === undefined) return undefined;
    return {
      properties: { RouteTableId: desired['RouteTableId'], SubnetId: found['SubnetId'] },
      attributes: { Id: associationId },
    };
  },
  async update() {},
  async delete(context, associationId, properties) {
    if ((await find(context, associationId, properties)) === undefined) return;
    await unlessMissing(context.call('ec2', 'DisassociateRouteTable', { AssociationId: associationId }));
  },
};

async function find(
  context: ResourceContext,
  associationId: string,
  desired: JsonObject,
): Promise<JsonObject | undefined> {
  const input = { RouteTableIds: [desired['RouteTableId']] };
  const table = await describeOne(context, { operation: 'DescribeRouteTables', input, items: 'RouteTables' });
  return objectsAt(table, 'Associations').find((each) => each['RouteTableAssociationId'] === associationId);
}
