import { join } from 'node:path';
import { FakeClock } from '@roadstead/foundation';
import { beforeEach, describe, expect, it } from 'vitest';
import { Authorizer } from './access/authorizer.ts';
import { IdentityPolicies } from './access/identity-policies.ts';
import { OnBehalf } from './access/on-behalf.ts';
import { allowing, createFakeIam, type FakeIam } from './access/testing-iam.ts';
import { Faults } from './faults.ts';
import { Identities } from './identity/identities.ts';
import { Journal } from './journal.ts';
import { ServiceModels } from './model/service-models.ts';
import { handleRequest, type ModelViolation, type PipelineParts, type Unimplemented } from './pipeline.ts';
import { bodyText, type WireAnswer, type WireRequest } from './protocol/http.ts';
import { writeRequest } from './protocol/wire.ts';
import { AwsError, type AwsRequest, type AwsService } from './service.ts';
import { signRequest } from './testing-sign.ts';
import type { Upstream, UpstreamAnswer } from './upstream.ts';

const models = new ServiceModels(join(import.meta.dirname, 'fixtures', 'botocore'));
const keys = { accessKeyId: 'AKIA1', secretAccessKey: 'secret' };
const here = new AbortController().signal;

/** A service of clusters that remembers what was really made. */
class Clusters implements AwsService {
  readonly service = 'eks';
  readonly operations = new Set(['CreateCluster', 'DescribeCluster']);
  readonly made: string[] = [];
  answer: (request: AwsRequest) => Record<string, unknown> = ({ input }) => ({ cluster: { name: input['name'] } });

  async handle(request: AwsRequest): Promise<Record<string, unknown>> {
    const output = this.answer(request);
    if (request.operation === 'CreateCluster') this.made.push(String(request.input['name']));
    return output;
  }
}

let clusters: Clusters;
let iam: FakeIam;
let clock: FakeClock;
let parts: PipelineParts & { journal: Journal; faults: Faults };
let upstreamSays: UpstreamAnswer;
let forwarded: string[];

beforeEach(() => {
  iam = createFakeIam();
  iam.inline.set('user/a', allowing('*'));
  clusters = new Clusters();
  clock = new FakeClock();
  forwarded = [];
  upstreamSays = {
    kind: 'answer',
    status: 200,
    headers: {},
    body: Buffer.from('<CreateVpcResponse><vpc><vpcId>vpc-1</vpcId></vpc></CreateVpcResponse>'),
  };
  const identities = new Identities();
  const caller = {
    account: '123456789012',
    arn: 'arn:aws:iam::123456789012:user/a',
    userId: 'AIDA',
    accessKeyId: 'AKIA1',
  };
  identities.add({ caller, secretAccessKey: 'secret', isRole: false });
  const upstream: Upstream = {
    async forward(place, service) {
      forwarded.push(`${place.account}/${place.region}/${service}`);
      return upstreamSays;
    },
    close: async () => undefined,
  };
  const violations: ModelViolation[] = [];
  let next = 0;
  parts = {
    models,
    upstream,
    identities,
    authorizer: new Authorizer({
      policies: new IdentityPolicies(iam),
      sessionOf: () => undefined,
      nowMs: () => clock.now(),
    }),
    onBehalf: new OnBehalf(),
    violations,
    clock,
    services: new Map([['eks', clusters]]),
    journal: new Journal(),
    faults: new Faults(),
    unimplemented: new Map<string, Unimplemented>(),
    regions: new Set(['eu-central-1']),
    newId: () => `req-${++next}`,
    onSuccess: () => undefined,
    log: () => undefined,
  };
});

function wire(
  service: string,
  operation: string,
  input: Record<string, unknown>,
  region = 'eu-central-1',
): WireRequest {
  const model = models.find(service);
  const found = model?.operations[operation];
  if (model === undefined || found === undefined) throw new Error(`no ${service}.${operation}`);
  return signRequest(writeRequest(model, found, input), keys, { service, region }, clock.now());
}

async function send(request: WireRequest, gone: AbortSignal = here): Promise<WireAnswer> {
  const answer = await handleRequest(parts, request, gone);
  if (answer === undefined) throw new Error('no answer');
  return answer;
}

const create = (name = 'shop'): WireRequest => wire('eks', 'CreateCluster', { name });
const entries = () => parts.journal.since(0);

describe('a request of a client', () => {
  it('is answered by the service, typed, under the id of its journal line', async () => {
    const answer = await send(create());
    expect(answer).toMatchObject({ status: 200, headers: { 'x-amzn-requestid': 'req-1' } });
    expect(JSON.parse(bodyText(answer.body))).toEqual({ cluster: { name: 'shop' } });
    expect(entries()).toMatchObject([
      {
        seq: 1,
        id: 'req-1',
        service: 'eks',
        operation: 'CreateCluster',
        account: '123456789012',
        region: 'eu-central-1',
        caller: 'arn:aws:iam::123456789012:user/a',
        input: { name: 'shop' },
        mutating: true,
        outcome: 'ok',
        ms: 0,
      },
    ]);
    expect(parts.journal.counts).toMatchObject([{ operation: 'CreateCluster', resource: 'name=shop', count: 1 }]);
  });

  it.each<[string, () => WireRequest, number, string]>([
    ['not signed', () => ({ ...create(), headers: {} }), 403, 'MissingAuthenticationToken'],
    [
      'signed with another secret',
      () =>
        signRequest(
          { ...create(), headers: {} },
          { ...keys, secretAccessKey: 'x' },
          { service: 'eks', region: 'eu-central-1' },
          clock.now(),
        ),
      403,
      'InvalidSignatureException',
    ],
    [
      'of an unknown key',
      () =>
        signRequest(
          { ...create(), headers: {} },
          { ...keys, accessKeyId: 'AKIA9' },
          { service: 'eks', region: 'eu-central-1' },
          clock.now(),
        ),
      403,
      'UnrecognizedClientException',
    ],
    [
      'signed an hour ago',
      () =>
        signRequest(
          { ...create(), headers: {} },
          keys,
          { service: 'eks', region: 'eu-central-1' },
          clock.now() - 3_600_000,
        ),
      403,
      'InvalidSignatureException',
    ],
    [
      'changed after it was signed',
      () => ({ ...create(), body: Buffer.from('{"name":"other"}') }),
      403,
      'InvalidSignatureException',
    ],
    [
      'for a region that does not exist',
      () => wire('eks', 'CreateCluster', { name: 'a' }, 'mars-1'),
      403,
      'InvalidClientTokenId',
    ],
    [
      'for an unknown service',
      () => signRequest({ ...create(), headers: {} }, keys, { service: 'nosuch', region: 'eu-central-1' }, clock.now()),
      404,
      'UnknownServiceException',
    ],
  ])('%s is refused before anything else', async (_, request, status, code) => {
    expect(await send(request())).toMatchObject({ status, headers: { 'x-amzn-errortype': code } });
    expect(clusters.made).toEqual([]);
    expect(entries()).toEqual([]);
  });

  it('that its caller’s policies do not allow is refused, and journalled as refused', async () => {
    iam.inline.set('user/a', allowing('eks:Describe*', 'iam:*'));
    const answer = await send(wire('eks', 'CreateCluster', { name: 'shop', roleArn: 'arn:aws:iam::1:role/r' }));
    expect(answer).toMatchObject({ status: 403, headers: { 'x-amzn-errortype': 'AccessDeniedException' } });
    expect(bodyText(answer.body)).toContain(
      'User: arn:aws:iam::123456789012:user/a is not authorized to perform: eks:CreateCluster on resource: arn:aws:eks:eu-central-1:123456789012:cluster/shop because',
    );
    expect(clusters.made).toEqual([]);
    expect(entries()).toMatchObject([{ outcome: 'error', error: 'AccessDeniedException', status: 403 }]);
    expect(parts.journal.counts).toEqual([]);
  });

  it('in CBOR is passed on unread under its own name, and refused in CBOR', async () => {
    const path = '/service/AmazonSSM/operation/PutParameter';
    const headers = { 'smithy-protocol': 'rpc-v2-cbor', host: 'localhost' };
    const rpc = { method: 'POST', path, query: [], headers, body: Buffer.from('a0', 'hex') };
    upstreamSays = { kind: 'missing' };
    const answer = await send(signRequest(rpc, keys, { service: 'ssm', region: 'eu-central-1' }, clock.now()));
    expect(answer).toMatchObject({ status: 501, headers: { 'content-type': 'application/cbor' } });
    expect(entries()).toMatchObject([{ service: 'ssm', operation: 'PutParameter', mutating: true, input: {} }]);
  });

  it('that is a dry run is refused without permission, and told that it would do with it', async () => {
    iam.inline.set('user/a', allowing('eks:*'));
    const dry = wire('ec2', 'CreateVpc', { CidrBlock: '10.0.0.0/16', DryRun: true });
    expect(bodyText((await send(dry)).body)).toContain('<Code>UnauthorizedOperation</Code>');
    expect(forwarded).toEqual([]);
  });

  it('is known to whatever its service does for it, after the answer too', async () => {
    const seen: (string | undefined)[] = [];
    clusters.answer = ({ input }) => {
      const later = clock.sleep(10).then(() => seen.push(parts.onBehalf.caller?.arn));
      void later;
      return { cluster: { name: input['name'] } };
    };
    await send(create());
    await clock.advance(10);
    expect(seen).toEqual(['arn:aws:iam::123456789012:user/a']);
    expect(parts.onBehalf.caller).toBeUndefined();
  });

  it('that breaks the service model is refused in AWS’s words and never reaches the service', async () => {
    const answer = await send(create('Shop'));
    expect(answer).toMatchObject({ status: 400, headers: { 'x-amzn-errortype': 'InvalidParameterException' } });
    expect(bodyText(answer.body)).toContain("Value 'Shop' at 'name' failed to satisfy constraint");
    expect(clusters.made).toEqual([]);
    expect(entries()).toMatchObject([{ outcome: 'error', error: 'InvalidParameterException', status: 400 }]);
  });

  it('gets the service’s refusal with its members', async () => {
    clusters.answer = () => {
      throw new AwsError('ResourceInUseException', 'Cluster already exists with name: shop', 409, {
        clusterName: 'shop',
      });
    };
    const answer = await send(create());
    expect(answer.status).toBe(409);
    expect(JSON.parse(bodyText(answer.body))).toEqual({
      clusterName: 'shop',
      message: 'Cluster already exists with name: shop',
    });
    expect(parts.journal.counts).toEqual([]);
    expect(parts.violations).toEqual([]);
  });

  it('for an operation nobody has is told so in the service’s protocol, and noted', async () => {
    expect(await send(wire('eks', 'ListClusters', {}))).toMatchObject({
      status: 501,
      headers: { 'x-amzn-errortype': 'NotImplemented' },
    });
    upstreamSays = { kind: 'missing' };
    const answer = await send(wire('ec2', 'DescribeVpcs', {}));
    expect(answer.status).toBe(501);
    expect(bodyText(answer.body)).toContain('<Errors><Error><Code>NotImplemented</Code>');
    expect([...parts.unimplemented.keys()]).toEqual(['eks.ListClusters', 'ec2.DescribeVpcs']);
  });
});

describe('an answer of ours', () => {
  it('that breaks the service model is a bug: 500, and recorded', async () => {
    clusters.answer = () => ({ cluster: { name: 'shop', status: 'READY' } });
    expect((await send(create())).status).toBe(500);
    expect(parts.violations).toMatchObject([
      { operation: 'CreateCluster', problems: [expect.stringContaining('cluster.status')] },
    ]);
  });

  it('that never comes because the service fell over is a bug too', async () => {
    clusters.answer = () => {
      throw new TypeError('boom');
    };
    const answer = await send(create());
    expect(answer.status).toBe(500);
    expect(bodyText(answer.body)).not.toContain('boom');
    expect(parts.violations).toHaveLength(1);
  });
});

describe('what the emulator answers', () => {
  it('is passed through, in the caller’s account', async () => {
    const answer = await send(wire('ec2', 'CreateVpc', { CidrBlock: '10.0.0.0/16' }));
    expect(bodyText(answer.body)).toContain('vpc-1');
    expect(forwarded).toEqual(['123456789012/eu-central-1/ec2']);
    expect(parts.journal.counts).toMatchObject([{ operation: 'CreateVpc', made: ['vpc-1'] }]);
  });

  it('is not asked for a dry run, which counts as a read', async () => {
    const answer = await send(wire('ec2', 'CreateVpc', { CidrBlock: '10.0.0.0/16', DryRun: true }));
    expect(answer.status).toBe(412);
    expect(bodyText(answer.body)).toContain('DryRunOperation');
    expect(forwarded).toEqual([]);
    expect(parts.journal.totals).toEqual({ seq: 1, mutating: 0 });
  });

  it('is a bug of the sandbox when it fell over', async () => {
    upstreamSays = { kind: 'broken', reason: 'KeyError' };
    expect((await send(wire('ec2', 'DescribeVpcs', {}))).status).toBe(500);
    expect(parts.violations).toHaveLength(1);
  });
});

describe('a fault', () => {
  it('answers its error, and nothing is done', async () => {
    parts.faults.add({
      operation: 'CreateCluster',
      times: 1,
      action: { kind: 'error', code: 'AccessDeniedException', message: 'no', status: 403 },
    });
    expect(await send(create())).toMatchObject({
      status: 403,
      headers: { 'x-amzn-errortype': 'AccessDeniedException' },
    });
    expect(clusters.made).toEqual([]);
    expect(entries()).toMatchObject([{ outcome: 'error', error: 'AccessDeniedException', fault: 'fault-1' }]);
    expect((await send(create())).status).toBe(200);
  });

  it('delays by the clock', async () => {
    parts.faults.add({ action: { kind: 'delay', ms: 5000 } });
    const answered = send(create());
    await clock.advance(4999);
    expect(clusters.made).toEqual([]);
    await clock.advance(1);
    expect((await answered).status).toBe(200);
  });

  it('holds a request before it is done: released, it is done', async () => {
    parts.faults.add({ mutating: true, nth: 2, action: { kind: 'hold', phase: 'before' } });
    await send(create('one'));
    const held = send(create('two'));
    await clock.advance(0);
    expect(parts.faults.holds).toMatchObject([
      { id: 'req-2', phase: 'before', operation: 'CreateCluster', resource: 'name=two' },
    ]);
    expect(clusters.made).toEqual(['one']);
    parts.faults.release('req-2');
    expect((await held).status).toBe(200);
    expect(clusters.made).toEqual(['one', 'two']);
  });

  it('holds a request before it is done: its client killed, it is never done', async () => {
    parts.faults.add({ mutating: true, action: { kind: 'hold', phase: 'before' } });
    const client = new AbortController();
    const held = handleRequest(parts, create(), client.signal);
    await clock.advance(0);
    client.abort();
    expect(await held).toBeUndefined();
    expect(clusters.made).toEqual([]);
    expect(entries()).toMatchObject([{ outcome: 'abandoned' }]);
    expect(parts.journal.counts).toEqual([]);
  });

  it('holds a request after it is done: its client killed, it stays done and unanswered', async () => {
    parts.faults.add({ mutating: true, action: { kind: 'hold', phase: 'after' } });
    const client = new AbortController();
    const held = handleRequest(parts, create(), client.signal);
    await clock.advance(0);
    expect(clusters.made).toEqual(['shop']);
    expect(parts.faults.holds).toMatchObject([{ phase: 'after' }]);
    client.abort();
    expect(await held).toBeUndefined();
    expect(entries()).toMatchObject([{ outcome: 'ok' }]);
    expect(parts.journal.counts).toMatchObject([{ count: 1 }]);
  });

  it('leaves a client that goes without a hold with its work done', async () => {
    const client = new AbortController();
    client.abort();
    await handleRequest(parts, create(), client.signal);
    expect(clusters.made).toEqual(['shop']);
  });
});
