import type { JsonObject } from '../template/parse.ts';
import { tagSpecifications, updateTags } from './ec2.ts';
import type { ResourceContext, ResourceHandler } from './handler.ts';
import { objectsAt, pick, textAt, unlessMissing, userTags } from './values.ts';

/** `AWS::EC2::EIP` of a VPC. Ref is the public address. */
export const eipHandler: ResourceHandler = {
  type: 'AWS::EC2::EIP',
  properties: ['Domain', 'Tags'],
  attributes: ['AllocationId', 'PublicIp'],
  usualSeconds: { create: 15, update: 5, delete: 5 },
  async create(context, desired, made) {
    const answer = await context.call('ec2', 'AllocateAddress', {
      Domain: 'vpc',
      TagSpecifications: tagSpecifications(context, 'elastic-ip', desired),
    });
    made(textAt(answer, 'PublicIp'));
  },
  async read(context, publicIp) {
    const address = await findAddress(context, publicIp);
    if (address === undefined) return undefined;
    return {
      properties: { ...pick(address, ['Domain']), Tags: userTags(address['Tags']) },
      attributes: { AllocationId: address['AllocationId'], PublicIp: publicIp },
    };
  },
  async update(context, publicIp, _before, after) {
    const address = await findAddress(context, publicIp);
    if (address !== undefined) await updateTags(context, textAt(address, 'AllocationId'), after);
  },
  async delete(context, publicIp) {
    const address = await findAddress(context, publicIp);
    if (address === undefined) return;
    await unlessMissing(context.call('ec2', 'ReleaseAddress', { AllocationId: address['AllocationId'] }));
  },
};

async function findAddress(context: ResourceContext, publicIp: string): Promise<JsonObject | undefined> {
  const Filters = [{ Name: 'public-ip', Values: [publicIp] }];
  return objectsAt(await context.call('ec2', 'DescribeAddresses', { Filters }), 'Addresses')[0];
}
