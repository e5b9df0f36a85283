import type { Identities, Identity } from './identity/identities.ts';
import type { Backend } from './service.ts';

/** What a client needs to act as an account's administrator. */
export interface AdminIdentity {
  readonly account: string;
  readonly userArn: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** A role that everyone in the account may assume. */
  readonly roleArn: string;
}

const administrator = 'arn:aws:iam::aws:policy/AdministratorAccess';

/** Makes the administrators of an account: a user with an access key, and a role, both in IAM. */
export async function makeAdministrators(
  backend: Backend,
  identities: Identities,
  account: string,
): Promise<AdminIdentity> {
  const place = { account, region: 'us-east-1' };
  const call = (operation: string, input: Record<string, unknown>) => backend.call(place, 'iam', operation, input);
  const user = await call('CreateUser', { UserName: 'admin' });
  await call('AttachUserPolicy', { UserName: 'admin', PolicyArn: administrator });
  const key = identityFromAccessKey(
    account,
    (await call('CreateAccessKey', { UserName: 'admin' }))['AccessKey'],
    user['User'],
  );
  identities.add(key);
  const principal = { AWS: `arn:aws:iam::${account}:root` };
  const trust = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: principal, Action: 'sts:AssumeRole' }],
  };
  await call('CreateRole', {
    RoleName: 'admin',
    AssumeRolePolicyDocument: JSON.stringify(trust),
    MaxSessionDuration: 43200,
  });
  await call('AttachRolePolicy', { RoleName: 'admin', PolicyArn: administrator });
  return {
    account,
    userArn: key.caller.arn,
    accessKeyId: key.caller.accessKeyId,
    secretAccessKey: key.secretAccessKey,
    roleArn: `arn:aws:iam::${account}:role/admin`,
  };
}

/** The identity behind an answer of CreateAccessKey; the user as GetUser shows it. */
export function identityFromAccessKey(account: string, accessKey: unknown, user: unknown): Identity {
  const key = recordOf(accessKey);
  const owner = recordOf(user);
  const arn = String(owner['Arn'] ?? `arn:aws:iam::${account}:user/${key['UserName']}`);
  const caller = { account, arn, userId: String(owner['UserId'] ?? ''), accessKeyId: String(key['AccessKeyId']) };
  return { caller, secretAccessKey: String(key['SecretAccessKey']), isRole: false };
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
