import { describeOne, tagSpecifications, updateTags } from './ec2.ts';
import type { ResourceContext, ResourceHandler } from './handler.ts';
import { at, objectsAt, same, textAt, unlessMissing, userTags } from './values.ts';

const attributes = ['EnableDnsSupport', 'EnableDnsHostnames'] as const;

/** `AWS::EC2::VPC`. Ref is the VPC's id. */
export const vpcHandler: ResourceHandler = {
  type: 'AWS::EC2::VPC',
  properties: ['CidrBlock', 'InstanceTenancy', ...attributes, 'Tags'],
  attributes: ['VpcId', 'CidrBlock', 'CidrBlockAssociations', 'DefaultSecurityGroup', 'DefaultNetworkAcl'],
  usualSeconds: { create: 15, update: 5, delete: 5 },
  async create(context, desired, made) {
    const answer = await context.call('ec2', 'CreateVpc', {
      CidrBlock: desired['CidrBlock'],
      ...(desired['InstanceTenancy'] === undefined ? {} : { InstanceTenancy: desired['InstanceTenancy'] }),
      TagSpecifications: tagSpecifications(context, 'vpc', desired),
    });
    const vpcId = textAt(answer, 'Vpc', 'VpcId');
    made(vpcId);
    for (const name of attributes)
      if (desired[name] !== undefined) await setAttribute(context, vpcId, name, desired[name]);
  },
  async read(context, vpcId) {
    const vpc = await describeOne(context, { operation: 'DescribeVpcs', input: { VpcIds: [vpcId] }, items: 'Vpcs' });
    if (vpc === undefined) return undefined;
    const read = async (name: string, answered: string) =>
      at(await context.call('ec2', 'DescribeVpcAttribute', { VpcId: vpcId, Attribute: answered }), name, 'Value');
    return {
      properties: {
        CidrBlock: vpc['CidrBlock'],
        InstanceTenancy: vpc['InstanceTenancy'],
        EnableDnsSupport: await read('EnableDnsSupport', 'enableDnsSupport'),
        EnableDnsHostnames: await read('EnableDnsHostnames', 'enableDnsHostnames'),
        Tags: userTags(vpc['Tags']),
      },
      attributes: {
        VpcId: vpcId,
        CidrBlock: vpc['CidrBlock'],
        CidrBlockAssociations: objectsAt(vpc, 'CidrBlockAssociationSet').map((each) => each['AssociationId']),
        DefaultSecurityGroup: await defaultSecurityGroup(context, vpcId),
        DefaultNetworkAcl: await defaultNetworkAcl(context, vpcId),
      },
    };
  },
  async update(context, vpcId, before, after) {
    for (const name of attributes) {
      const fallback = name === 'EnableDnsSupport';
      if (!same(before[name], after[name])) await setAttribute(context, vpcId, name, after[name] ?? fallback);
    }
    await updateTags(context, vpcId, after);
  },
  async delete(context, vpcId) {
    await unlessMissing(context.call('ec2', 'DeleteVpc', { VpcId: vpcId }));
  },
  replaces: (before, after) => !(before['InstanceTenancy'] === 'dedicated' && after['InstanceTenancy'] === 'default'),
};

async function setAttribute(context: ResourceContext, vpcId: string, name: string, value: unknown): Promise<void> {
  await context.call('ec2', 'ModifyVpcAttribute', { VpcId: vpcId, [name]: { Value: value } });
}

async function defaultSecurityGroup(context: ResourceContext, vpcId: string): Promise<string> {
  const Filters = [
    { Name: 'vpc-id', Values: [vpcId] },
    { Name: 'group-name', Values: ['default'] },
  ];
  return textAt(await context.call('ec2', 'DescribeSecurityGroups', { Filters }), 'SecurityGroups', 0, 'GroupId');
}

async function defaultNetworkAcl(context: ResourceContext, vpcId: string): Promise<string> {
  const Filters = [
    { Name: 'vpc-id', Values: [vpcId] },
    { Name: 'default', Values: ['true'] },
  ];
  return textAt(await context.call('ec2', 'DescribeNetworkAcls', { Filters }), 'NetworkAcls', 0, 'NetworkAclId');
}
