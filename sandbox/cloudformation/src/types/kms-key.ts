import type { JsonObject } from '../template/parse.ts';
import { handlerRefusal, type ResourceContext, type ResourceHandler, type Tag } from './handler.ts';
import { keyPolicyProblem } from './policy-problems.ts';
import {
  at,
  desiredTags,
  objectsAt,
  pick,
  policyData,
  policyText,
  same,
  tagChange,
  textAt,
  unlessMissing,
} from './values.ts';

/** `AWS::KMS::Key`. Ref is the key's id. A deleted key stays pending for the window, as at AWS. */
export const kmsKeyHandler: ResourceHandler = {
  type: 'AWS::KMS::Key',
  properties: [
    'Description',
    'EnableKeyRotation',
    'Enabled',
    'KeyPolicy',
    'KeySpec',
    'KeyUsage',
    'MultiRegion',
    'PendingWindowInDays',
    'Tags',
  ],
  attributes: ['Arn', 'KeyId'],
  usualSeconds: { create: 120, update: 10, delete: 5 },
  async create(context, desired, made) {
    refusePolicy(context, desired['KeyPolicy']);
    const answer = await context.call('kms', 'CreateKey', {
      ...pick(desired, ['Description', 'KeySpec', 'KeyUsage', 'MultiRegion']),
      ...(desired['KeyPolicy'] === undefined ? {} : { Policy: policyText(desired['KeyPolicy']) }),
      Tags: kmsTags([...desiredTags(desired), ...context.systemTags]),
    });
    const keyId = textAt(answer, 'KeyMetadata', 'KeyId');
    made(keyId);
    if (desired['EnableKeyRotation'] === true) await context.call('kms', 'EnableKeyRotation', { KeyId: keyId });
    if (desired['Enabled'] === false) await context.call('kms', 'DisableKey', { KeyId: keyId });
  },
  async read(context, keyId) {
    const key = await findKey(context, keyId);
    if (key === undefined) return undefined;
    const policy = await context.call('kms', 'GetKeyPolicy', { KeyId: keyId, PolicyName: 'default' });
    const rotation = await context.call('kms', 'GetKeyRotationStatus', { KeyId: keyId });
    return {
      properties: {
        ...pick(key, ['Description', 'Enabled', 'KeySpec', 'KeyUsage', 'MultiRegion']),
        KeyPolicy: policyData(policy['Policy']),
        EnableKeyRotation: rotation['KeyRotationEnabled'],
        Tags: await readTags(context, keyId),
      },
      attributes: { Arn: textAt(key, 'Arn'), KeyId: keyId },
    };
  },
  async update(context, keyId, before, after) {
    const changed = (name: string) => !same(before[name], after[name]);
    refusePolicy(context, after['KeyPolicy']);
    const KeyId = keyId;
    if (changed('Description'))
      await context.call('kms', 'UpdateKeyDescription', { KeyId, Description: after['Description'] ?? '' });
    if (changed('KeyPolicy') && after['KeyPolicy'] !== undefined) {
      await context.call('kms', 'PutKeyPolicy', {
        KeyId,
        PolicyName: 'default',
        Policy: policyText(after['KeyPolicy']),
      });
    }
    if (changed('EnableKeyRotation')) {
      await context.call('kms', after['EnableKeyRotation'] === true ? 'EnableKeyRotation' : 'DisableKeyRotation', {
        KeyId,
      });
    }
    if (changed('Enabled'))
      await context.call('kms', after['Enabled'] === false ? 'DisableKey' : 'EnableKey', { KeyId });
    const { put, remove } = tagChange(await readTags(context, keyId), desiredTags(after));
    if (put.length > 0) await context.call('kms', 'TagResource', { KeyId, Tags: kmsTags(put) });
    if (remove.length > 0) await context.call('kms', 'UntagResource', { KeyId, TagKeys: remove });
  },
  async delete(context, keyId, properties) {
    if ((await findKey(context, keyId)) === undefined) return;
    await context.call('kms', 'ScheduleKeyDeletion', {
      KeyId: keyId,
      PendingWindowInDays: properties['PendingWindowInDays'] ?? 30,
    });
  },
};

function refusePolicy(context: ResourceContext, policy: unknown): void {
  const problem = policy === undefined ? undefined : keyPolicyProblem(policy, context.place.account);
  if (problem !== undefined) throw handlerRefusal(`${problem} (Service: Kms, Status Code: 400)`);
}

async function findKey(context: ResourceContext, keyId: string): Promise<JsonObject | undefined> {
  const answer = await unlessMissing(context.call('kms', 'DescribeKey', { KeyId: keyId }));
  const key = objectsAt([at(answer, 'KeyMetadata')])[0];
  return key?.['KeyState'] === 'PendingDeletion' ? undefined : key;
}

function kmsTags(tags: readonly Tag[]): JsonObject[] {
  return tags.map((tag) => ({ TagKey: tag.Key, TagValue: tag.Value }));
}

async function readTags(context: ResourceContext, keyId: string): Promise<Tag[]> {
  const answer = await context.call('kms', 'ListResourceTags', { KeyId: keyId });
  return objectsAt(answer, 'Tags')
    .map((tag) => ({ Key: textAt(tag, 'TagKey'), Value: textAt(tag, 'TagValue') }))
    .filter((tag) => !tag.Key.startsWith('aws:'));
}
