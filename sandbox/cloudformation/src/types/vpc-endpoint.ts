import type { JsonObject } from '../template/parse.ts';
import { describeOne, tagSpecifications, updateTags } from './ec2.ts';
import type { ResourceContext, ResourceHandler } from './handler.ts';
import {
  objectsAt,
  pick,
  policyData,
  policyText,
  same,
  textAt,
  textsAt,
  unlessMissing,
  userTags,
  without,
} from './values.ts';

const lists = ['RouteTableIds', 'SubnetIds', 'SecurityGroupIds'] as const;

/** `AWS::EC2::VPCEndpoint` of kind Gateway or Interface. Ref is the endpoint's id. */
export const vpcEndpointHandler: ResourceHandler = {
  type: 'AWS::EC2::VPCEndpoint',
  properties: ['VpcId', 'ServiceName', 'VpcEndpointType', 'PolicyDocument', 'PrivateDnsEnabled', ...lists, 'Tags'],
  attributes: ['Id', 'CreationTimestamp', 'NetworkInterfaceIds', 'DnsEntries'],
  usualSeconds: { create: 60, update: 30, delete: 60 },
  async create(context, desired, made) {
    const answer = await context.call('ec2', 'CreateVpcEndpoint', {
      ...pick(desired, ['VpcId', 'ServiceName', ...lists]),
      // AWS's stand-in cannot delete an endpoint that was made without a type.
      VpcEndpointType: desired['VpcEndpointType'] ?? 'Gateway',
      // AWS leaves private names off unless asked, its stand-in leaves them on.
      PrivateDnsEnabled: desired['PrivateDnsEnabled'] === true,
      ...(desired['PolicyDocument'] === undefined ? {} : { PolicyDocument: policyText(desired['PolicyDocument']) }),
      TagSpecifications: tagSpecifications(context, 'vpc-endpoint', desired),
    });
    made(textAt(answer, 'VpcEndpoint', 'VpcEndpointId'));
  },
  async read(context, endpointId) {
    const endpoint = await findEndpoint(context, endpointId);
    if (endpoint === undefined) return undefined;
    return {
      properties: {
        ...pick(endpoint, [
          'VpcId',
          'ServiceName',
          'VpcEndpointType',
          'PrivateDnsEnabled',
          'RouteTableIds',
          'SubnetIds',
        ]),
        SecurityGroupIds: objectsAt(endpoint, 'Groups').map((group) => group['GroupId']),
        PolicyDocument: policyData(endpoint['PolicyDocument']),
        Tags: userTags(endpoint['Tags']),
      },
      attributes: {
        Id: endpointId,
        CreationTimestamp: String(endpoint['CreationTimestamp']),
        NetworkInterfaceIds: textsAt(endpoint, 'NetworkInterfaceIds'),
        DnsEntries: objectsAt(endpoint, 'DnsEntries').map(
          (entry) => `${String(entry['HostedZoneId'])}:${String(entry['DnsName'])}`,
        ),
      },
    };
  },
  async update(context, endpointId, before, after) {
    const change: Record<string, unknown> = {};
    const live = (await findEndpoint(context, endpointId)) ?? {};
    for (const name of lists) {
      const present =
        name === 'SecurityGroupIds' ? objectsAt(live, 'Groups').map((group) => group['GroupId']) : textsAt(live, name);
      const singular = name.slice(0, -'s'.length);
      const add = without(textsAt(after, name), present);
      const remove = without(present, textsAt(after, name));
      if (add.length > 0) change[`Add${singular}s`] = add;
      if (remove.length > 0) change[`Remove${singular}s`] = remove;
    }
    if (!same(before['PolicyDocument'], after['PolicyDocument'])) {
      if (after['PolicyDocument'] === undefined) change['ResetPolicy'] = true;
      else change['PolicyDocument'] = policyText(after['PolicyDocument']);
    }
    if (!same(before['PrivateDnsEnabled'], after['PrivateDnsEnabled'])) {
      change['PrivateDnsEnabled'] = after['PrivateDnsEnabled'] === true;
    }
    if (Object.keys(change).length > 0)
      await context.call('ec2', 'ModifyVpcEndpoint', { VpcEndpointId: endpointId, ...change });
    await updateTags(context, endpointId, after);
  },
  async delete(context, endpointId) {
    if ((await findEndpoint(context, endpointId)) === undefined) return;
    await unlessMissing(context.call('ec2', 'DeleteVpcEndpoints', { VpcEndpointIds: [endpointId] }));
  },
};

async function findEndpoint(context: ResourceContext, endpointId: string): Promise<JsonObject | undefined> {
  const input = { VpcEndpointIds: [endpointId] };
  const endpoint = await describeOne(context, { operation: 'DescribeVpcEndpoints', input, items: 'VpcEndpoints' });
  return endpoint?.['State'] === 'deleted' ? undefined : endpoint;
}
