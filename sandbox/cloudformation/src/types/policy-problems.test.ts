import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../template/parse.ts';
import type { ResourceContext, ResourceHandler } from './handler.ts';
import { iamRoleHandler } from './iam-role.ts';
import { kmsKeyHandler } from './kms-key.ts';
import { keyPolicyProblem, trustPolicyProblem } from './policy-problems.ts';

const account = '123456789012';
const policy = (...Statement: object[]) => ({ Version: '2012-10-17', Statement });

describe('a trust policy', () => {
  const good = { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' };
  const { Principal: _, ...nobody } = good;
  it.each<[string, unknown, string | undefined]>([
    ['of a service', policy(good), undefined],
    ['as text', JSON.stringify(policy(good)), undefined],
    ['of one statement that is no list', { Statement: good }, undefined],
    ['of two actions', policy({ ...good, Action: ['sts:AssumeRole', 'sts:TagSession'] }), undefined],
    ['for all but one', policy({ ...nobody, NotPrincipal: { AWS: account } }), undefined],
    ['that is no JSON', '{', 'invalid Json'],
    ['without statements', policy(), 'Missing required field Statement'],
    ['for nobody', policy(nobody), 'Missing required field Principal'],
    ['with a resource', policy({ ...good, Resource: '*' }), 'prohibited field Resource'],
    ['of another kind', policy({ ...good, Action: 'ec2:RunInstances' }), 'may only specify STS AssumeRole actions'],
    ['with an unknown effect', policy({ ...good, Effect: 'allow' }), 'Invalid effect: allow'],
  ])('%s', (_title, document, problem) => {
    if (problem === undefined) expect(trustPolicyProblem(document)).toBeUndefined();
    else expect(trustPolicyProblem(document)).toContain(problem);
  });
});

describe('a key policy', () => {
  const root = { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: 'kms:*', Resource: '*' };
  it.each<[string, unknown, boolean]>([
    ['of the account', policy(root), true],
    ['of one of its roles', policy({ ...root, Principal: { AWS: `arn:aws:iam::${account}:role/admin` } }), true],
    ['of a service alone', policy({ ...root, Principal: { Service: 'logs.amazonaws.com' } }), false],
    ['of another account', policy({ ...root, Principal: { AWS: 'arn:aws:iam::210987654321:root' } }), false],
    ['that only decrypts', policy({ ...root, Action: ['kms:Decrypt'] }), false],
    ['that only denies', policy({ ...root, Effect: 'Deny' }), false],
  ])('%s is one: %s', (_title, document, good) => {
    expect(keyPolicyProblem(document, account) === undefined).toBe(good);
  });
});

describe('a resource with such a policy', () => {
  const calls: string[] = [];
  const context: ResourceContext = {
    place: { account, region: 'eu-central-1' },
    stackName: 's',
    stackId: 'arn:s',
    logicalId: 'R',
    systemTags: [],
    physicalName: () => 'name',
    call: async (service, operation) => {
      calls.push(`${service} ${operation}`);
      return {};
    },
  };
  const create = (handler: ResourceHandler, desired: JsonObject) => handler.create(context, desired, () => undefined);

  it.each<[string, () => Promise<void>, RegExp]>([
    ['role', () => create(iamRoleHandler, { AssumeRolePolicyDocument: policy() }), /Missing required field Statement/],
    [
      'role with eleven policies',
      () =>
        create(iamRoleHandler, {
          AssumeRolePolicyDocument: policy({ Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRole' }),
          ManagedPolicyArns: Array.from({ length: 11 }, (_, n) => `arn:aws:iam::aws:policy/P${n}`),
        }),
      /Cannot exceed quota for PoliciesPerRole: 10/,
    ],
    ['key', () => create(kmsKeyHandler, { KeyPolicy: policy() }), /will not allow you to update the key policy/],
  ])('%s is refused before anything is made', async (_title, make, refusal) => {
    await expect(make()).rejects.toThrow(refusal);
    expect(calls).toEqual([]);
  });
});
