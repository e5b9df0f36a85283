import { describeOne, tagSpecifications, updateTags } from './ec2.ts';
import type { ResourceHandler } from './handler.ts';
import { pick, same, textAt, unlessMissing, userTags } from './values.ts';

const kept = ['VpcId', 'CidrBlock', 'AvailabilityZone', 'AvailabilityZoneId'];

/** `AWS::EC2::Subnet` with IPv4. Ref is the subnet's id. */
export const subnetHandler: ResourceHandler = {
  type: 'AWS::EC2::Subnet',
  properties: [...kept, 'MapPublicIpOnLaunch', 'Tags'],
  attributes: ['SubnetId', 'VpcId', 'CidrBlock', 'AvailabilityZone', 'AvailabilityZoneId'],
  usualSeconds: { create: 10, update: 5, delete: 5 },
  async create(context, desired, made) {
    const answer = await context.call('ec2', 'CreateSubnet', {
      ...pick(desired, kept),
      TagSpecifications: tagSpecifications(context, 'subnet', desired),
    });
    const subnetId = textAt(answer, 'Subnet', 'SubnetId');
    made(subnetId);
    if (desired['MapPublicIpOnLaunch'] === true) {
      await context.call('ec2', 'ModifySubnetAttribute', { SubnetId: subnetId, MapPublicIpOnLaunch: { Value: true } });
    }
  },
  async read(context, subnetId) {
    const input = { SubnetIds: [subnetId] };
    const subnet = await describeOne(context, { operation: 'DescribeSubnets', input, items: 'Subnets' });
    if (subnet === undefined) return undefined;
    return {
      properties: { ...pick(subnet, [...kept, 'MapPublicIpOnLaunch']), Tags: userTags(subnet['Tags']) },
      attributes: { SubnetId: subnetId, ...pick(subnet, kept) },
    };
  },
  async update(context, subnetId, before, after) {
    if (!same(before['MapPublicIpOnLaunch'], after['MapPublicIpOnLaunch'])) {
      const Value = after['MapPublicIpOnLaunch'] === true;
      await context.call('ec2', 'ModifySubnetAttribute', { SubnetId: subnetId, MapPublicIpOnLaunch: { Value } });
    }
    await updateTags(context, subnetId, after);
  },
  async delete(context, subnetId) {
    await unlessMissing(context.call('ec2', 'DeleteSubnet', { SubnetId: subnetId }));
  },
};
