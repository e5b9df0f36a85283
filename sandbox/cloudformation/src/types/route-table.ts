import { describeOne, tagSpecifications, updateTags } from './ec2.ts';
import type { ResourceHandler } from './handler.ts';
import { textAt, unlessMissing, userTags } from './values.ts';

/** `AWS::EC2::RouteTable`. Ref is the table's id. */
export const routeTableHandler: ResourceHandler = {
  type: 'AWS::EC2::RouteTable',
  properties: ['VpcId', 'Tags'],
  attributes: ['RouteTableId'],
  usualSeconds: { create: 10, update: 5, delete: 5 },
  async create(context, desired, made) {
    const answer = await context.call('ec2', 'CreateRouteTable', {
      VpcId: desired['VpcId'],
      TagSpecifications: tagSpecifications(context, 'route-table', desired),
    });
    made(textAt(answer, 'RouteTable', 'RouteTableId'));
  },
  async read(context, tableId) {
    const input = { RouteTableIds: [tableId] };
    const table = await describeOne(context, { operation: 'DescribeRouteTables', input, items: 'RouteTables' });
    if (table === undefined) return undefined;
    return {
      properties: { VpcId: table['VpcId'], Tags: userTags(table['Tags']) },
      attributes: { RouteTableId: tableId },
    };
  },
  update: (context, tableId, _before, after) => updateTags(context, tableId, after),
  async delete(context, tableId) {
    await unlessMissing(context.call('ec2', 'DeleteRouteTable', { RouteTableId: tableId }));
  },
};
