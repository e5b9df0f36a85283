import { describe, expect, it } from 'vitest';
import { type AssumeContext, judgeTrust, type TrustVerdict } from './trust-policy.ts';

const user: AssumeContext = {
  caller: { account: '111122223333', arn: 'arn:aws:iam::111122223333:user/eve', userId: 'AIDA', accessKeyId: 'AKIA' },
  sessionName: 'work',
};
const session: AssumeContext = {
  caller: { ...user.caller, arn: 'arn:aws:sts::111122223333:assumed-role/deploy/eve' },
  sessionName: 'work',
};

function policy(...statements: object[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements.length === 1 ? statements[0] : statements });
}

function allow(principal: unknown, more: object = {}): object {
  return { Effect: 'Allow', Principal: principal, Action: 'sts:AssumeRole', ...more };
}

const everyone = { AWS: 'arn:aws:iam::111122223333:root' };
const external = { StringEquals: { 'sts:ExternalId': 'abc' } };

const cases: readonly (readonly [title: string, policy: string, context: AssumeContext, verdict: TrustVerdict])[] = [
  ['the account’s root stands for its users', policy(allow(everyone)), user, 'delegated'],
  ['and for its role sessions', policy(allow(everyone)), session, 'delegated'],
  ['the account’s bare number too', policy(allow({ AWS: ['999999999999', '111122223333'] })), user, 'delegated'],
  [
    'named beside the account, it is not left to it',
    policy(allow(everyone), allow({ AWS: user.caller.arn })),
    user,
    'allowed',
  ],
  ['another account does not', policy(allow({ AWS: 'arn:aws:iam::999999999999:root' })), user, 'denied'],
  ['a user by ARN', policy(allow({ AWS: user.caller.arn })), user, 'allowed'],
  ['another user by ARN', policy(allow({ AWS: `${user.caller.arn}2` })), user, 'denied'],
  ['a session by its role', policy(allow({ AWS: 'arn:aws:iam::111122223333:role/deploy' })), session, 'allowed'],
  ['a session by itself', policy(allow({ AWS: session.caller.arn })), session, 'allowed'],
  ['a service is not a user', policy(allow({ Service: 'eks.amazonaws.com' })), user, 'denied'],
  ['everyone', policy(allow('*')), user, 'allowed'],
  ['another action', policy({ ...allow('*'), Action: 'sts:TagSession' }), user, 'denied'],
  ['actions by wildcard, in any case', policy({ ...allow('*'), Action: ['STS:Assume*'] }), user, 'allowed'],
  ['an explicit denial wins', policy(allow('*'), { ...allow(everyone), Effect: 'Deny' }), user, 'denied'],
  [
    'the external id that is asked for',
    policy(allow('*', { Condition: external })),
    { ...user, externalId: 'abc' },
    'allowed',
  ],
  ['a wrong external id', policy(allow('*', { Condition: external })), { ...user, externalId: 'abd' }, 'denied'],
  ['no external id', policy(allow('*', { Condition: external })), user, 'denied'],
  [
    'a wildcard is no equality',
    policy(allow('*', { Condition: { StringEquals: { 'sts:ExternalId': 'a*' } } })),
    { ...user, externalId: 'abc' },
    'denied',
  ],
  [
    'a principal by pattern',
    policy(allow('*', { Condition: { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/dep*' } } })),
    session,
    'allowed',
  ],
  [
    'a principal by pattern that does not fit',
    policy(allow('*', { Condition: { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/x*' } } })),
    session,
    'denied',
  ],
  [
    'all conditions must hold',
    policy(allow('*', { Condition: { ...external, StringLike: { 'sts:RoleSessionName': 'x*' } } })),
    { ...user, externalId: 'abc' },
    'denied',
  ],
  [
    'MFA is never there',
    policy(allow('*', { Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } })),
    user,
    'denied',
  ],
  [
    'unless it need not be',
    policy(allow('*', { Condition: { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'true' } } })),
    user,
    'allowed',
  ],
  [
    'an operator nobody knows denies',
    policy(allow('*', { Condition: { NumericLessThan: { 'aws:x': '1' } } })),
    user,
    'denied',
  ],
  [
    'a key nobody knows denies',
    policy(allow('*', { Condition: { StringNotEquals: { 'aws:PrincipalTag/a': 'b' } } })),
    user,
    'denied',
  ],
  [
    'a Deny whose condition cannot be judged holds',
    policy(allow('*'), { ...allow('*', { Condition: { NumericLessThan: { 'aws:x': '1' } } }), Effect: 'Deny' }),
    user,
    'denied',
  ],
  ['no statement', policy(), user, 'denied'],
  ['no JSON', '{', user, 'denied'],
];

describe('a trust policy', () => {
  it.each(cases)('%s', (_, text, context, verdict) => {
    expect(judgeTrust(text, 'sts:AssumeRole', context)).toBe(verdict);
  });
});
