import { beforeEach, describe, expect, it } from 'vitest';
import { type Decision, statementsOf } from '../access/policy.ts';
import { allowing } from '../access/testing-iam.ts';
import { Identities } from '../identity/identities.ts';
import { createStsService } from './sts.ts';

const home = '123456789012';
const other = '210987654321';
const caller = { account: home, arn: `arn:aws:iam::${home}:user/eve`, userId: 'AIDA', accessKeyId: 'AKIA1' };
const arnOf = (account: string): string => `arn:aws:iam::${account}:role/deploy`;

let identities: Identities;
let trusted: unknown;
let own: Decision;
beforeEach(() => {
  identities = new Identities();
  trusted = { AWS: `arn:aws:iam::${home}:root` };
  own = 'allowed';
});

async function assume(input: Record<string, unknown> = {}, account = home): Promise<Record<string, unknown>> {
  let serial = 0;
  const sts = createStsService({
    identities,
    findRole: async () => ({
      roleId: 'AROA',
      arn: arnOf(account),
      trustPolicy: JSON.stringify({ Statement: { Effect: 'Allow', Principal: trusted, Action: 'sts:AssumeRole' } }),
      maxSessionSeconds: 3600,
    }),
    mayAssume: async () => own,
    managedPolicies: async (_, arns) => statementsOf(JSON.stringify(allowing(...arns))),
    nowMs: () => 0,
    random: (length) => String(++serial).padStart(length, 'A'),
  });
  const given = { RoleArn: arnOf(account), RoleSessionName: 'me', ...input };
  const common = { id: 'r', service: 'sts', operation: 'AssumeRole', account: home, region: 'us-east-1', caller };
  return sts.handle({ ...common, input: given });
}

const named = { AWS: caller.arn };
const byAccount = { AWS: `arn:aws:iam::${home}:root` };

describe('AssumeRole', () => {
  it.each<[string, unknown, Decision, string, boolean]>([
    ['left to the account, whose policies allow it', byAccount, 'allowed', home, true],
    ['left to the account, whose policies do not mention it', byAccount, 'unmentioned', home, false],
    ['named by a role of the own account, that is enough', named, 'unmentioned', home, true],
    ['named, and denied by the own policies', named, 'denied', home, false],
    ['named by a role of another account, that is not enough', named, 'unmentioned', other, false],
    ['named by a role of another account, and allowed at home', named, 'allowed', other, true],
    ['not named at all', { AWS: arnOf(other) }, 'allowed', home, false],
  ])('%s', async (_, principal, decision, account, may) => {
    trusted = principal;
    own = decision;
    const asked = assume({}, account);
    if (may)
      expect(await asked).toMatchObject({ AssumedRoleUser: { Arn: `arn:aws:sts::${account}:assumed-role/deploy/me` } });
    else await expect(asked).rejects.toMatchObject({ code: 'AccessDenied', status: 403 });
  });

  it('keeps the policies that narrow the session', async () => {
    const { Credentials } = await assume({ Policy: JSON.stringify(allowing('eks:*')), PolicyArns: [{ arn: 'ec2:*' }] });
    const key = (Credentials as { AccessKeyId: string }).AccessKeyId;
    expect(identities.find(key)?.sessionPolicies?.map(({ Action }) => Action)).toEqual([['ec2:*'], ['eks:*']]);
    const whole = (await assume())['Credentials'] as { AccessKeyId: string };
    expect(identities.find(whole.AccessKeyId)?.sessionPolicies).toBeUndefined();
  });

  it.each([{ Tags: [{ Key: 'a', Value: 'b' }] }, { SourceIdentity: 'x' }, { SerialNumber: 'mfa', TokenCode: '1' }])(
    'does not pass over what it does not judge: %j',
    async (input) => {
      await expect(assume(input)).rejects.toMatchObject({ code: 'NotImplemented', status: 501 });
    },
  );
});
