import { execFile } from 'node:child_process';
import { request as httpRequest } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { AdminIdentity } from './bootstrap.ts';
import { startTestGateway, type TestGateway } from './testing.ts';
import { signRequest, targetOf } from './testing-sign.ts';

let world: TestGateway;
let one: AdminIdentity;
let two: AdminIdentity;
beforeAll(async () => {
  world = await startTestGateway(process.env);
  [one, two] = world.gateway.administrators as [AdminIdentity, AdminIdentity];
});
afterEach(() => world.gateway.faults.clear());
afterAll(() => world.close());

interface Said {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

/** The AWS CLI as it is, with the sandbox's variables only. */
async function aws(
  line: string,
  who: { accessKeyId: string; secretAccessKey: string } = one,
  more: Record<string, string> = {},
): Promise<Said> {
  const env = {
    PATH: '/usr/bin:/bin',
    HOME: world.directory,
    AWS_ENDPOINT_URL: world.gateway.url,
    AWS_ACCESS_KEY_ID: who.accessKeyId,
    AWS_SECRET_ACCESS_KEY: who.secretAccessKey,
    AWS_DEFAULT_REGION: 'eu-central-1',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_MAX_ATTEMPTS: '1',
    ...more,
  };
  return promisify(execFile)(world.tools.aws, line.split(' '), { env }).then(
    ({ stdout, stderr }) => ({ code: 0, out: stdout, error: stderr }),
    (error: { code: number; stdout: string; stderr: string }) => ({
      code: error.code,
      out: error.stdout,
      error: error.stderr,
    }),
  );
}

async function json(line: string, who = one, more: Record<string, string> = {}): Promise<Record<string, unknown>> {
  const said = await aws(line, who, more);
  if (said.code !== 0) throw new Error(`aws ${line}: ${said.error}`);
  return JSON.parse(said.out) as Record<string, unknown>;
}

describe('the AWS CLI', () => {
  it('learns who it is, in either account', async () => {
    expect(await json('sts get-caller-identity')).toMatchObject({
      Account: '123456789012',
      Arn: 'arn:aws:iam::123456789012:user/admin',
    });
    expect(await json('sts get-caller-identity', two)).toMatchObject({ Account: '210987654321' });
  });

  it('sees only its own account and region', async () => {
    const made = await json('ec2 create-vpc --cidr-block 10.7.0.0/16 --query Vpc');
    const ids = async (who: AdminIdentity, region: string): Promise<string> =>
      (await aws(`ec2 describe-vpcs --region ${region} --query Vpcs[].VpcId`, who)).out;
    expect(await ids(one, 'eu-central-1')).toContain(made['VpcId']);
    expect(await ids(two, 'eu-central-1')).not.toContain(made['VpcId']);
    expect(await ids(one, 'eu-west-1')).not.toContain(made['VpcId']);
  });

  it.each([
    ['sts get-caller-identity', 'SignatureDoesNotMatch'],
    ['eks list-clusters', 'InvalidSignatureException'],
    ['ec2 describe-vpcs', 'SignatureDoesNotMatch'],
    ['ssm get-parameter --name /a', 'InvalidSignatureException'],
  ])('with a wrong secret is refused: %s', async (line, code) => {
    const said = await aws(line, { ...one, secretAccessKey: 'wrong' });
    expect(said.code).not.toBe(0);
    expect(said.error).toContain(`(${code})`);
  });

  it('is told properly what nobody implements', async () => {
    expect((await aws('autoscaling start-instance-refresh --auto-scaling-group-name x')).error).toContain(
      '(NotImplemented)',
    );
    expect((await aws('eks list-clusters')).error).toContain('(NotImplemented)');
    expect([...world.gateway.unimplemented.keys()]).toEqual(['autoscaling.StartInstanceRefresh', 'eks.ListClusters']);
  });

  it('assumes a role only as its trust policy says', async () => {
    const trust = {
      Version: '2012-10-17',
      Statement: {
        Effect: 'Allow',
        Principal: { AWS: 'arn:aws:iam::123456789012:root' },
        Action: 'sts:AssumeRole',
        Condition: { StringEquals: { 'sts:ExternalId': 'abc' } },
      },
    };
    await json(`iam create-role --role-name cross --assume-role-policy-document ${JSON.stringify(trust)}`, two);
    await aws('iam attach-role-policy --role-name cross --policy-arn arn:aws:iam::aws:policy/AmazonVPCFullAccess', two);
    const assume = 'sts assume-role --role-arn arn:aws:iam::210987654321:role/cross --role-session-name me';
    expect((await aws(assume)).error).toContain('(AccessDenied)');
    expect((await aws(`${assume} --external-id abc`, two)).error).toContain('(AccessDenied)');
    expect((await aws(`${assume} --external-id abc --duration-seconds 7200`)).error).toContain('MaxSessionDuration');
    expect((await aws(assume.replace('cross', 'nosuch'))).error).toContain('(AccessDenied)');
    const { Credentials } = await json(`${assume} --external-id abc`);
    const keys = Credentials as { AccessKeyId: string; SecretAccessKey: string; SessionToken: string };
    const session = { ...one, accessKeyId: keys.AccessKeyId, secretAccessKey: keys.SecretAccessKey };
    const token = { AWS_SESSION_TOKEN: keys.SessionToken };
    expect(await json('sts get-caller-identity', session, token)).toMatchObject({
      Arn: 'arn:aws:sts::210987654321:assumed-role/cross/me',
    });
    expect((await aws('sts get-caller-identity', session)).error).toContain('(InvalidClientTokenId)');
    const inTwo = await json('ec2 create-vpc --cidr-block 10.8.0.0/16 --query Vpc', session, token);
    expect((await aws('ec2 describe-vpcs --query Vpcs[].VpcId', two)).out).toContain(inTwo['VpcId']);
    expect((await aws('iam list-roles', session, token)).error).toContain('not authorized to perform: iam:ListRoles');
  });

  it('is held to the policies of its user, from the moment that they change', async () => {
    await json('iam create-user --user-name clerk');
    const { AccessKey } = await json('iam create-access-key --user-name clerk');
    const made = AccessKey as { AccessKeyId: string; SecretAccessKey: string };
    const clerk = { ...one, accessKeyId: made.AccessKeyId, secretAccessKey: made.SecretAccessKey };
    expect(await json('sts get-caller-identity', clerk)).toMatchObject({ Account: '123456789012' });
    const refusals = [
      ['ec2 describe-vpcs', '(UnauthorizedOperation)'],
      ['logs describe-log-groups', '(AccessDeniedException)'],
      ['s3api list-buckets', '(AccessDenied)'],
    ] as const;
    for (const [line, code] of refusals) {
      const { error } = await aws(line, clerk);
      expect([line, error]).toEqual([line, expect.stringContaining(code)]);
      expect(error).toContain('User: arn:aws:iam::123456789012:user/clerk is not authorized to perform: ');
    }
    const iam = (operation: string, more: Record<string, unknown>) =>
      world.gateway.backend.call({ account: '123456789012', region: 'us-east-1' }, 'iam', operation, {
        UserName: 'clerk',
        PolicyName: 'look',
        ...more,
      });
    const Statement = { Effect: 'Allow', Action: ['ec2:Describe*'], Resource: '*' };
    await iam('PutUserPolicy', { PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement }) });
    await json('ec2 describe-vpcs', clerk);
    expect((await aws('ec2 create-vpc --cidr-block 10.9.0.0/16', clerk)).error).toContain('ec2:CreateVpc');
    await iam('DeleteUserPolicy', {});
    expect((await aws('ec2 describe-vpcs', clerk)).error).toContain('(UnauthorizedOperation)');
  });

  it('uses keys that it makes in IAM, until they are deleted', async () => {
    await json('iam create-user --user-name robot');
    const { AccessKey } = await json('iam create-access-key --user-name robot');
    const made = AccessKey as { AccessKeyId: string; SecretAccessKey: string };
    const robot = { ...one, accessKeyId: made.AccessKeyId, secretAccessKey: made.SecretAccessKey };
    expect(await json('sts get-caller-identity', robot)).toMatchObject({ Arn: 'arn:aws:iam::123456789012:user/robot' });
    await aws(`iam delete-access-key --user-name robot --access-key-id ${made.AccessKeyId}`);
    expect((await aws('sts get-caller-identity', robot)).error).toContain('(InvalidClientTokenId)');
  });

  it('finds the images of EKS through public parameters', async () => {
    const folder = '/aws/service/eks/optimized-ami/1.36/amazon-linux-2023/arm64/standard/recommended';
    const { Parameter } = await json(`ssm get-parameter --name ${folder}/image_id`);
    const id = (Parameter as { Value: string }).Value;
    const { Images } = await json(`ec2 describe-images --image-ids ${id}`);
    expect(Images).toMatchObject([
      { OwnerId: '602401143452', Architecture: 'arm64', Name: expect.stringContaining('1.36') },
    ]);
    expect((await aws('ssm get-parameter --name /aws/service/eks/optimized-ami/1.20/x')).error).toContain(
      '(ParameterNotFound)',
    );
    const both = await json(`ssm get-parameters --names ${folder}/release_version /own`);
    expect(both).toMatchObject({
      Parameters: [{ Value: expect.stringMatching(/^1\.36\.\d+-\d{8}$/) }],
      InvalidParameters: ['/own'],
    });
  });

  it('asks for quotas and prices', async () => {
    expect(await json('service-quotas get-service-quota --service-code vpc --quota-code L-F678F1CE')).toMatchObject({
      Quota: { Value: 5 },
    });
    const filters =
      'Type=TERM_MATCH,Field=instanceType,Value=m7g.large Type=TERM_MATCH,Field=regionCode,Value=us-east-1';
    const { PriceList } = await json(
      `pricing get-products --region us-east-1 --service-code AmazonEC2 --filters ${filters}`,
    );
    expect(PriceList).toEqual([expect.stringContaining('0.0816')]);
  });

  it('makes a token that the cluster it is for takes, and no other', async () => {
    const { status } = await json('eks get-token --cluster-name shop');
    const url = Buffer.from((status as { token: string }).token.slice('k8s-aws-v1.'.length), 'base64url').toString();
    expect(world.gateway.verifyPresigned(url, { 'x-k8s-aws-id': 'shop' })).toMatchObject({
      caller: { arn: one.userArn },
    });
    expect(world.gateway.verifyPresigned(url, { 'x-k8s-aws-id': 'other' })).toHaveProperty('refusal');
  });

  it('leaves no answer of ours that breaks its model', () => {
    expect(world.gateway.violations).toEqual([]);
  });
});

describe('a client that is killed', () => {
  const mutating = (cidr: string) => {
    const body = Buffer.from(`Action=CreateVpc&Version=2016-11-15&CidrBlock=${encodeURIComponent(cidr)}`);
    const headers = { 'content-type': 'application/x-www-form-urlencoded', host: `127.0.0.1:${world.gateway.port}` };
    return signRequest(
      { method: 'POST', path: '/', query: [], headers, body },
      one,
      { service: 'ec2', region: 'eu-central-1' },
      Date.now(),
    );
  };

  /** Sends, waits until the gateway holds the request, and cuts the connection. */
  async function sendAndDie(cidr: string): Promise<void> {
    const wire = mutating(cidr);
    const { port } = world.gateway;
    const sent = httpRequest({
      host: '127.0.0.1',
      port,
      method: wire.method,
      path: targetOf(wire),
      headers: wire.headers,
    });
    sent.on('error', () => undefined);
    sent.end(wire.body);
    await until(() => world.gateway.faults.holds.length === 1);
    sent.destroy();
    await until(() => world.gateway.faults.holds.length === 0);
  }

  async function until(holds: () => boolean): Promise<void> {
    for (let attempt = 0; attempt < 200 && !holds(); attempt++) await delay(10);
    expect(holds()).toBe(true);
  }

  const exists = async (cidr: string): Promise<boolean> =>
    (await aws('ec2 describe-vpcs --query Vpcs[].CidrBlock')).out.includes(cidr);

  it('before its request is done has never asked', async () => {
    world.gateway.faults.add({ mutating: true, action: { kind: 'hold', phase: 'before' } });
    await sendAndDie('10.50.0.0/16');
    expect(await exists('10.50.0.0/16')).toBe(false);
  });

  it('after its request is done has asked', async () => {
    world.gateway.faults.add({ mutating: true, action: { kind: 'hold', phase: 'after' } });
    await sendAndDie('10.51.0.0/16');
    expect(await exists('10.51.0.0/16')).toBe(true);
  });
});

describe('the control port', () => {
  async function control(path: string, init: RequestInit = {}): Promise<{ status: number; body: unknown }> {
    const answer = await fetch(`${world.gateway.url}/_roadstead/${path}`, {
      headers: { authorization: 'Bearer test' },
      ...init,
    });
    return { status: answer.status, body: await answer.json() };
  }

  it('wants its token', async () => {
    expect(await control('status', { headers: {} })).toMatchObject({ status: 401 });
    expect(await control('status', { headers: { authorization: 'Bearer tesT' } })).toMatchObject({ status: 401 });
  });

  it('takes fault rules, lists them and forgets them', async () => {
    const rule = {
      service: 'sts',
      action: { kind: 'error', code: 'ServiceUnavailable', message: 'later', status: 400 },
    };
    const { body } = await control('faults', { method: 'POST', body: JSON.stringify(rule) });
    const { id } = body as { id: string };
    expect((await aws('sts get-caller-identity')).error).toContain('(ServiceUnavailable)');
    expect(await control('faults')).toMatchObject({ body: { faults: [{ id, rule, seen: 1 }] } });
    expect(await control(`faults/${id}`, { method: 'DELETE' })).toMatchObject({ status: 200 });
    expect((await aws('sts get-caller-identity')).code).toBe(0);
    expect(await control('faults', { method: 'POST', body: '{"action":{}}' })).toMatchObject({ status: 400 });
  });

  it('tells requests since a number, and what each account has', async () => {
    const before = (await control('journal')).body as { seq: number; mutating: number };
    await aws('logs create-log-group --log-group-name /tell');
    const after = (await control(`journal?since=${before.seq}`)).body as { mutating: number; entries: unknown[] };
    expect(after.entries).toMatchObject([
      { service: 'logs', operation: 'CreateLogGroup', input: { logGroupName: '/tell' }, outcome: 'ok' },
    ]);
    expect(after.mutating).toBe(before.mutating + 1);
    expect((await control('inventory')).body).toMatchObject({
      '123456789012/eu-central-1': { 'log-group': ['/tell'] },
    });
    expect(await control('nosuch')).toMatchObject({ status: 404 });
  });
});
