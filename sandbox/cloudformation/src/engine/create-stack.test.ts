import { AwsError } from '@roadstead/sandbox-gateway';
import { describe, expect, it } from 'vitest';
import { network, parameter, refused } from '../testing/network-template.ts';
import { memoryWorld } from '../testing/stack-world.ts';
import { objectsAt } from '../types/values.ts';

describe('creating', () => {
  it('tells each resource in order and ends with outputs and tags', async () => {
    const world = memoryWorld();
    expect(await world.create('net', network(), { Tags: [{ Key: 'cluster', Value: 'shop' }] })).toBe('CREATE_COMPLETE');
    expect(await world.events('net')).toEqual([
      'net CREATE_IN_PROGRESS: User Initiated',
      'Vpc CREATE_IN_PROGRESS',
      'Vpc CREATE_IN_PROGRESS: Resource creation Initiated',
      'Vpc CREATE_COMPLETE',
      'Subnet CREATE_IN_PROGRESS',
      'Subnet CREATE_IN_PROGRESS: Resource creation Initiated',
      'Subnet CREATE_COMPLETE',
      'net CREATE_COMPLETE',
    ]);
    const [subnet] = world.aws.list('subnet');
    expect(objectsAt(await world.stack('net'), 'Outputs')).toEqual([
      { OutputKey: 'SubnetId', OutputValue: subnet?.id },
    ]);
    expect(subnet?.data['AvailabilityZone']).toBe('eu-central-1a');
    expect(Object.fromEntries(subnet?.tags.map((tag) => [tag['Key'], tag['Value']]) ?? [])).toMatchObject({
      cluster: 'shop',
      'aws:cloudformation:stack-name': 'net',
      'aws:cloudformation:logical-id': 'Subnet',
    });
  });

  it('takes the time that AWS takes', async () => {
    const world = memoryWorld();
    await world.call('CreateStack', { StackName: 'net', TemplateBody: network() });
    await world.clock.advance(1);
    await world.clock.advance(14_000);
    expect(await world.events('net', /COMPLETE/)).toEqual([]);
    await world.clock.advance(2_000);
    expect(await world.events('net', /COMPLETE/)).toEqual(['Vpc CREATE_COMPLETE']);
  });

  it('rolls back in reverse when a resource fails, with the failing call as the reason', async () => {
    const world = memoryWorld();
    world.aws.fail('CreateSubnet', refused);
    expect(await world.create('net', network())).toBe('ROLLBACK_COMPLETE');
    const events = await world.events('net');
    expect(events.find((line) => line.startsWith('Subnet CREATE_FAILED'))).toMatch(
      /You are not authorized to perform this operation\. \(Service: Ec2, Status Code: 403, Request ID: .*HandlerErrorCode: AccessDenied/,
    );
    expect(events).toContain(
      'net ROLLBACK_IN_PROGRESS: The following resource(s) failed to create: [Subnet]. Rollback requested by user.',
    );
    expect(events.at(-2)).toBe('Vpc DELETE_COMPLETE');
    expect(world.aws.list('vpc')).toEqual([]);
  });

  it('cancels the siblings of what failed', async () => {
    const world = memoryWorld();
    world.aws.fail('CreateSubnet', refused, (input) => input['CidrBlock'] === '10.0.9.0/24');
    await world.create(
      'net',
      network('  Bad: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.9.0/24}}'),
    );
    expect(await world.events('net', /^Subnet CREATE_FAILED/)).toEqual([
      'Subnet CREATE_FAILED: Resource creation cancelled',
    ]);
    expect(world.aws.list('subnet')).toEqual([]);
  });

  it.each([
    ['DO_NOTHING', 'CREATE_FAILED', 1],
    ['DELETE', 'DELETE_COMPLETE', 0],
    ['ROLLBACK', 'ROLLBACK_COMPLETE', 0],
  ])('with OnFailure %s ends in %s', async (OnFailure, status, vpcs) => {
    const world = memoryWorld();
    world.aws.fail('CreateSubnet', refused);
    const { StackId } = await world.call('CreateStack', { StackName: 'net', TemplateBody: network(), OnFailure });
    expect(await world.settle(String(StackId))).toBe(status);
    expect(world.aws.list('vpc')).toHaveLength(vpcs);
  });

  it('keeps what is to be retained when it rolls back', async () => {
    const world = memoryWorld();
    world.aws.fail('CreateSubnet', refused);
    const template = network().replace('Vpc: {Type', 'Vpc: {DeletionPolicy: Retain, Type');
    await world.create('net', template);
    expect(await world.events('net', /^Vpc DELETE/)).toEqual(['Vpc DELETE_SKIPPED']);
    expect(world.aws.list('vpc')).toHaveLength(1);
  });

  it('gives up after its timeout', async () => {
    const world = memoryWorld();
    await world.call('CreateStack', { StackName: 'net', TemplateBody: network(), TimeoutInMinutes: 1 });
    world.aws.fail('CreateSubnet', new AwsError('Throttling', 'Rate exceeded'), undefined, 3);
    expect(await world.settle('net')).toBe('CREATE_COMPLETE');
    const slow = `Resources: {${[1, 2, 3, 4, 5, 6].map((n) => `V${n}: {Type: AWS::EC2::VPC, ${n > 1 ? `DependsOn: V${n - 1}, ` : ''}Properties: {CidrBlock: 10.${n}.0.0/16}}`).join(', ')}}`;
    expect(await world.create('slow', slow, { TimeoutInMinutes: 1 })).toBe('ROLLBACK_COMPLETE');
    expect(await world.events('slow', /exceeded the specified timeout/)).toHaveLength(1);
  });

  it('answers the same token with the same stack, and another one with a refusal', async () => {
    const world = memoryWorld();
    const input = { StackName: 'net', TemplateBody: network(), ClientRequestToken: 't' };
    const first = await world.call('CreateStack', input);
    expect((await world.call('CreateStack', input))['StackId']).toBe(first['StackId']);
    await expect(world.call('CreateStack', { ...input, ClientRequestToken: 'u' })).rejects.toMatchObject({
      code: 'AlreadyExistsException',
      message: 'Stack [net] already exists',
    });
    const other = { ...input, Parameters: [parameter('Name', 'two')] };
    await expect(world.call('CreateStack', other)).rejects.toMatchObject({ code: 'TokenAlreadyExistsException' });
  });

  it('calls it a failure when AWS does not keep what it was told', async () => {
    const world = memoryWorld();
    const real = world.aws.call.bind(world.aws);
    world.aws.call = async (place, service, operation, input) =>
      operation === 'ModifySubnetAttribute' ? {} : real(place, service, operation, input);
    expect(await world.create('net', network(), { Parameters: [parameter('Public', 'true')] })).toBe(
      'ROLLBACK_COMPLETE',
    );
    expect(await world.events('net', /did not keep/)).toEqual([
      'Subnet CREATE_FAILED: The sandbox did not keep what it was told of AWS::EC2::Subnet: /MapPublicIpOnLaunch: asked true, kept false',
    ]);
  });
});
