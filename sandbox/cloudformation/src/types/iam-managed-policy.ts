import type { JsonObject } from '../template/parse.ts';
import type { ResourceContext, ResourceHandler } from './handler.ts';
import { at, objectsAt, pick, policyData, policyText, same, textAt, textsAt, unlessMissing } from './values.ts';

/** `AWS::IAM::ManagedPolicy` for roles. Ref is the policy's ARN. */
export const iamManagedPolicyHandler: ResourceHandler = {
  type: 'AWS::IAM::ManagedPolicy',
  properties: ['ManagedPolicyName', 'Description', 'Path', 'PolicyDocument', 'Roles'],
  attributes: ['PolicyArn', 'PolicyId', 'DefaultVersionId', 'AttachmentCount'],
  nameProperty: 'ManagedPolicyName',
  usualSeconds: { create: 15, update: 10, delete: 5 },
  async create(context, desired, made) {
    const answer = await context.call('iam', 'CreatePolicy', {
      PolicyName: desired['ManagedPolicyName'] ?? context.physicalName(128),
      ...pick(desired, ['Description', 'Path']),
      PolicyDocument: policyText(desired['PolicyDocument']),
    });
    const arn = textAt(answer, 'Policy', 'Arn');
    made(arn);
    await attach(context, arn, textsAt(desired, 'Roles'));
  },
  async read(context, arn) {
    const answer = await unlessMissing(context.call('iam', 'GetPolicy', { PolicyArn: arn }));
    if (answer === undefined) return undefined;
    const policy = at(answer, 'Policy');
    const VersionId = textAt(policy, 'DefaultVersionId');
    const version = await context.call('iam', 'GetPolicyVersion', { PolicyArn: arn, VersionId });
    return {
      properties: {
        ManagedPolicyName: at(policy, 'PolicyName'),
        Path: at(policy, 'Path'),
        PolicyDocument: policyData(at(version, 'PolicyVersion', 'Document')),
        Roles: await attachedRoles(context, arn),
      },
      attributes: {
        PolicyArn: arn,
        PolicyId: textAt(policy, 'PolicyId'),
        DefaultVersionId: VersionId,
        AttachmentCount: at(policy, 'AttachmentCount'),
      },
    };
  },
  async update(context, arn, before, after) {
    if (!same(before['PolicyDocument'], after['PolicyDocument'])) await newVersion(context, arn, after);
    const live = await attachedRoles(context, arn);
    const wanted = textsAt(after, 'Roles');
    await attach(
      context,
      arn,
      wanted.filter((role) => !live.includes(role)),
    );
    const gone = textsAt(before, 'Roles').filter((role) => live.includes(role) && !wanted.includes(role));
    await detach(context, arn, gone);
  },
  async delete(context, arn, properties) {
    const exists = await unlessMissing(context.call('iam', 'GetPolicy', { PolicyArn: arn }));
    if (exists === undefined) return;
    await detach(context, arn, textsAt(properties, 'Roles'));
    for (const version of await versions(context, arn)) {
      if (version['IsDefaultVersion'] !== true) await deleteVersion(context, arn, version);
    }
    await unlessMissing(context.call('iam', 'DeletePolicy', { PolicyArn: arn }));
  },
};

/** A policy keeps five versions; the oldest gives way. */
async function newVersion(context: ResourceContext, arn: string, after: JsonObject): Promise<void> {
  const present = await versions(context, arn);
  if (present.length >= 5) {
    const number = (version: JsonObject) => Number(textAt(version, 'VersionId').slice(1));
    const oldest = present
      .filter((each) => each['IsDefaultVersion'] !== true)
      .toSorted((a, b) => number(a) - number(b))[0];
    if (oldest !== undefined) await deleteVersion(context, arn, oldest);
  }
  await context.call('iam', 'CreatePolicyVersion', {
    PolicyArn: arn,
    PolicyDocument: policyText(after['PolicyDocument']),
    SetAsDefault: true,
  });
}

async function versions(context: ResourceContext, arn: string): Promise<JsonObject[]> {
  return objectsAt(await context.call('iam', 'ListPolicyVersions', { PolicyArn: arn }), 'Versions');
}

async function deleteVersion(context: ResourceContext, arn: string, version: JsonObject): Promise<void> {
  await context.call('iam', 'DeletePolicyVersion', { PolicyArn: arn, VersionId: version['VersionId'] });
}

async function attachedRoles(context: ResourceContext, arn: string): Promise<string[]> {
  const answer = await context.call('iam', 'ListEntitiesForPolicy', { PolicyArn: arn });
  return objectsAt(answer, 'PolicyRoles').map((role) => textAt(role, 'RoleName'));
}

async function attach(context: ResourceContext, arn: string, roles: readonly string[]): Promise<void> {
  for (const RoleName of roles) await context.call('iam', 'AttachRolePolicy', { RoleName, PolicyArn: arn });
}

async function detach(context: ResourceContext, arn: string, roles: readonly string[]): Promise<void> {
  for (const RoleName of roles)
    await unlessMissing(context.call('iam', 'DetachRolePolicy', { RoleName, PolicyArn: arn }));
}
