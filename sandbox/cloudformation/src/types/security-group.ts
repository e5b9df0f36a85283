import type { JsonObject } from '../template/parse.ts';
import { describeOne, tagSpecifications, updateTags } from './ec2.ts';
import type { ResourceHandler } from './handler.ts';
import { liveRules, updateRules } from './security-group-rules.ts';
import { objectsAt, pick, textAt, unlessMissing, userTags } from './values.ts';

/** `AWS::EC2::SecurityGroup` of a VPC, with inline rules. Ref is the group's id. */
export const securityGroupHandler: ResourceHandler = {
  type: 'AWS::EC2::SecurityGroup',
  properties: ['GroupName', 'GroupDescription', 'VpcId', 'SecurityGroupIngress', 'SecurityGroupEgress', 'Tags'],
  attributes: ['GroupId', 'Id', 'VpcId'],
  nameProperty: 'GroupName',
  usualSeconds: { create: 10, update: 5, delete: 5 },
  async create(context, desired, made) {
    const answer = await context.call('ec2', 'CreateSecurityGroup', {
      GroupName: desired['GroupName'] ?? context.physicalName(255),
      Description: desired['GroupDescription'],
      ...pick(desired, ['VpcId']),
      TagSpecifications: tagSpecifications(context, 'security-group', desired),
    });
    const groupId = textAt(answer, 'GroupId');
    made(groupId);
    await updateRules(context, groupId, 'Egress', { before: everything, after: egress(desired) });
    await updateRules(context, groupId, 'Ingress', { before: [], after: ingress(desired) });
  },
  async read(context, groupId) {
    const input = { GroupIds: [groupId] };
    const group = await describeOne(context, { operation: 'DescribeSecurityGroups', input, items: 'SecurityGroups' });
    if (group === undefined) return undefined;
    const rules = async (direction: 'Ingress' | 'Egress') =>
      (await liveRules(context, groupId, direction)).map(({ rule }) => rule);
    return {
      properties: {
        ...pick(group, ['GroupName', 'VpcId']),
        GroupDescription: group['Description'],
        SecurityGroupIngress: await rules('Ingress'),
        SecurityGroupEgress: await rules('Egress'),
        Tags: userTags(group['Tags']),
      },
      attributes: { GroupId: groupId, Id: groupId, VpcId: group['VpcId'] },
    };
  },
  async update(context, groupId, before, after) {
    await updateRules(context, groupId, 'Ingress', { before: ingress(before), after: ingress(after) });
    await updateRules(context, groupId, 'Egress', { before: egress(before), after: egress(after) });
    await updateTags(context, groupId, after);
  },
  async delete(context, groupId) {
    await unlessMissing(context.call('ec2', 'DeleteSecurityGroup', { GroupId: groupId }));
  },
};

/** What a new group lets out until told otherwise. */
const everything: readonly JsonObject[] = [{ IpProtocol: '-1', CidrIp: '0.0.0.0/0' }];

function ingress(properties: JsonObject): JsonObject[] {
  return objectsAt(properties, 'SecurityGroupIngress');
}

function egress(properties: JsonObject): readonly JsonObject[] {
  const rules = objectsAt(properties, 'SecurityGroupEgress');
  return rules.length === 0 ? everything : rules;
}
