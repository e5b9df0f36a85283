import { isJsonObject, type JsonObject } from '../template/parse.ts';
import type { ResourceContext, ResourceHandler, Tag } from './handler.ts';
import { at, objectsAt, pick, tagChange, textAt, unlessMissing, userTags } from './values.ts';

const settings = ['AllowedPattern', 'DataType', 'Description', 'Tier', 'Type', 'Value'];

/** `AWS::SSM::Parameter`. Ref is the parameter's name. */
export const ssmParameterHandler: ResourceHandler = {
  type: 'AWS::SSM::Parameter',
  properties: ['Name', 'Tags', ...settings],
  attributes: ['Type', 'Value', 'Arn'],
  nameProperty: 'Name',
  usualSeconds: { create: 5, update: 5, delete: 5 },
  async create(context, desired, made) {
    const name = String(desired['Name'] ?? context.physicalName(1011));
    await context.call('ssm', 'PutParameter', {
      Name: name,
      ...pick(desired, settings),
      Tags: [...parameterTags(desired), ...context.systemTags],
    });
    made(name);
  },
  async read(context, name) {
    const answer = await unlessMissing(context.call('ssm', 'GetParameter', { Name: name }));
    if (answer === undefined) return undefined;
    const filter = { Key: 'Name', Option: 'Equals', Values: [name] };
    const described = await context.call('ssm', 'DescribeParameters', { ParameterFilters: [filter] });
    const tags = await readTags(context, name);
    return {
      properties: {
        Name: name,
        ...pick(objectsAt(described, 'Parameters')[0] ?? {}, settings),
        Value: at(answer, 'Parameter', 'Value'),
        Tags: Object.fromEntries(tags.map((tag) => [tag.Key, tag.Value])),
      },
      attributes: {
        Type: textAt(answer, 'Parameter', 'Type'),
        Value: textAt(answer, 'Parameter', 'Value'),
        Arn: textAt(answer, 'Parameter', 'ARN'),
      },
    };
  },
  async update(context, name, _before, after) {
    await context.call('ssm', 'PutParameter', { Name: name, ...pick(after, settings), Overwrite: true });
    const { put, remove } = tagChange(await readTags(context, name), parameterTags(after));
    const resource = { ResourceType: 'Parameter', ResourceId: name };
    if (put.length > 0) await context.call('ssm', 'AddTagsToResource', { ...resource, Tags: put });
    if (remove.length > 0) await context.call('ssm', 'RemoveTagsFromResource', { ...resource, TagKeys: remove });
  },
  async delete(context, name) {
    await unlessMissing(context.call('ssm', 'DeleteParameter', { Name: name }));
  },
};

function parameterTags(properties: JsonObject): Tag[] {
  const tags = properties['Tags'];
  return isJsonObject(tags) ? Object.entries(tags).map(([Key, Value]) => ({ Key, Value: String(Value) })) : [];
}

async function readTags(context: ResourceContext, name: string): Promise<Tag[]> {
  const answer = await context.call('ssm', 'ListTagsForResource', { ResourceType: 'Parameter', ResourceId: name });
  return userTags(objectsAt(answer, 'TagList'));
}
