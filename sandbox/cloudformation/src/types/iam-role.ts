import type { JsonObject } from '../template/parse.ts';
import { handlerRefusal, type ResourceContext, type ResourceHandler } from './handler.ts';
import { trustPolicyProblem } from './policy-problems.ts';
import {
  allPages,
  at,
  desiredTags,
  objectsAt,
  pick,
  policyData,
  policyText,
  same,
  tagChange,
  textAt,
  textsAt,
  unlessMissing,
  userTags,
} from './values.ts';

/** `AWS::IAM::Role`. Ref is the role's name. */
export const iamRoleHandler: ResourceHandler = {
  type: 'AWS::IAM::Role',
  properties: [
    'AssumeRolePolicyDocument',
    'Description',
    'ManagedPolicyArns',
    'MaxSessionDuration',
    'Path',
    'PermissionsBoundary',
    'Policies',
    'RoleName',
    'Tags',
  ],
  attributes: ['Arn', 'RoleId'],
  nameProperty: 'RoleName',
  usualSeconds: { create: 15, update: 10, delete: 5 },
  async create(context, desired, made) {
    refuseRole(desired);
    const name = String(desired['RoleName'] ?? context.physicalName(64));
    await context.call('iam', 'CreateRole', {
      RoleName: name,
      ...pick(desired, ['Description', 'MaxSessionDuration', 'Path', 'PermissionsBoundary']),
      AssumeRolePolicyDocument: policyText(desired['AssumeRolePolicyDocument']),
      Tags: [...desiredTags(desired), ...context.systemTags],
    });
    made(name);
    await updatePolicies(context, name, {}, desired);
  },
  async read(context, name, desired) {
    const answer = await unlessMissing(context.call('iam', 'GetRole', { RoleName: name }));
    if (answer === undefined) return undefined;
    const role = at(answer, 'Role');
    const inline = await inlinePolicies(context, name, desired);
    return {
      properties: {
        RoleName: name,
        Path: at(role, 'Path'),
        Description: at(role, 'Description'),
        MaxSessionDuration: at(role, 'MaxSessionDuration'),
        PermissionsBoundary: at(role, 'PermissionsBoundary', 'PermissionsBoundaryArn'),
        AssumeRolePolicyDocument: policyData(at(role, 'AssumeRolePolicyDocument')),
        ManagedPolicyArns: await attachedPolicies(context, name),
        Policies: inline,
        Tags: userTags(at(role, 'Tags')),
      },
      attributes: { Arn: textAt(role, 'Arn'), RoleId: textAt(role, 'RoleId') },
    };
  },
  async update(context, name, before, after) {
    refuseRole(after);
    if (!same(policyData(before['AssumeRolePolicyDocument']), policyData(after['AssumeRolePolicyDocument']))) {
      const PolicyDocument = policyText(after['AssumeRolePolicyDocument']);
      await context.call('iam', 'UpdateAssumeRolePolicy', { RoleName: name, PolicyDocument });
    }
    if (['Description', 'MaxSessionDuration'].some((member) => !same(before[member], after[member]))) {
      await context.call('iam', 'UpdateRole', {
        RoleName: name,
        Description: after['Description'] ?? '',
        MaxSessionDuration: after['MaxSessionDuration'] ?? 3600,
      });
    }
    await updateBoundary(context, name, before, after);
    await updatePolicies(context, name, before, after);
    const live = at(await context.call('iam', 'GetRole', { RoleName: name }), 'Role', 'Tags');
    const { put, remove } = tagChange(userTags(live), desiredTags(after));
    if (put.length > 0) await context.call('iam', 'TagRole', { RoleName: name, Tags: put });
    if (remove.length > 0) await context.call('iam', 'UntagRole', { RoleName: name, TagKeys: remove });
  },
  async delete(context, name, properties) {
    const exists = await unlessMissing(context.call('iam', 'GetRole', { RoleName: name }));
    if (exists === undefined) return;
    // Only what the template put there: a policy attached by somebody else keeps the role, as at AWS.
    await updatePolicies(context, name, properties, {});
    await unlessMissing(context.call('iam', 'DeleteRole', { RoleName: name }));
  },
};

const policiesPerRole = 10;

function refuseRole(desired: JsonObject): void {
  const problem = trustPolicyProblem(desired['AssumeRolePolicyDocument']);
  if (problem !== undefined) throw handlerRefusal(`${problem} (Service: Iam, Status Code: 400)`);
  if (textsAt(desired, 'ManagedPolicyArns').length > policiesPerRole) {
    throw handlerRefusal(`Cannot exceed quota for PoliciesPerRole: ${policiesPerRole}`, 'ServiceLimitExceeded');
  }
}

async function attachedPolicies(context: ResourceContext, name: string): Promise<string[]> {
  const attached = await allPages(context, {
    service: 'iam',
    operation: 'ListAttachedRolePolicies',
    input: { RoleName: name },
    items: 'AttachedPolicies',
    token: 'Marker',
  });
  return attached.map((policy) => textAt(policy, 'PolicyArn'));
}

/** The inline policies of the template; those of `AWS::IAM::Policy` resources are not the role's own. */
async function inlinePolicies(context: ResourceContext, name: string, desired: JsonObject): Promise<JsonObject[]> {
  const present = textsAt(await context.call('iam', 'ListRolePolicies', { RoleName: name }), 'PolicyNames');
  const declared = objectsAt(desired, 'Policies').map((policy) => String(policy['PolicyName']));
  const found: JsonObject[] = [];
  for (const PolicyName of declared.filter((each) => present.includes(each))) {
    const answer = await context.call('iam', 'GetRolePolicy', { RoleName: name, PolicyName });
    found.push({ PolicyName, PolicyDocument: policyData(answer['PolicyDocument']) });
  }
  return found;
}

async function updateBoundary(
  context: ResourceContext,
  name: string,
  before: JsonObject,
  after: JsonObject,
): Promise<void> {
  const boundary = after['PermissionsBoundary'];
  if (same(before['PermissionsBoundary'], boundary)) return;
  if (boundary === undefined) await context.call('iam', 'DeleteRolePermissionsBoundary', { RoleName: name });
  else await context.call('iam', 'PutRolePermissionsBoundary', { RoleName: name, PermissionsBoundary: boundary });
}

async function updatePolicies(
  context: ResourceContext,
  name: string,
  before: JsonObject,
  after: JsonObject,
): Promise<void> {
  const live = new Set(await attachedPolicies(context, name));
  const [old, wanted] = [textsAt(before, 'ManagedPolicyArns'), textsAt(after, 'ManagedPolicyArns')];
  for (const PolicyArn of wanted.filter((arn) => !live.has(arn))) {
    await context.call('iam', 'AttachRolePolicy', { RoleName: name, PolicyArn });
  }
  for (const PolicyArn of old.filter((arn) => live.has(arn) && !wanted.includes(arn))) {
    await context.call('iam', 'DetachRolePolicy', { RoleName: name, PolicyArn });
  }
  const policies = objectsAt(after, 'Policies');
  for (const policy of policies) {
    const unchanged = objectsAt(before, 'Policies').some((each) => same(each, policy));
    if (unchanged) continue;
    await context.call('iam', 'PutRolePolicy', {
      RoleName: name,
      PolicyName: policy['PolicyName'],
      PolicyDocument: policyText(policy['PolicyDocument']),
    });
  }
  const names = policies.map((policy) => policy['PolicyName']);
  for (const gone of objectsAt(before, 'Policies').filter((policy) => !names.includes(policy['PolicyName']))) {
    await unlessMissing(context.call('iam', 'DeleteRolePolicy', { RoleName: name, PolicyName: gone['PolicyName'] }));
  }
}
