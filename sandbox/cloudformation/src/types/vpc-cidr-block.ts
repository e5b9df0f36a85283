import type { JsonObject } from '../template/parse.ts';
import { describeOne } from './ec2.ts';
import type { ResourceContext, ResourceHandler } from './handler.ts';
import { objectsAt, textAt, unlessMissing } from './values.ts';

/** `AWS::EC2::VPCCidrBlock` of a secondary IPv4 block. Ref is the association's id. */
export const vpcCidrBlockHandler: ResourceHandler = {
  type: 'AWS::EC2::VPCCidrBlock',
  properties: ['VpcId', 'CidrBlock'],
  attributes: ['Id'],
  usualSeconds: { create: 10, update: 1, delete: 5 },
  async create(context, desired, made) {
    const answer = await context.call('ec2', 'AssociateVpcCidrBlock', {
      VpcId: desired['VpcId'],
      CidrBlock: desired['CidrBlock'],
    });
    made(textAt(answer, 'CidrBlockAssociation', 'AssociationId'));
  },
  async read(context, associationId, desired) {
    const association = await findAssociation(context, associationId, desired);
    if (association === undefined) return undefined;
    return {
      properties: { VpcId: desired['VpcId'], CidrBlock: association['CidrBlock'] },
      attributes: { Id: associationId },
    };
  },
  async update() {},
  async delete(context, associationId) {
    await unlessMissing(context.call('ec2', 'DisassociateVpcCidrBlock', { AssociationId: associationId }));
  },
};

async function findAssociation(
  context: ResourceContext,
  associationId: string,
  desired: JsonObject,
): Promise<JsonObject | undefined> {
  const input = { VpcIds: [desired['VpcId']] };
  const vpc = await describeOne(context, { operation: 'DescribeVpcs', input, items: 'Vpcs' });
  return objectsAt(vpc, 'CidrBlockAssociationSet').find((each) => each['AssociationId'] === associationId);
}
