import type { JsonObject } from '../template/parse.ts';
import { handlerRefusal, type ResourceContext, type ResourceHandler, type Tag } from './handler.ts';
import { at, objectsAt, same, tagChange, textAt, textsAt, unlessMissing, userTags } from './values.ts';

/** `AWS::Route53::HostedZone`, public or of one VPC. Ref is the zone's id. */
export const route53HostedZoneHandler: ResourceHandler = {
  type: 'AWS::Route53::HostedZone',
  properties: ['Name', 'HostedZoneConfig', 'HostedZoneTags', 'VPCs'],
  attributes: ['Id', 'NameServers'],
  usualSeconds: { create: 40, update: 10, delete: 40 },
  async create(context, desired, made) {
    const vpcs = objectsAt(desired, 'VPCs');
    if (vpcs.length > 1) throw handlerRefusal('More than one VPC is not carried by the sandbox');
    if (typeof desired['Name'] !== 'string') throw handlerRefusal('Name must be set');
    const answer = await context.call('route53', 'CreateHostedZone', {
      Name: desired['Name'],
      CallerReference: context.physicalName(128),
      HostedZoneConfig: { Comment: at(desired, 'HostedZoneConfig', 'Comment') ?? '', PrivateZone: vpcs.length > 0 },
      ...(vpcs[0] === undefined ? {} : { VPC: { VPCId: vpcs[0]['VPCId'], VPCRegion: vpcs[0]['VPCRegion'] } }),
    });
    const zoneId = textAt(answer, 'HostedZone', 'Id').replace('/hostedzone/', '');
    made(zoneId);
    await changeTags(context, zoneId, [...userTags(desired['HostedZoneTags']), ...context.systemTags], []);
  },
  async read(context, zoneId, desired) {
    const answer = await unlessMissing(context.call('route53', 'GetHostedZone', { Id: zoneId }));
    if (answer === undefined) return undefined;
    const name = textAt(answer, 'HostedZone', 'Name');
    const sameName = `${String(desired['Name'])}.` === name;
    return {
      properties: {
        Name: sameName ? desired['Name'] : name,
        HostedZoneConfig: { Comment: at(answer, 'HostedZone', 'Config', 'Comment') },
        HostedZoneTags: await readTags(context, zoneId),
        VPCs: objectsAt(answer, 'VPCs'),
      },
      attributes: { Id: zoneId, NameServers: textsAt(answer, 'DelegationSet', 'NameServers') },
    };
  },
  async update(context, zoneId, before, after) {
    if (!same(before['VPCs'], after['VPCs'])) throw handlerRefusal('A change of VPCs is not carried by the sandbox');
    if (!same(before['HostedZoneConfig'], after['HostedZoneConfig'])) {
      const Comment = at(after, 'HostedZoneConfig', 'Comment') ?? '';
      await context.call('route53', 'UpdateHostedZoneComment', { Id: zoneId, Comment });
    }
    const { put, remove } = tagChange(await readTags(context, zoneId), userTags(after['HostedZoneTags']));
    await changeTags(context, zoneId, put, remove);
  },
  async delete(context, zoneId) {
    await unlessMissing(context.call('route53', 'DeleteHostedZone', { Id: zoneId }));
  },
};

async function changeTags(
  context: ResourceContext,
  zoneId: string,
  put: readonly Tag[],
  remove: readonly string[],
): Promise<void> {
  if (put.length === 0 && remove.length === 0) return;
  const change: JsonObject = {
    ResourceType: 'hostedzone',
    ResourceId: zoneId,
    ...(put.length === 0 ? {} : { AddTags: put }),
    ...(remove.length === 0 ? {} : { RemoveTagKeys: remove }),
  };
  await context.call('route53', 'ChangeTagsForResource', change);
}

async function readTags(context: ResourceContext, zoneId: string): Promise<Tag[]> {
  const input = { ResourceType: 'hostedzone', ResourceId: zoneId };
  const answer = await context.call('route53', 'ListTagsForResource', input);
  return userTags(at(answer, 'ResourceTagSet', 'Tags'));
}
