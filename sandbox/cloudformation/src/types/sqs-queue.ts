import type { JsonObject } from '../template/parse.ts';
import type { ResourceContext, ResourceHandler } from './handler.ts';
import { at, desiredTags, policyText, same, tagChange, tagMap, textAt, unlessMissing } from './values.ts';

const settings = [
  'ContentBasedDeduplication',
  'DeduplicationScope',
  'DelaySeconds',
  'FifoThroughputLimit',
  'KmsDataKeyReusePeriodSeconds',
  'KmsMasterKeyId',
  'MaximumMessageSize',
  'MessageRetentionPeriod',
  'ReceiveMessageWaitTimeSeconds',
  'RedriveAllowPolicy',
  'RedrivePolicy',
  'SqsManagedSseEnabled',
  'VisibilityTimeout',
];

const defaults: Readonly<Record<string, string>> = {
  DelaySeconds: '0',
  KmsDataKeyReusePeriodSeconds: '300',
  MaximumMessageSize: '1048576',
  MessageRetentionPeriod: '345600',
  ReceiveMessageWaitTimeSeconds: '0',
  SqsManagedSseEnabled: 'true',
  VisibilityTimeout: '30',
};

/** `AWS::SQS::Queue`. Ref is the queue's URL. */
export const sqsQueueHandler: ResourceHandler = {
  type: 'AWS::SQS::Queue',
  properties: ['QueueName', 'FifoQueue', 'Tags', ...settings],
  attributes: ['Arn', 'QueueName', 'QueueUrl'],
  nameProperty: 'QueueName',
  usualSeconds: { create: 60, update: 60, delete: 60 },
  async create(context, desired, made) {
    const isFifo = desired['FifoQueue'] === true;
    const suffix = isFifo ? '.fifo' : '';
    const answer = await context.call('sqs', 'CreateQueue', {
      QueueName: desired['QueueName'] ?? `${context.physicalName(80 - suffix.length)}${suffix}`,
      Attributes: { ...attributes(desired), ...(isFifo ? { FifoQueue: 'true' } : {}) },
      tags: tagMap([...desiredTags(desired), ...context.systemTags]),
    });
    made(textAt(answer, 'QueueUrl'));
  },
  async read(context, url) {
    const answer = await unlessMissing(
      context.call('sqs', 'GetQueueAttributes', { QueueUrl: url, AttributeNames: ['All'] }),
    );
    if (answer === undefined) return undefined;
    const arn = textAt(answer, 'Attributes', 'QueueArn');
    const name = arn.split(':').at(-1);
    const live = Object.fromEntries(settings.map((setting) => [setting, at(answer, 'Attributes', setting)]));
    return {
      properties: { QueueName: name, ...live, Tags: await readTags(context, url) },
      attributes: { Arn: arn, QueueName: name, QueueUrl: url },
    };
  },
  async update(context, url, before, after) {
    const changed = settings.filter((name) => !same(before[name], after[name]));
    const wanted = attributes(after);
    const Attributes = Object.fromEntries(changed.map((name) => [name, wanted[name] ?? defaults[name] ?? '']));
    if (changed.length > 0) await context.call('sqs', 'SetQueueAttributes', { QueueUrl: url, Attributes });
    const { put, remove } = tagChange(await readTags(context, url), desiredTags(after));
    if (put.length > 0) await context.call('sqs', 'TagQueue', { QueueUrl: url, Tags: tagMap(put) });
    if (remove.length > 0) await context.call('sqs', 'UntagQueue', { QueueUrl: url, TagKeys: remove });
  },
  async delete(context, url) {
    await unlessMissing(context.call('sqs', 'DeleteQueue', { QueueUrl: url }));
  },
};

function attributes(desired: JsonObject): Record<string, string> {
  const set = settings.filter((name) => desired[name] !== undefined);
  return Object.fromEntries(
    set.map((name) => [name, typeof desired[name] === 'object' ? policyText(desired[name]) : String(desired[name])]),
  );
}

async function readTags(context: ResourceContext, url: string) {
  const answer = await context.call('sqs', 'ListQueueTags', { QueueUrl: url });
  return Object.entries(at(answer, 'Tags') ?? {})
    .map(([Key, Value]) => ({ Key, Value: String(Value) }))
    .filter((tag) => !tag.Key.startsWith('aws:'));
}
