import type { JsonObject } from '../template/parse.ts';
import { handlerRefusal, type ResourceContext, type ResourceHandler } from './handler.ts';
import { policyData, policyText, textsAt, unlessMissing } from './values.ts';

/** `AWS::IAM::Policy` of roles. Ref is a name of CloudFormation's making. */
export const iamPolicyHandler: ResourceHandler = {
  type: 'AWS::IAM::Policy',
  properties: ['PolicyName', 'PolicyDocument', 'Roles'],
  attributes: ['Id'],
  usualSeconds: { create: 15, update: 10, delete: 5 },
  async create(context, desired, made) {
    if (textsAt(desired, 'Roles').length === 0)
      throw handlerRefusal('At least one of [Groups,Roles,Users] must be non-empty.');
    made(context.physicalName(128));
    await put(context, desired, textsAt(desired, 'Roles'));
  },
  async read(context, physicalId, desired) {
    const roles: string[] = [];
    let document: unknown;
    for (const RoleName of textsAt(desired, 'Roles')) {
      const input = { RoleName, PolicyName: desired['PolicyName'] };
      const answer = await unlessMissing(context.call('iam', 'GetRolePolicy', input));
      if (answer === undefined) continue;
      roles.push(RoleName);
      document ??= policyData(answer['PolicyDocument']);
    }
    if (roles.length === 0) return undefined;
    return {
      properties: { PolicyName: desired['PolicyName'], PolicyDocument: document, Roles: roles },
      attributes: { Id: physicalId },
    };
  },
  async update(context, _physicalId, before, after) {
    await put(context, after, textsAt(after, 'Roles'));
    const renamed = before['PolicyName'] !== after['PolicyName'];
    const gone = textsAt(before, 'Roles').filter((role) => renamed || !textsAt(after, 'Roles').includes(role));
    await remove(context, before, gone);
  },
  delete: (context, _physicalId, properties) => remove(context, properties, textsAt(properties, 'Roles')),
};

async function put(context: ResourceContext, desired: JsonObject, roles: readonly string[]): Promise<void> {
  for (const RoleName of roles) {
    await context.call('iam', 'PutRolePolicy', {
      RoleName,
      PolicyName: desired['PolicyName'],
      PolicyDocument: policyText(desired['PolicyDocument']),
    });
  }
}

async function remove(context: ResourceContext, properties: JsonObject, roles: readonly string[]): Promise<void> {
  for (const RoleName of roles) {
    const input = { RoleName, PolicyName: properties['PolicyName'] };
    await unlessMissing(context.call('iam', 'DeleteRolePolicy', input));
  }
}
