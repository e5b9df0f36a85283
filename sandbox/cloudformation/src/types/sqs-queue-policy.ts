import type { JsonObject } from '../template/parse.ts';
import type { ResourceContext, ResourceHandler } from './handler.ts';
import { at, policyData, policyText, textsAt, unlessMissing } from './values.ts';

/** `AWS::SQS::QueuePolicy`. Ref is a name of CloudFormation's making; queues are named by their URLs. */
export const sqsQueuePolicyHandler: ResourceHandler = {
  type: 'AWS::SQS::QueuePolicy',
  properties: ['PolicyDocument', 'Queues'],
  attributes: ['Id'],
  usualSeconds: { create: 5, update: 5, delete: 5 },
  async create(context, desired, made) {
    made(context.physicalName(128));
    await put(context, textsAt(desired, 'Queues'), policyText(desired['PolicyDocument']));
  },
  async read(context, physicalId, desired) {
    const policies = await Promise.all(textsAt(desired, 'Queues').map((url) => policyOf(context, url)));
    const first = policies.find((policy) => policy !== undefined);
    if (first === undefined) return undefined;
    const queues = textsAt(desired, 'Queues').filter((_, index) => policies[index] !== undefined);
    return { properties: { PolicyDocument: policyData(first), Queues: queues }, attributes: { Id: physicalId } };
  },
  async update(context, _physicalId, before, after) {
    await put(context, textsAt(after, 'Queues'), policyText(after['PolicyDocument']));
    await put(context, goneQueues(before, after), '');
  },
  delete: (context, _physicalId, properties) => put(context, textsAt(properties, 'Queues'), ''),
};

function goneQueues(before: JsonObject, after: JsonObject): string[] {
  return textsAt(before, 'Queues').filter((url) => !textsAt(after, 'Queues').includes(url));
}

async function put(context: ResourceContext, urls: readonly string[], policy: string): Promise<void> {
  for (const QueueUrl of urls) {
    const call = context.call('sqs', 'SetQueueAttributes', { QueueUrl, Attributes: { Policy: policy } });
    await (policy === '' ? unlessMissing(call) : call);
  }
}

async function policyOf(context: ResourceContext, QueueUrl: string): Promise<unknown> {
  const answer = await unlessMissing(
    context.call('sqs', 'GetQueueAttributes', { QueueUrl, AttributeNames: ['Policy'] }),
  );
  const policy = at(answer, 'Attributes', 'Policy');
  return policy === '' ? undefined : policy;
}
