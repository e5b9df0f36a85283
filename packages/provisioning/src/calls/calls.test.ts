import { describe, expect, it } from 'vitest';
import { isAbsent, isInUse, isNotSeenYet, isTransient, orAbsent, refusedByAws } from './aws-failure.ts';
import type { AwsReader } from './aws-port.ts';
import { readCallerArn, whoAmI } from './caller.ts';
import { createAwsClients } from './clients.ts';
import { signEksToken } from './eks-token.ts';
import { readOperations } from './reads.ts';
import { writeOperations } from './writes.ts';

const awsError = (name: string, message = name) => Object.assign(new Error(message), { name, $metadata: {} });
const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'example' };
const options = {
  region: 'eu-central-1',
  endpoint: 'http://127.0.0.1:9',
  credentials,
  userAgent: 'test',
  maxAttempts: 1,
};

describe('the lists of operations', () => {
  it('never call one operation a read and a write', () => {
    for (const [service, reads] of Object.entries(readOperations)) {
      const writes: readonly string[] = writeOperations[service as keyof typeof writeOperations];
      expect(reads.filter((operation) => writes.includes(operation))).toEqual([]);
    }
  });

  it('name operations that the SDK has', { timeout: 60_000 }, async () => {
    const noKeys = () => Promise.reject(new Error('no keys'));
    const { reader, writer, close } = createAwsClients({ ...options, credentials: noKeys, readOnly: false });
    type Call = (service: string, operation: string, input: object) => Promise<unknown>;
    const refusals = async (lists: Readonly<Record<string, readonly string[]>>, call: Call) => {
      const calls = Object.entries(lists).flatMap(([service, names]) => names.map((name) => [service, name] as const));
      const codes = await Promise.all(
        calls.map(([service, name]) => call(service, name, {}).catch((error) => error.code)),
      );
      return calls.filter((_, index) => codes[index] === 'AWS_OPERATION_REFUSED');
    };
    expect(await refusals(readOperations, reader.read.bind(reader) as Call)).toEqual([]);
    expect(await refusals(writeOperations, writer.write.bind(writer) as Call)).toEqual([]);
    expect(await refusals({ elb: ['DeleteLoadBalancer'] }, reader.read.bind(reader) as Call)).toHaveLength(1);
    close();
  });
});

describe('a reading client', () => {
  it('refuses to send what is not a read, whatever the types were told', async () => {
    const { reader, close } = createAwsClients({ ...options, readOnly: true });
    const forced = reader as unknown as { read(service: string, operation: string, input: object): Promise<unknown> };
    await expect(forced.read('eks', 'DeleteCluster', { name: 'shop' })).rejects.toMatchObject({
      code: 'AWS_OPERATION_REFUSED',
    });
    close();
  });

  it('has no writer beside it', () => {
    expect(createAwsClients({ ...options, readOnly: true })).not.toHaveProperty('writer');
  });
});

describe('failures of AWS', () => {
  it.each([
    [awsError('ResourceNotFoundException'), true],
    [awsError('ValidationError', 'Stack with id x does not exist'), true],
    [awsError('ValidationError', 'No updates are to be performed.'), false],
    [awsError('ClientException', 'No cluster found for name: shop.'), true],
    [awsError('ClientException', 'These credentials are not authorized.'), false],
    [new Error('ResourceNotFoundException'), false],
  ])('%s is absence: %s', (error, expected) => {
    expect(isAbsent(error)).toBe(expected);
  });

  it.each([
    [awsError('ResourceInUseException'), true],
    [awsError('DependencyViolation'), true],
    [awsError('InvalidRequestException', "Cluster 'shop' is not in ACTIVE status"), true],
    [awsError('InvalidRequestException', 'Addon cannot be updated as it is currently in UPDATING state'), true],
    [awsError('InvalidRequestException', 'deletion protection is enabled'), false],
    [awsError('InvalidParameterException', 'is not in ACTIVE status'), false],
  ])('%s is being busy: %s', (error, expected) => {
    expect(isInUse(error)).toBe(expected);
  });

  it.each([
    [awsError('InvalidParameterException', 'Role with arn: r, could not be assumed because it does not exist'), true],
    [awsError('InvalidParameterException', 'Following required service principals [ec2.amazonaws.com] were not'), true],
    [awsError('InvalidParameterException', 'The specified principalArn is invalid: invalid principal.'), true],
    [awsError('InvalidParameterException', 'Subnets specified must be in at least two different AZs'), false],
    [awsError('ResourcePropagationDelayException'), true],
    [awsError('ResourceNotFoundException'), true],
    [awsError('AccessDeniedException', 'does not exist'), false],
  ])('%s may only not be seen yet: %s', (error, expected) => {
    expect(isNotSeenYet(error)).toBe(expected);
  });

  it.each([
    [awsError('ThrottlingException'), true],
    [awsError('Throttling'), true],
    [awsError('RequestLimitExceeded'), true],
    [awsError('TooManyRequestsException'), true],
    [awsError('ServerException'), true],
    [awsError('ServiceUnavailableException'), true],
    [awsError('InternalError'), true],
    [Object.assign(awsError('Surprise'), { $metadata: { httpStatusCode: 503 } }), true],
    [Object.assign(new Error('reset'), { code: 'ECONNRESET' }), true],
    [awsError('LimitExceededException'), false],
    [awsError('ResourceLimitExceededException'), false],
    [awsError('AccessDeniedException'), false],
    [new Error('ThrottlingException'), false],
  ])('%s passes by itself: %s', (error, expected) => {
    expect(isTransient(error)).toBe(expected);
    expect(refusedByAws('cluster shop', error)).toMatchObject(
      expected ? { retry: 'backoff' } : error.name === 'Error' ? {} : { retry: 'never' },
    );
  });

  it('are values only where they mean absence', async () => {
    await expect(orAbsent(Promise.reject(awsError('NoSuchEntityException')))).resolves.toBeUndefined();
    await expect(orAbsent(Promise.reject(awsError('ThrottlingException')))).rejects.toThrow();
  });

  it('say what a caller may not', () => {
    expect(refusedByAws('cluster shop', awsError('AccessDeniedException'))).toMatchObject({
      code: 'AWS_ACCESS_DENIED',
    });
  });

  it('says that AWS does not answer when nobody listens', async () => {
    const { reader } = createAwsClients({ ...options, readOnly: true });
    const error = await reader.read('sts', 'GetCallerIdentity', {}).catch((cause: unknown) => cause);
    expect(refusedByAws('caller', error)).toMatchObject({ code: 'AWS_UNREACHABLE', retry: 'backoff' });
  });
});

describe('who calls', () => {
  it.each([
    ['arn:aws:iam::123456789012:user/team/alice', { kind: 'user' }],
    ['arn:aws:sts::123456789012:assumed-role/operator/session-1', { kind: 'assumed-role', roleName: 'operator' }],
    ['arn:aws-cn:sts::123456789012:assumed-role/operator/i-1', { kind: 'assumed-role', roleName: 'operator' }],
    ['arn:aws:iam::123456789012:root', { kind: 'other' }],
  ])('%s', (arn, expected) => {
    expect(readCallerArn(arn)).toEqual(expected);
  });

  const readerOf = (account: string) =>
    ({
      region: 'eu-central-1',
      read: async (_service: string, operation: string) =>
        operation === 'GetRole'
          ? { Role: { Arn: 'arn:aws:iam::123456789012:role/team/operator' } }
          : { Account: account, Arn: 'arn:aws:sts::123456789012:assumed-role/operator/s' },
    }) as unknown as AwsReader;

  it('finds the path of an assumed role, which STS drops', async () => {
    expect((await whoAmI(readerOf('123456789012'), '123456789012')).principalArn).toBe(
      'arn:aws:iam::123456789012:role/team/operator',
    );
  });

  it('refuses another account than the file’s', async () => {
    await expect(whoAmI(readerOf('210987654321'), '123456789012')).rejects.toMatchObject({
      code: 'WRONG_ACCOUNT',
      message: "the caller's account is 210987654321, the cluster's is 123456789012",
    });
  });
});

describe('a token for the API server', () => {
  const now = new Date('2026-11-21T12:00:00Z');

  it('is a presigned request that names the cluster, for a minute, and is kept for fourteen', async () => {
    const { token, expiresAt } = await signEksToken('shop', 'eu-central-1', credentials, now);
    const address = new URL(Buffer.from(token.replace(/^k8s-aws-v1\./, ''), 'base64url').toString());
    expect(address.host).toBe('sts.eu-central-1.amazonaws.com');
    expect(address.searchParams.get('Action')).toBe('GetCallerIdentity');
    expect(address.searchParams.get('X-Amz-Expires')).toBe('60');
    expect(address.searchParams.get('X-Amz-SignedHeaders')).toBe('host;x-k8s-aws-id');
    expect(address.searchParams.get('X-Amz-Credential')).toContain('/20261121/eu-central-1/sts/aws4_request');
    expect(expiresAt - now.getTime()).toBe(14 * 60_000);
  });

  it('differs between clusters and secrets', async () => {
    const sign = async (cluster: string, secret: string) =>
      (await signEksToken(cluster, 'eu-central-1', { ...credentials, secretAccessKey: secret }, now)).token;
    const tokens = [
      await sign('shop', 'a'),
      await sign('other', 'a'),
      await sign('shop', 'b'),
      await sign('shop', 'a'),
    ];
    expect(new Set(tokens).size).toBe(3);
  });
});
