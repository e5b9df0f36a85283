import { isJsonObject, type JsonObject } from '../template/parse.ts';
import { describeOne } from './ec2.ts';
import type { ResourceContext, ResourceHandler, Tag } from './handler.ts';
import { allPages, objectsAt, pick, same, tagChange, textAt, unlessMissing, userTags } from './values.ts';

/** `AWS::EC2::LaunchTemplate`. Ref is the template's id; every update in place makes a new version. */
export const launchTemplateHandler: ResourceHandler = {
  type: 'AWS::EC2::LaunchTemplate',
  properties: ['LaunchTemplateName', 'LaunchTemplateData', 'VersionDescription', 'TagSpecifications'],
  attributes: ['LaunchTemplateId', 'LatestVersionNumber', 'DefaultVersionNumber'],
  nameProperty: 'LaunchTemplateName',
  usualSeconds: { create: 5, update: 5, delete: 5 },
  async create(context, desired, made) {
    const answer = await context.call('ec2', 'CreateLaunchTemplate', {
      LaunchTemplateName: desired['LaunchTemplateName'] ?? context.physicalName(128),
      ...pick(desired, ['LaunchTemplateData', 'VersionDescription']),
      TagSpecifications: [{ ResourceType: 'launch-template', Tags: [...ownTags(desired), ...context.systemTags] }],
    });
    made(textAt(answer, 'LaunchTemplate', 'LaunchTemplateId'));
  },
  async read(context, templateId) {
    const template = await findTemplate(context, templateId);
    if (template === undefined) return undefined;
    const latest = await latestVersion(context, templateId);
    const tags = userTags(template['Tags']);
    return {
      properties: {
        ...pick(template, ['LaunchTemplateName']),
        ...pick(latest, ['VersionDescription']),
        LaunchTemplateData: withoutTemplateTags(latest['LaunchTemplateData']),
        ...(tags.length === 0 ? {} : { TagSpecifications: [{ ResourceType: 'launch-template', Tags: tags }] }),
      },
      attributes: {
        LaunchTemplateId: templateId,
        LatestVersionNumber: String(template['LatestVersionNumber']),
        DefaultVersionNumber: String(template['DefaultVersionNumber']),
      },
    };
  },
  async update(context, templateId, before, after) {
    const isNew = ['LaunchTemplateData', 'VersionDescription'].some((name) => !same(before[name], after[name]));
    if (isNew) {
      await context.call('ec2', 'CreateLaunchTemplateVersion', {
        LaunchTemplateId: templateId,
        ...pick(after, ['LaunchTemplateData', 'VersionDescription']),
      });
    }
    const { put, remove } = tagChange(ownTags(before), ownTags(after));
    if (put.length > 0) await context.call('ec2', 'CreateTags', { Resources: [templateId], Tags: put });
    if (remove.length > 0) {
      await context.call('ec2', 'DeleteTags', { Resources: [templateId], Tags: remove.map((Key) => ({ Key })) });
    }
  },
  async delete(context, templateId) {
    if ((await findTemplate(context, templateId)) === undefined) return;
    await unlessMissing(context.call('ec2', 'DeleteLaunchTemplate', { LaunchTemplateId: templateId }));
  },
};

/** AWS's stand-in writes the template's own tags into its first version; they are no part of its data. */
function withoutTemplateTags(data: unknown): unknown {
  if (!isJsonObject(data) || data['TagSpecifications'] === undefined) return data;
  const { TagSpecifications, ...rest } = data;
  const kept = objectsAt(data, 'TagSpecifications').filter((each) => each['ResourceType'] !== 'launch-template');
  return kept.length === 0 ? rest : { ...rest, TagSpecifications: kept };
}

function ownTags(properties: JsonObject): Tag[] {
  return objectsAt(properties, 'TagSpecifications')
    .filter((each) => each['ResourceType'] === 'launch-template')
    .flatMap((each) => userTags(each['Tags']));
}

function findTemplate(context: ResourceContext, templateId: string): Promise<JsonObject | undefined> {
  const input = { LaunchTemplateIds: [templateId] };
  return describeOne(context, { operation: 'DescribeLaunchTemplates', input, items: 'LaunchTemplates' });
}

async function latestVersion(context: ResourceContext, templateId: string): Promise<JsonObject> {
  const versions = await allPages(context, {
    service: 'ec2',
    operation: 'DescribeLaunchTemplateVersions',
    input: { LaunchTemplateId: templateId },
    items: 'LaunchTemplateVersions',
  });
  const latest = versions.toSorted((a, b) => Number(b['VersionNumber']) - Number(a['VersionNumber']))[0];
  return isJsonObject(latest) ? latest : {};
}
