import type { ResourceContext, ResourceHandler } from './handler.ts';
import { at, objectsAt, pick, textAt, textsAt, unlessMissing } from './values.ts';

/** `AWS::IAM::InstanceProfile`. Ref is the profile's name. */
export const iamInstanceProfileHandler: ResourceHandler = {
  type: 'AWS::IAM::InstanceProfile',
  properties: ['InstanceProfileName', 'Path', 'Roles'],
  attributes: ['Arn'],
  nameProperty: 'InstanceProfileName',
  usualSeconds: { create: 120, update: 10, delete: 5 },
  async create(context, desired, made) {
    const name = String(desired['InstanceProfileName'] ?? context.physicalName(128));
    await context.call('iam', 'CreateInstanceProfile', { InstanceProfileName: name, ...pick(desired, ['Path']) });
    made(name);
    await addRoles(context, name, textsAt(desired, 'Roles'));
  },
  async read(context, name) {
    const answer = await unlessMissing(context.call('iam', 'GetInstanceProfile', { InstanceProfileName: name }));
    if (answer === undefined) return undefined;
    const profile = at(answer, 'InstanceProfile');
    return {
      properties: {
        InstanceProfileName: name,
        Path: at(profile, 'Path'),
        Roles: objectsAt(profile, 'Roles').map((role) => textAt(role, 'RoleName')),
      },
      attributes: { Arn: textAt(profile, 'Arn') },
    };
  },
  async update(context, name, _before, after) {
    const live = await rolesOf(context, name);
    const wanted = textsAt(after, 'Roles');
    await removeRoles(
      context,
      name,
      live.filter((role) => !wanted.includes(role)),
    );
    await addRoles(
      context,
      name,
      wanted.filter((role) => !live.includes(role)),
    );
  },
  async delete(context, name) {
    await removeRoles(context, name, await rolesOf(context, name));
    await unlessMissing(context.call('iam', 'DeleteInstanceProfile', { InstanceProfileName: name }));
  },
};

async function rolesOf(context: ResourceContext, name: string): Promise<string[]> {
  const answer = await unlessMissing(context.call('iam', 'GetInstanceProfile', { InstanceProfileName: name }));
  return objectsAt(answer, 'InstanceProfile', 'Roles').map((role) => textAt(role, 'RoleName'));
}

async function addRoles(context: ResourceContext, name: string, roles: readonly string[]): Promise<void> {
  for (const RoleName of roles) {
    await context.call('iam', 'AddRoleToInstanceProfile', { InstanceProfileName: name, RoleName });
  }
}

async function removeRoles(context: ResourceContext, name: string, roles: readonly string[]): Promise<void> {
  for (const RoleName of roles) {
    await unlessMissing(context.call('iam', 'RemoveRoleFromInstanceProfile', { InstanceProfileName: name, RoleName }));
  }
}
