import type { JsonObject } from '../template/parse.ts';
import { CallFailed, type ResourceContext, type ResourceHandler } from './handler.ts';
import {
  desiredTags,
  objectsAt,
  pick,
  policyData,
  policyText,
  tagChange,
  textAt,
  unlessMissing,
  userTags,
} from './values.ts';

const settings = ['Description', 'EventBusName', 'RoleArn', 'ScheduleExpression', 'State'];

/** `AWS::Events::Rule` on the default bus or a named one. Ref is the rule's name. */
export const eventsRuleHandler: ResourceHandler = {
  type: 'AWS::Events::Rule',
  properties: ['Name', 'EventPattern', 'Targets', 'Tags', ...settings],
  attributes: ['Arn', 'RuleName'],
  nameProperty: 'Name',
  usualSeconds: { create: 60, update: 10, delete: 10 },
  async create(context, desired, made) {
    const name = String(desired['Name'] ?? context.physicalName(64));
    await putRule(context, name, desired, [...desiredTags(desired), ...context.systemTags]);
    made(name);
    await putTargets(context, name, desired, objectsAt(desired, 'Targets'));
  },
  async read(context, name, desired) {
    const bus = pick(desired, ['EventBusName']);
    const rule = await unlessMissing(context.call('events', 'DescribeRule', { Name: name, ...bus }));
    if (rule === undefined) return undefined;
    const targets = await context.call('events', 'ListTargetsByRule', { Rule: name, ...bus });
    return {
      properties: {
        Name: name,
        ...pick(rule, settings),
        EventPattern: policyData(rule['EventPattern']),
        Targets: objectsAt(targets, 'Targets'),
        Tags: await readTags(context, textAt(rule, 'Arn')),
      },
      attributes: { Arn: textAt(rule, 'Arn'), RuleName: name },
    };
  },
  async update(context, name, before, after) {
    await putRule(context, name, after, []);
    const wanted = objectsAt(after, 'Targets');
    const gone = objectsAt(before, 'Targets').filter((old) => !wanted.some((each) => each['Id'] === old['Id']));
    await removeTargets(context, name, after, gone);
    await putTargets(context, name, after, wanted);
    const rule = await context.call('events', 'DescribeRule', { Name: name, ...pick(after, ['EventBusName']) });
    const ResourceARN = textAt(rule, 'Arn');
    const { put, remove } = tagChange(await readTags(context, ResourceARN), desiredTags(after));
    if (put.length > 0) await context.call('events', 'TagResource', { ResourceARN, Tags: put });
    if (remove.length > 0) await context.call('events', 'UntagResource', { ResourceARN, TagKeys: remove });
  },
  async delete(context, name, properties) {
    const bus = pick(properties, ['EventBusName']);
    const targets = await unlessMissing(context.call('events', 'ListTargetsByRule', { Rule: name, ...bus }));
    if (targets === undefined) return;
    await removeTargets(context, name, properties, objectsAt(targets, 'Targets'));
    await unlessMissing(context.call('events', 'DeleteRule', { Name: name, ...bus }));
  },
};

async function putRule(
  context: ResourceContext,
  name: string,
  desired: JsonObject,
  tags: readonly unknown[],
): Promise<void> {
  await context.call('events', 'PutRule', {
    Name: name,
    ...pick(desired, settings),
    ...(desired['EventPattern'] === undefined ? {} : { EventPattern: policyText(desired['EventPattern']) }),
    ...(tags.length === 0 ? {} : { Tags: tags }),
  });
}

async function putTargets(
  context: ResourceContext,
  name: string,
  desired: JsonObject,
  targets: readonly JsonObject[],
): Promise<void> {
  if (targets.length === 0) return;
  const answer = await context.call('events', 'PutTargets', {
    Rule: name,
    ...pick(desired, ['EventBusName']),
    Targets: targets,
  });
  const failed = objectsAt(answer, 'FailedEntries')[0];
  if (failed !== undefined)
    throw new CallFailed(String(failed['ErrorCode']), String(failed['ErrorMessage']), undefined);
}

async function removeTargets(
  context: ResourceContext,
  name: string,
  desired: JsonObject,
  targets: readonly JsonObject[],
): Promise<void> {
  if (targets.length === 0) return;
  await context.call('events', 'RemoveTargets', {
    Rule: name,
    ...pick(desired, ['EventBusName']),
    Ids: targets.map((target) => target['Id']),
  });
}

async function readTags(context: ResourceContext, arn: string) {
  return userTags(objectsAt(await context.call('events', 'ListTagsForResource', { ResourceARN: arn }), 'Tags'));
}
