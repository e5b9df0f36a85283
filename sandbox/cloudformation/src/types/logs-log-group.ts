import type { JsonObject } from '../template/parse.ts';
import type { ResourceContext, ResourceHandler, Tag } from './handler.ts';
import { allPages, at, desiredTags, same, tagChange, tagMap, textAt, unlessMissing } from './values.ts';

/** `AWS::Logs::LogGroup`. Ref is the group's name. */
export const logsLogGroupHandler: ResourceHandler = {
  type: 'AWS::Logs::LogGroup',
  properties: ['LogGroupName', 'RetentionInDays', 'KmsKeyId', 'Tags'],
  attributes: ['Arn'],
  nameProperty: 'LogGroupName',
  usualSeconds: { create: 10, update: 5, delete: 5 },
  async create(context, desired, made) {
    const logGroupName = String(desired['LogGroupName'] ?? context.physicalName(512));
    await context.call('logs', 'CreateLogGroup', {
      logGroupName,
      ...(desired['KmsKeyId'] === undefined ? {} : { kmsKeyId: desired['KmsKeyId'] }),
      tags: tagMap([...desiredTags(desired), ...context.systemTags]),
    });
    made(logGroupName);
    await setRetention(context, logGroupName, desired['RetentionInDays']);
  },
  async read(context, logGroupName) {
    const group = await findGroup(context, logGroupName);
    if (group === undefined) return undefined;
    return {
      properties: {
        LogGroupName: logGroupName,
        RetentionInDays: group['retentionInDays'],
        KmsKeyId: group['kmsKeyId'],
        Tags: await readTags(context, resourceArn(group)),
      },
      attributes: { Arn: textAt(group, 'arn') },
    };
  },
  async update(context, logGroupName, before, after) {
    if (!same(before['RetentionInDays'], after['RetentionInDays'])) {
      await setRetention(context, logGroupName, after['RetentionInDays']);
    }
    if (!same(before['KmsKeyId'], after['KmsKeyId'])) {
      if (after['KmsKeyId'] === undefined) await context.call('logs', 'DisassociateKmsKey', { logGroupName });
      else await context.call('logs', 'AssociateKmsKey', { logGroupName, kmsKeyId: after['KmsKeyId'] });
    }
    const group = await findGroup(context, logGroupName);
    if (group === undefined) return;
    const arn = resourceArn(group);
    const { put, remove } = tagChange(await readTags(context, arn), desiredTags(after));
    if (put.length > 0) await context.call('logs', 'TagResource', { resourceArn: arn, tags: tagMap(put) });
    if (remove.length > 0) await context.call('logs', 'UntagResource', { resourceArn: arn, tagKeys: remove });
  },
  async delete(context, logGroupName) {
    await unlessMissing(context.call('logs', 'DeleteLogGroup', { logGroupName }));
  },
};

async function setRetention(context: ResourceContext, logGroupName: string, days: unknown): Promise<void> {
  if (days === undefined) await context.call('logs', 'DeleteRetentionPolicy', { logGroupName });
  else await context.call('logs', 'PutRetentionPolicy', { logGroupName, retentionInDays: days });
}

async function findGroup(context: ResourceContext, name: string): Promise<JsonObject | undefined> {
  const groups = await allPages(context, {
    service: 'logs',
    operation: 'DescribeLogGroups',
    input: { logGroupNamePrefix: name },
    items: 'logGroups',
    token: 'nextToken',
  });
  return groups.find((group) => group['logGroupName'] === name);
}

function resourceArn(group: JsonObject): string {
  return textAt(group, 'arn').replace(/:\*$/, '');
}

async function readTags(context: ResourceContext, arn: string): Promise<Tag[]> {
  const answer = await context.call('logs', 'ListTagsForResource', { resourceArn: arn });
  return Object.entries(at(answer, 'tags') ?? {})
    .map(([Key, Value]) => ({ Key, Value: String(Value) }))
    .filter((tag) => !tag.Key.startsWith('aws:'));
}
