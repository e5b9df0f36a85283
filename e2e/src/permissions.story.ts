import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aws, clusterFile, demandSuccess, lastSeq, program, smallCluster } from './roadstead.ts';
import { type Finished, type Sandbox, startSandbox } from './sandbox.ts';

/** Somebody who has exactly what `roadstead permissions` prints, in an account that judges every request by its policies. */
let sandbox: Sandbox;
let file = '';
let operator: NodeJS.ProcessEnv;
let printed: Policy;
let policyArn = '';

interface Policy {
  readonly Version: string;
  readonly Statement: readonly { readonly Sid: string; readonly Action: string | readonly string[] }[];
}

const user = 'arn:aws:iam::123456789012:user/operator';

beforeAll(async () => {
  sandbox = await startSandbox({ factor: 200 });
  file = await clusterFile(smallCluster('door', '  config: {secretsEncryption: true}\n'));
  printed = JSON.parse(demandSuccess('permissions', await sandbox.run(program, ['permissions'])).stdout) as Policy;
  const { Policy } = await aws<{ Policy: { Arn: string } }>(
    sandbox,
    ...['iam', 'create-policy', '--policy-name', 'roadstead', '--policy-document', JSON.stringify(printed)],
  );
  policyArn = Policy.Arn;
  await aws(sandbox, 'iam', 'create-user', '--user-name', 'operator');
  await aws(sandbox, 'iam', 'attach-user-policy', '--user-name', 'operator', '--policy-arn', policyArn);
  const { AccessKey } = await aws<{ AccessKey: { AccessKeyId: string; SecretAccessKey: string } }>(
    sandbox,
    ...['iam', 'create-access-key', '--user-name', 'operator'],
  );
  operator = {
    AWS_ACCESS_KEY_ID: AccessKey.AccessKeyId,
    AWS_SECRET_ACCESS_KEY: AccessKey.SecretAccessKey,
    ROADSTEAD_STATE: await mkdtemp(join(tmpdir(), 'roadstead-state-')),
  };
});
afterAll(() => sandbox?.stop());

/** The product as the operator runs it. */
function roadstead(...args: readonly string[]): Promise<Finished> {
  return sandbox.run(program, args, operator);
}

/** The operator's policy is what is printed, less these actions. */
async function allowAllBut(...taken: readonly string[]): Promise<void> {
  const Statement = printed.Statement.map((statement) => ({
    ...statement,
    Action: [statement.Action].flat().filter((action) => !taken.includes(action)),
  })).filter(({ Action }) => Action.length > 0);
  const document = JSON.stringify({ ...printed, Statement });
  const make = ['iam', 'create-policy-version', '--policy-arn', policyArn, '--policy-document', document];
  await aws(sandbox, ...make, '--set-as-default');
  const { Versions } = await aws<{ Versions: { VersionId: string; IsDefaultVersion: boolean }[] }>(
    sandbox,
    ...['iam', 'list-policy-versions', '--policy-arn', policyArn],
  );
  for (const { VersionId, IsDefaultVersion } of Versions)
    if (!IsDefaultVersion)
      await aws(sandbox, 'iam', 'delete-policy-version', '--policy-arn', policyArn, '--version-id', VersionId);
}

/** What the operator was refused since a mark: the first action that each refusal names. */
async function refusedSince(seq: number): Promise<readonly string[]> {
  const entries = (await sandbox.journal(seq)) as unknown as { caller: string; error?: string; message?: string }[];
  const refused = entries.filter(
    ({ caller, error }) => caller === user && /AccessDenied|UnauthorizedOperation/.test(error ?? ''),
  );
  return refused.map(({ message }) => /not authorized to perform: (\S+)/.exec(message ?? '')?.[1] ?? '');
}

const words = (action: string): RegExp =>
  new RegExp(`${user} is not authorized to perform: ${action} on resource: arn:`);

describe('somebody with one action less than `roadstead permissions` prints', () => {
  it.each([
    ['ec2:CreateVpc', 'made by CloudFormation, for its caller'],
    ['iam:TagRole', 'asked for with the tags of a role'],
    ['eks:CreateCluster', 'the product’s own request'],
    ['iam:PassRole', 'asked for with the role that is handed to EKS'],
    ['kms:CreateGrant', 'asked for with the key of Secrets'],
  ])('is told so by `up`, in AWS’s words: %s, %s', async (action) => {
    await allowAllBut(action);
    const { code, stdout, stderr } = await roadstead('up', '-f', file, '--yes');
    expect([code, `${stdout}${stderr}`.replace(/\s+/g, ' ')]).toEqual([1, expect.stringMatching(words(action))]);
  });
});

describe('somebody with what `roadstead permissions` prints', () => {
  it('brings a cluster up from where the others stopped, and is refused nothing', async () => {
    await allowAllBut();
    const seq = await lastSeq(sandbox);
    demandSuccess('up', await roadstead('up', '-f', file, '--yes'));
    const plan = demandSuccess('plan', await roadstead('plan', '-f', file, '--output', 'json'));
    expect((JSON.parse(plan.stdout) as { changes: unknown[] }).changes).toEqual([]);
    expect(await refusedSince(seq)).toEqual([]);
  });

  it('may do nothing else with these keys', async () => {
    const tried = await sandbox.run('aws', ['iam', 'create-user', '--user-name', 'mallory'], operator);
    expect(tried.stderr).toContain('(AccessDenied)');
    const passed = await sandbox.run('aws', ['autoscaling', 'describe-auto-scaling-groups'], operator);
    expect(passed.stderr).toContain('not authorized to perform: autoscaling:DescribeAutoScalingGroups');
  });

  it('takes it down again, and is stopped on the way by what is missing', async () => {
    await allowAllBut('eks:DeleteNodegroup');
    const stopped = await roadstead('down', '-f', file, '--yes');
    expect(stopped.code).toBe(1);
    expect(`${stopped.stdout}${stopped.stderr}`.replace(/\s+/g, ' ')).toMatch(words('eks:DeleteNodegroup'));
    await allowAllBut();
    const seq = await lastSeq(sandbox);
    demandSuccess('down', await roadstead('down', '-f', file, '--yes', '--delete-logs'));
    expect(await refusedSince(seq)).toEqual([]);
    expect(await aws(sandbox, 'eks', 'list-clusters')).toEqual({ clusters: [] });
  });
});
