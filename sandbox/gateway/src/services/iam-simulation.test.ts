import { describe, expect, it } from 'vitest';
import { IdentityPolicies } from '../access/identity-policies.ts';
import { allowing, createFakeIam } from '../access/testing-iam.ts';
import { createIamSimulation } from './iam-simulation.ts';

const iam = createFakeIam();
const policies = new IdentityPolicies(iam);
const simulation = createIamSimulation({ policiesOf: (principal) => policies.of(principal) });
const role = 'arn:aws:iam::123456789012:role/service/driver';

iam.inline.set('role/driver', {
  Statement: [
    {
      Effect: 'Allow',
      Action: 'ec2:CreateVolume',
      Resource: 'arn:aws:ec2:*:*:volume/*',
      Condition: { StringLike: { 'aws:RequestTag/a': '*' } },
    },
    { Effect: 'Allow', Action: 'ec2:*', Resource: '*', Condition: { Bool: { 'aws:SecureTransport': 'never' } } },
    { Effect: 'Deny', Action: 'ec2:DeleteVolume', Resource: '*' },
  ],
});

async function simulate(operation: string, input: Record<string, unknown>): Promise<unknown> {
  const caller = { account: '123456789012', arn: 'arn', userId: 'u', accessKeyId: 'k' };
  const request = { id: 'r', service: 'iam', operation, account: caller.account, region: 'us-east-1', caller, input };
  return (await simulation.handle(request))['EvaluationResults'];
}

describe('IAM’s simulator', () => {
  it('says what a role may, on each resource, with the context that it is given', async () => {
    const tag = { ContextKeyName: 'aws:RequestTag/a', ContextKeyType: 'string', ContextKeyValues: ['b'] };
    const asked = {
      PolicySourceArn: role,
      ActionNames: ['ec2:CreateVolume', 'ec2:DeleteVolume'],
      ResourceArns: ['arn:aws:ec2:r:1:volume/*', 'arn:aws:ec2:r:1:snapshot/*'],
      ContextEntries: [tag],
    };
    expect(await simulate('SimulatePrincipalPolicy', asked)).toEqual([
      { EvalActionName: 'ec2:CreateVolume', EvalResourceName: 'arn:aws:ec2:r:1:volume/*', EvalDecision: 'allowed' },
      {
        EvalActionName: 'ec2:CreateVolume',
        EvalResourceName: 'arn:aws:ec2:r:1:snapshot/*',
        EvalDecision: 'implicitDeny',
      },
      {
        EvalActionName: 'ec2:DeleteVolume',
        EvalResourceName: 'arn:aws:ec2:r:1:volume/*',
        EvalDecision: 'explicitDeny',
      },
      {
        EvalActionName: 'ec2:DeleteVolume',
        EvalResourceName: 'arn:aws:ec2:r:1:snapshot/*',
        EvalDecision: 'explicitDeny',
      },
    ]);
    expect(
      await simulate('SimulatePrincipalPolicy', { ...asked, ContextEntries: [], ActionNames: ['ec2:CreateVolume'] }),
    ).toMatchObject([{ EvalDecision: 'implicitDeny' }, { EvalDecision: 'implicitDeny' }]);
  });

  it('says what a document would allow', async () => {
    const PolicyInputList = [JSON.stringify(allowing('eks:*'))];
    expect(await simulate('SimulateCustomPolicy', { PolicyInputList, ActionNames: ['eks:ListClusters'] })).toEqual([
      { EvalActionName: 'eks:ListClusters', EvalResourceName: '*', EvalDecision: 'allowed' },
    ]);
  });

  it('refuses who is nobody, and what it does not judge', async () => {
    const ask = (more: object) =>
      simulate('SimulatePrincipalPolicy', { PolicySourceArn: role, ActionNames: ['a:b'], ...more });
    await expect(ask({ PolicySourceArn: 'arn:aws:iam::123456789012:policy/p' })).rejects.toMatchObject({
      code: 'InvalidInput',
    });
    await expect(ask({ ResourcePolicy: '{}' })).rejects.toMatchObject({ code: 'NotImplemented' });
  });
});
