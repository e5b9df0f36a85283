import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { isAbsent, isInUse, isUnreachable } from './aws-failure.ts';
import { type AwsClients, createAwsClients } from './clients.ts';

/** What AWS answers on the wire becomes an exception of the SDK; its name there is what we go by. */
let server: Server | undefined;
let clients: Required<AwsClients> | undefined;
afterEach(async () => {
  clients?.close();
  await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)));
});

async function answering(status: number, body: string, headers: Record<string, string> = {}, maxAttempts = 1) {
  let requests = 0;
  const made = createServer((request, response) => {
    requests += 1;
    request.resume();
    if (status === 0) return;
    response.writeHead(status, headers).end(body);
  });
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  server = made;
  clients = createAwsClients({
    region: 'eu-central-1',
    endpoint: `http://127.0.0.1:${(made.address() as AddressInfo).port}`,
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'example' },
    userAgent: 'test',
    maxAttempts,
    requestTimeoutMs: status === 0 ? 100 : 20_000,
    readOnly: false,
  });
  return { ...clients, requests: () => requests };
}

const query = (code: string) =>
  `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>no</Message></Error></ErrorResponse>`;
const ec2 = (code: string) =>
  `<Response><Errors><Error><Code>${code}</Code><Message>no</Message></Error></Errors></Response>`;
const failure = (call: Promise<unknown>) => call.catch((error: unknown) => error);

// The SDK's modules are large, and a machine may be busy.
describe('on the wire', { timeout: 60_000 }, () => {
  it('a classic load balancer that is not there is absence', async () => {
    const { reader } = await answering(400, query('LoadBalancerNotFound'));
    const error = await failure(reader.read('elb', 'DescribeLoadBalancers', { LoadBalancerNames: ['a1'] }));
    expect(isAbsent(error)).toBe(true);
  });

  it('so are a load balancer and a target group', async () => {
    const { reader } = await answering(400, query('LoadBalancerNotFound'));
    expect(isAbsent(await failure(reader.read('elbv2', 'DescribeLoadBalancers', { Names: ['a1'] })))).toBe(true);
    server?.close();
    const other = await answering(400, query('TargetGroupNotFound'));
    expect(isAbsent(await failure(other.reader.read('elbv2', 'DescribeTargetGroups', { Names: ['a1'] })))).toBe(true);
  });

  it('a volume that is not there is absence, a group in use is in use', async () => {
    const { reader } = await answering(400, ec2('InvalidVolume.NotFound'));
    expect(isAbsent(await failure(reader.read('ec2', 'DescribeVolumes', { VolumeIds: ['vol-1'] })))).toBe(true);
    server?.close();
    const { writer } = await answering(400, ec2('DependencyViolation'));
    expect(isInUse(await failure(writer.write('ec2', 'DeleteSecurityGroup', { GroupId: 'sg-1' })))).toBe(true);
  });

  it('a role and a change set that are not there are absence', async () => {
    const { reader } = await answering(404, query('NoSuchEntity'));
    expect(isAbsent(await failure(reader.read('iam', 'GetRole', { RoleName: 'r' })))).toBe(true);
    server?.close();
    const other = await answering(404, query('ChangeSetNotFound'));
    const asked = other.reader.read('cloudformation', 'DescribeChangeSet', { ChangeSetName: 'c', StackName: 's' });
    expect(isAbsent(await failure(asked))).toBe(true);
  });

  it('no answer in time is unreachable', async () => {
    const { reader } = await answering(0, '');
    expect(isUnreachable(await failure(reader.read('eks', 'ListAddons', { clusterName: 'shop' })))).toBe(true);
    server?.closeAllConnections();
  });

  it('throttling is tried again, as often as allowed', async () => {
    const body = JSON.stringify({ message: 'Rate exceeded' });
    const headers = { 'x-amzn-errortype': 'ThrottlingException', 'content-type': 'application/json' };
    const { reader, requests } = await answering(429, body, headers, 2);
    expect(await failure(reader.read('eks', 'ListAddons', { clusterName: 'shop' }))).toMatchObject({
      name: 'ThrottlingException',
    });
    expect(requests()).toBe(2);
  });

  it('an abort ends a call that hangs', async () => {
    const { reader } = await answering(0, '');
    const ended = AbortSignal.abort(new Error('ended'));
    await expect(reader.read('eks', 'ListAddons', { clusterName: 'shop' }, ended)).rejects.toThrow('ended');
    const later = new AbortController();
    const call = reader.read('eks', 'ListAddons', { clusterName: 'shop' }, later.signal);
    setTimeout(() => later.abort(), 10);
    await expect(call).rejects.toMatchObject({ name: 'AbortError' });
    server?.closeAllConnections();
  });
});
