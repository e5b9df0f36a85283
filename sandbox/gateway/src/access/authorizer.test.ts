import { beforeEach, describe, expect, it } from 'vitest';
import type { Caller } from '../service.ts';
import { Authorizer, type SessionPolicies } from './authorizer.ts';
import { IdentityPolicies } from './identity-policies.ts';
import { statementsOf } from './policy.ts';
import type { Asked } from './resources.ts';
import { allowing, createFakeIam, type FakeIam } from './testing-iam.ts';

const account = '123456789012';
const eve: Caller = { account, arn: `arn:aws:iam::${account}:user/ops/eve`, userId: 'AIDA', accessKeyId: 'AKIA1' };
const deploy: Caller = { ...eve, arn: `arn:aws:sts::${account}:assumed-role/deploy/me`, accessKeyId: 'ASIA1' };
const root: Caller = { ...eve, arn: `arn:aws:iam::${account}:root` };

let iam: FakeIam;
let session: SessionPolicies;
let authorizer: Authorizer;
beforeEach(() => {
  iam = createFakeIam();
  session = undefined;
  authorizer = new Authorizer({
    policies: new IdentityPolicies(iam),
    sessionOf: (key) => (key === 'ASIA1' ? session : undefined),
    nowMs: () => Date.parse('2026-11-21T12:00:00Z'),
  });
});

function request(service: string, operation: string, input: Record<string, unknown> = {}): Asked {
  return { service, operation, input, account, region: 'eu-central-1' };
}

const create = request('eks', 'DescribeCluster', { name: 'shop' });

async function refused(caller: Caller, asked: Asked, via?: string): Promise<string> {
  try {
    await authorizer.check({ caller, ...(via === undefined ? {} : { via }) }, asked);
    return 'allowed';
  } catch (error) {
    const { code, status, message } = error as { code: string; status: number; message: string };
    return `${code} ${status} ${message}`;
  }
}

describe('a user', () => {
  it('without policies is refused in AWS’s words, each service’s own code', async () => {
    const because = 'because no identity-based policy allows the';
    const user = `User: ${eve.arn} is not authorized to perform`;
    expect(await refused(eve, create)).toBe(
      `AccessDeniedException 403 ${user}: eks:DescribeCluster on resource: arn:aws:eks:eu-central-1:${account}:cluster/shop ${because} eks:DescribeCluster action`,
    );
    expect(await refused(eve, request('iam', 'GetRole', { RoleName: 'r' }))).toBe(
      `AccessDenied 403 ${user}: iam:GetRole on resource: arn:aws:iam::${account}:role/r ${because} iam:GetRole action`,
    );
    expect(await refused(eve, request('ec2', 'CreateVpc'))).toBe(
      `UnauthorizedOperation 403 You are not authorized to perform this operation. ${user}: ec2:CreateVpc on resource: arn:aws:ec2:eu-central-1:${account}:vpc/* ${because} ec2:CreateVpc action`,
    );
  });

  it('may always ask who it is', async () => {
    expect(await refused(eve, request('sts', 'GetCallerIdentity'))).toBe('allowed');
  });

  it.each<[string, (iam: FakeIam) => void]>([
    ['an inline policy', (world) => world.inline.set('user/eve', allowing('eks:*'))],
    [
      'an attached policy',
      (world) => {
        world.attached.set('user/eve', ['arn:p']);
        world.managed.set('arn:p', allowing('eks:DescribeCluster'));
      },
    ],
    [
      'a policy of a group',
      (world) => {
        world.groups.set('user/eve', ['ops']);
        world.inline.set('group/ops', allowing('*'));
      },
    ],
  ])('is allowed by %s', async (_, grant) => {
    grant(iam);
    expect(await refused(eve, create)).toBe('allowed');
  });

  it('is held back by an explicit denial', async () => {
    const deny = { Effect: 'Deny', Action: 'eks:Describe*', Resource: '*' };
    iam.inline.set('user/eve', { Statement: [deny, { Effect: 'Allow', Action: '*', Resource: '*' }] });
    expect(await refused(eve, create)).toContain('cluster/shop with an explicit deny in an identity-based policy');
  });

  it('is read once, and again after IAM changed', async () => {
    iam.inline.set('user/eve', allowing('eks:*'));
    await refused(eve, create);
    const { count } = iam.asked;
    await refused(eve, create);
    expect(iam.asked.count).toBe(count);
    iam.inline.delete('user/eve');
    authorizer.changed(account, { RoleName: 'other' });
    expect(await refused(eve, create)).toBe('allowed');
    authorizer.changed(account, { UserName: 'eve' });
    expect(await refused(eve, create)).toContain('AccessDenied');
    iam.groups.set('user/eve', ['ops']);
    iam.inline.set('group/ops', allowing('*'));
    authorizer.changed(account, { GroupName: 'ops' });
    expect(await refused(eve, create)).toBe('allowed');
  });
});

describe('a role’s session', () => {
  it('has what its role has', async () => {
    expect(await refused(deploy, create)).toContain(deploy.arn);
    iam.inline.set('role/deploy', allowing('eks:*'));
    authorizer.changed(account, { RoleName: 'deploy' });
    expect(await refused(deploy, create)).toBe('allowed');
  });

  it('is narrowed by the policies that it was opened with', async () => {
    iam.inline.set('role/deploy', allowing('eks:*'));
    session = statementsOf(JSON.stringify(allowing('eks:DescribeCluster', 'iam:*')));
    expect(await refused(deploy, create)).toBe('allowed');
    expect(await refused(deploy, request('eks', 'DeleteCluster', { name: 'shop' }))).toContain(
      'because no session policy allows the eks:DeleteCluster action',
    );
    expect(await refused(deploy, request('iam', 'ListRoles'))).toContain('no identity-based policy');
  });
});

it('an account’s root needs no policy', async () => {
  expect(await refused(root, create)).toBe('allowed');
  expect(iam.asked.count).toBe(0);
});

it('conditions see the request: its region, tags, and the service that asks for the caller', async () => {
  const only = (condition: object) => ({
    Statement: { Effect: 'Allow', Action: '*', Resource: '*', Condition: condition },
  });
  const tagged = request('kms', 'CreateKey', { Tags: [{ TagKey: 'Team', TagValue: 'a' }] });
  const cases: readonly (readonly [object, Asked, string | undefined, boolean])[] = [
    [{ StringEquals: { 'aws:RequestedRegion': 'eu-central-1' } }, create, undefined, true],
    [{ StringEquals: { 'aws:RequestedRegion': 'eu-west-1' } }, create, undefined, false],
    [{ StringEquals: { 'aws:RequestTag/Team': 'a' } }, tagged, undefined, true],
    [{ StringEquals: { 'aws:RequestTag/Team': 'b' } }, tagged, undefined, false],
    [{ 'ForAnyValue:StringEquals': { 'aws:CalledVia': 'cloudformation.amazonaws.com' } }, create, undefined, false],
    [
      { 'ForAnyValue:StringEquals': { 'aws:CalledVia': 'cloudformation.amazonaws.com' } },
      create,
      'cloudformation.amazonaws.com',
      true,
    ],
    [{ ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:user/ops/*' } }, create, undefined, true],
    [{ StringEquals: { 'aws:username': 'eve' } }, create, undefined, true],
  ];
  for (const [condition, asked, via, allowed] of cases) {
    iam.inline.set('user/eve', only(condition));
    authorizer.changed(account, { UserName: 'eve' });
    expect([condition, via, await refused(eve, asked, via)]).toEqual([
      condition,
      via,
      allowed ? 'allowed' : expect.stringContaining('AccessDenied'),
    ]);
  }
});
