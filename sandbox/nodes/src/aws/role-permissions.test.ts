import { expect, test } from 'vitest';
import { roleMay } from './role-permissions.ts';

const place = { account: '123456789012', region: 'eu-central-1' };
const roleArn = 'arn:aws:iam::123456789012:role/node';

test.each([
  ['allowed', true],
  ['implicitDeny', false],
  ['explicitDeny', false],
])('a role to which IAM says %s may: %s', async (EvalDecision, may) => {
  const asked: unknown[] = [];
  const backend = {
    call: async (_: object, service: string, operation: string, input: Record<string, unknown> = {}) => {
      asked.push([service, operation, input]);
      return { EvaluationResults: [{ EvalDecision }] };
    },
  };
  expect(
    await roleMay(backend, place, { roleArn, actions: ['ec2:CreateVolume'], context: { 'aws:RequestTag/a': 'b' } }),
  ).toBe(may);
  const ContextEntries = [{ ContextKeyName: 'aws:RequestTag/a', ContextKeyType: 'string', ContextKeyValues: ['b'] }];
  const input = { PolicySourceArn: roleArn, ActionNames: ['ec2:CreateVolume'], ResourceArns: ['*'], ContextEntries };
  expect(asked).toEqual([['iam', 'SimulatePrincipalPolicy', input]]);
});
