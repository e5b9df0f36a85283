import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Operation, ServiceModel } from '../model/service-model.ts';
import { ServiceModels } from '../model/service-models.ts';
import { AwsError } from '../service.ts';
import { writeCborError } from './cbor.ts';
import { bodyText, type WireAnswer } from './http.ts';
import { operationNameOf, readAnswer, readRequest, writeError, writeOutput, writeRequest } from './wire.ts';

const models = new ServiceModels(join(import.meta.dirname, '..', 'fixtures', 'botocore'));

function find(service: string, name: string): { model: ServiceModel; operation: Operation } {
  const model = models.find(service);
  const operation = model?.operations[name];
  if (model === undefined || operation === undefined) throw new Error(`no ${service}.${name}`);
  return { model, operation };
}

const at = new Date('2026-11-21T12:00:00.500Z');

describe('a request', () => {
  it.each<[string, string, Record<string, unknown>]>([
    ['eks', 'CreateCluster', { name: 'shop', tags: { a: 'b c', ü: '' }, subnetIds: ['s-1', 's-2'] }],
    ['eks', 'DescribeCluster', { name: 'a/b c' }],
    ['eks', 'ListClusters', { maxResults: 5, include: ['all', 'x&y'] }],
    ['eks', 'UntagResource', { resourceArn: 'arn:aws:eks:r:1:cluster/shop', tagKeys: ['a', 'b'] }],
    [
      'cloudformation',
      'CreateStack',
      { StackName: 's', DisableRollback: false, Parameters: [{ ParameterKey: 'k', ParameterValue: 'a=b&c' }] },
    ],
    ['cloudformation', 'CreateStack', { StackName: 's', Flat: ['x', 'y'], Map: { one: 1 } }],
    [
      'cloudformation',
      'CreateStack',
      { StackName: 's', Parameters: Array.from({ length: 12 }, (_, n) => ({ ParameterKey: `k${n}` })) },
    ],
    ['ec2', 'CreateVpc', { CidrBlock: '10.0.0.0/16', DryRun: true, Tags: [{ Key: 'a', Value: 'ü' }] }],
    ['ec2', 'DescribeVpcs', { VpcIds: ['vpc-1', 'vpc-2'] }],
    ['ssm', 'GetParameter', { Name: '/a' }],
  ])('of %s.%s is read as it was written: %j', (service, name, input) => {
    const { model, operation } = find(service, name);
    const wire = writeRequest(model, operation, input);
    expect(operationNameOf(model, wire)).toBe(name);
    expect(readRequest(model, operation, wire)).toEqual(input);
  });

  it('in EC2’s dialect capitalises names, writes lists flat, and knows names only used in queries', () => {
    const { model, operation } = find('ec2', 'CreateVpc');
    const { body } = writeRequest(model, operation, { DryRun: true, Tags: [{ Key: 'a', Value: 'b' }] });
    expect(bodyText(body)).toBe(
      'Action=CreateVpc&Version=2016-11-15&DryRun=true&TagSpecification.1.Key=a&TagSpecification.1.Value=b',
    );
  });

  it('that cannot be read is refused in the service’s words', () => {
    const { model, operation } = find('eks', 'CreateCluster');
    const wire = { method: 'POST', path: '/clusters', query: [], headers: {}, body: Buffer.from('{') };
    expect(() => readRequest(model, operation, wire)).toThrow(AwsError);
  });

  it('keeps a value that is not of its type, for validation to name', () => {
    const { model, operation } = find('eks', 'ListClusters');
    const wire = {
      method: 'GET',
      path: '/clusters',
      query: [['maxResults', 'many']] as const,
      headers: {},
      body: Buffer.from(''),
    };
    expect(readRequest(model, operation, wire)).toEqual({ maxResults: 'many' });
  });
});

function raw({ status, headers, body }: WireAnswer) {
  return { status, headers, body: Buffer.from(body) };
}

describe('an answer', () => {
  it.each<[string, string, Record<string, unknown>]>([
    [
      'eks',
      'DescribeCluster',
      { cluster: { name: 'shop', createdAt: at, tags: { a: 'b' }, data: new Uint8Array([1, 2]) } },
    ],
    ['eks', 'ListClusters', { clusters: [] }],
    [
      'cloudformation',
      'CreateStack',
      { StackId: '<&>"\'', At: at, Parameters: [{ ParameterKey: 'k', ParameterValue: ' a \n' }] },
    ],
    ['cloudformation', 'CreateStack', { StackId: 's', Flat: ['x'], Map: { one: 1, two: 2 } }],
    ['ec2', 'CreateVpc', { Vpc: { VpcId: 'vpc-1', Tags: [{ Key: 'a', Value: 'b' }] } }],
    ['ec2', 'CreateVpc', { Vpc: { VpcId: 'vpc-1', Tags: [] } }],
    ['ssm', 'GetParameter', { Value: 'v', At: at }],
  ])('of %s.%s is read as it was written: %j', (service, name, output) => {
    const { model, operation } = find(service, name);
    expect(readAnswer(model, operation, raw(writeOutput(model, operation, output, 'req-1')))).toEqual(output);
  });

  it('without output says so in the service’s form', () => {
    const stack = find('cloudformation', 'DeleteStack');
    expect(bodyText(writeOutput(stack.model, stack.operation, {}, 'req-1').body)).toContain(
      '<RequestId>req-1</RequestId>',
    );
    const vpc = find('ec2', 'DeleteVpc');
    expect(bodyText(writeOutput(vpc.model, vpc.operation, {}, 'req-1').body)).toContain('<return>true</return>');
  });

  it('with thousands of entities is read whole', () => {
    const { model, operation } = find('cloudformation', 'CreateStack');
    const output = { StackId: '&"'.repeat(20_000) };
    expect(readAnswer(model, operation, raw(writeOutput(model, operation, output, 'r')))).toEqual(output);
  });
});

describe('an error', () => {
  it.each(['eks', 'cloudformation', 'ec2', 'ssm'])('of %s keeps its code, message and status', (service) => {
    const model = models.find(service);
    const operation = Object.values(model?.operations ?? {})[0];
    if (model === undefined || operation === undefined) throw new Error('no model');
    const answer = raw(writeError(model, new AwsError('SomeException', 'a < b & "c"', 409), 'req-1'));
    const thrown: unknown = (() => {
      try {
        return readAnswer(model, operation, answer);
      } catch (error) {
        return error;
      }
    })();
    expect(thrown).toMatchObject({ code: 'SomeException', message: 'a < b & "c"', status: 409 });
    expect(answer.headers['x-amzn-requestid']).toBe('req-1');
  });

  it('of S3 stands in no envelope', () => {
    const model = models.find('cloudformation');
    if (model === undefined) throw new Error('no model');
    const s3 = { ...model, metadata: { ...model.metadata, protocol: 'rest-xml', serviceId: 'S3' } };
    const text = bodyText(writeError(s3, new AwsError('AccessDenied', 'no', 403), 'req-1').body);
    expect(text).toContain('\n<Error><Code>AccessDenied</Code><Message>no</Message>');
  });

  it('to who speaks CBOR is CBOR', () => {
    const answer = writeCborError(new AwsError('AccessDenied', 'ü'.repeat(20), 403), 'req-1');
    expect(answer).toMatchObject({ status: 403, headers: { 'smithy-protocol': 'rpc-v2-cbor' } });
    // A map of two, a text of six: RFC 8949, appendix A.
    const wanted = [
      'a2',
      '66',
      Buffer.from('__type').toString('hex'),
      '6c',
      Buffer.from('AccessDenied').toString('hex'),
    ];
    const message = [
      '67',
      Buffer.from('message').toString('hex'),
      '7a00000028',
      Buffer.from('ü'.repeat(20)).toString('hex'),
    ];
    expect(Buffer.from(answer.body).toString('hex')).toBe([...wanted, ...message].join(''));
  });

  it('of EKS carries the further members of its shape', () => {
    const model = models.find('eks');
    const answer = writeError(model, new AwsError('ResourceInUseException', 'm', 409, { clusterName: 'shop' }), 'r');
    expect(JSON.parse(bodyText(answer.body))).toEqual({ clusterName: 'shop', message: 'm' });
    expect(answer.headers['x-amzn-errortype']).toBe('ResourceInUseException');
  });
});
