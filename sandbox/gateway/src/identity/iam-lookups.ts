import { identityFromAccessKey } from '../bootstrap.ts';
import { AwsError, type AwsRequest, type Backend, type Place } from '../service.ts';
import type { TrustedRole } from '../services/sts.ts';
import type { Identities } from './identities.ts';

/** A role as IAM has it; `undefined` when there is none. */
export async function findRole(backend: Backend, place: Place, name: string): Promise<TrustedRole | undefined> {
  try {
    const { Role } = await backend.call(place, 'iam', 'GetRole', { RoleName: name });
    const role = Role as Record<string, unknown>;
    return {
      roleId: String(role['RoleId']),
      arn: String(role['Arn']),
      trustPolicy: decodeURIComponent(String(role['AssumeRolePolicyDocument'])),
      maxSessionSeconds: Number(role['MaxSessionDuration'] ?? 3600),
    };
  } catch (error) {
    if (error instanceof AwsError && error.code === 'NoSuchEntity') return undefined;
    throw error;
  }
}

/** Access keys that clients make and delete in IAM are keys of the gateway from then on. */
export async function learnAccessKeys(
  backend: Backend,
  identities: Identities,
  request: AwsRequest,
  output: Record<string, unknown>,
): Promise<void> {
  if (request.service !== 'iam') return;
  const { operation, input, account } = request;
  if (operation === 'DeleteAccessKey') return identities.remove(String(input['AccessKeyId']));
  if (operation === 'UpdateAccessKey')
    return identities.setActive(String(input['AccessKeyId']), input['Status'] === 'Active');
  if (operation !== 'CreateAccessKey') return;
  const key = output['AccessKey'];
  const known = identityFromAccessKey(account, key, undefined);
  identities.add(known);
  // Without a name the key is the caller's own: the answer says whose.
  const UserName = known.caller.arn.split('/').at(-1);
  const { User } = await backend.call(request, 'iam', 'GetUser', { UserName });
  identities.add(identityFromAccessKey(account, key, User));
}
