import { describe, expect, it } from 'vitest';
import { network, parameter, refused } from '../testing/network-template.ts';
import { memoryWorld } from '../testing/stack-world.ts';
import { objectsAt } from '../types/values.ts';

describe('updating', () => {
  it('changes in place what can be, and replaces what cannot, deleting the old one last', async () => {
    const world = memoryWorld();
    await world.create('net', network());
    const [before] = world.aws.list('subnet');
    const parameters = [parameter('Name', 'two'), parameter('Block', '10.0.2.0/24')];
    expect(await world.update('net', network(), { Parameters: parameters })).toBe('UPDATE_COMPLETE');
    expect((await world.events('net')).slice(8)).toEqual([
      'net UPDATE_IN_PROGRESS: User Initiated',
      'Vpc UPDATE_IN_PROGRESS',
      'Vpc UPDATE_COMPLETE',
      'Subnet UPDATE_IN_PROGRESS: Requested update requires the creation of a new physical resource; hence creating one.',
      'Subnet UPDATE_IN_PROGRESS: Resource creation Initiated',
      'Subnet UPDATE_COMPLETE',
      'Subnet DELETE_IN_PROGRESS',
      'Subnet DELETE_COMPLETE',
      'net UPDATE_COMPLETE',
    ]);
    const [after, ...others] = world.aws.list('subnet');
    expect(others).toEqual([]);
    expect(after?.id).not.toBe(before?.id);
    expect(world.aws.list('vpc')[0]?.tags).toContainEqual({ Key: 'Name', Value: 'two' });
  });

  it('shows the clean-up as a status of its own', async () => {
    const world = memoryWorld();
    await world.create('net', network());
    await world.call('UpdateStack', {
      StackName: 'net',
      TemplateBody: network(),
      Parameters: [parameter('Block', '10.0.2.0/24')],
    });
    const seen = new Set<string>();
    for (let second = 0; second < 60; second++) {
      await world.clock.advance(1_000);
      seen.add(await world.status('net'));
    }
    expect([...seen]).toEqual(['UPDATE_IN_PROGRESS', 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS', 'UPDATE_COMPLETE']);
  });

  it('puts old values back and removes what it made when it fails', async () => {
    const world = memoryWorld();
    await world.create('net', network());
    const [subnet] = world.aws.list('subnet');
    const more = `
  Extra: {Type: AWS::EC2::Subnet, DependsOn: Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.5.0/24}}
  Bad: {Type: AWS::EC2::Subnet, DependsOn: Extra, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.99.0.0/24}}`;
    const parameters = [parameter('Name', 'two'), parameter('Block', '10.0.2.0/24')];
    expect(await world.update('net', network(more), { Parameters: parameters })).toBe('UPDATE_ROLLBACK_COMPLETE');
    const events = await world.events('net', /^net/);
    expect(events.slice(2)).toEqual([
      'net UPDATE_IN_PROGRESS: User Initiated',
      'net UPDATE_ROLLBACK_IN_PROGRESS: The following resource(s) failed to create: [Bad]. ',
      'net UPDATE_ROLLBACK_COMPLETE',
    ]);
    expect(world.aws.list('subnet').map(({ id }) => id)).toEqual([subnet?.id]);
    expect(world.aws.list('vpc')[0]?.tags).toContainEqual({ Key: 'Name', Value: 'one' });
    expect(objectsAt(await world.stack('net'), 'Parameters')).toContainEqual({
      ParameterKey: 'Name',
      ParameterValue: 'one',
    });
    expect(
      objectsAt(await world.call('ListStackResources', { StackName: 'net' }), 'StackResourceSummaries'),
    ).toHaveLength(2);
    // And the stack is as good as new: the same update without its mistake goes through.
    expect(await world.update('net', network(), { Parameters: parameters })).toBe('UPDATE_COMPLETE');
  });

  it.each<[string, { RetainExceptOnCreate?: boolean }, number]>([
    ['is left alone when it is to be retained', {}, 2],
    ['goes when the request says so', { RetainExceptOnCreate: true }, 1],
  ])('that is rolled back: what it made %s', async (_, more, left) => {
    const world = memoryWorld();
    await world.create('net', network());
    const extra = `
  Extra: {Type: AWS::EC2::Subnet, DeletionPolicy: Retain, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.5.0/24}}
  Bad: {Type: AWS::EC2::Subnet, DependsOn: Extra, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.99.0.0/24}}`;
    expect(await world.update('net', network(extra), more)).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(world.aws.list('subnet')).toHaveLength(left);
  });

  it('answers the same token with the same operation, and refuses it for another one', async () => {
    const world = memoryWorld();
    await world.create('net', network());
    const input = { StackName: 'net', TemplateBody: network(), Parameters: [parameter('Name', 'two')] };
    const first = await world.call('UpdateStack', { ...input, ClientRequestToken: 't' });
    expect(await world.call('UpdateStack', { ...input, ClientRequestToken: 't' })).toEqual(first);
    await world.settle('net');
    const other = { ...input, Parameters: [parameter('Name', 'three')], ClientRequestToken: 't' };
    await expect(world.call('UpdateStack', other)).rejects.toMatchObject({ code: 'TokenAlreadyExistsException' });
  });

  it('stops in UPDATE_ROLLBACK_FAILED when old values cannot be put back, and goes on from there', async () => {
    const world = memoryWorld();
    await world.create('net', network());
    world.aws.fail('CreateSubnet', refused);
    world.aws.fail('CreateTags', refused, (input) => JSON.stringify(input).includes('"one"'));
    const parameters = [parameter('Name', 'two'), parameter('Block', '10.0.2.0/24')];
    expect(await world.update('net', network(), { Parameters: parameters })).toBe('UPDATE_ROLLBACK_FAILED');
    await expect(world.call('UpdateStack', { StackName: 'net', TemplateBody: network() })).rejects.toThrow(
      'is in UPDATE_ROLLBACK_FAILED state and can not be updated.',
    );
    await world.call('ContinueUpdateRollback', { StackName: 'net' });
    expect(await world.settle('net')).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(world.aws.list('vpc')[0]?.tags).toContainEqual({ Key: 'Name', Value: 'one' });
  });

  it('makes anew what a stopped update could not replace', async () => {
    const world = memoryWorld();
    await world.create('net', network());
    world.aws.fail('CreateSubnet', refused);
    const input = { Parameters: [parameter('Block', '10.0.2.0/24')], DisableRollback: true };
    expect(await world.update('net', network(), input)).toBe('UPDATE_FAILED');
    expect(await world.update('net', network(), input)).toBe('UPDATE_COMPLETE');
    expect(world.aws.list('subnet').map(({ data }) => data['CidrBlock'])).toEqual(['10.0.2.0/24']);
  });

  it('is cancelled on request and rolled back', async () => {
    const world = memoryWorld();
    await world.create('net', network());
    await world.call('UpdateStack', {
      StackName: 'net',
      TemplateBody: network(),
      Parameters: [parameter('Block', '10.0.2.0/24')],
    });
    await world.clock.advance(1_000);
    await world.call('CancelUpdateStack', { StackName: 'net' });
    expect(await world.settle('net')).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(world.aws.list('subnet').map(({ data }) => data['CidrBlock'])).toEqual(['10.0.1.0/24']);
  });

  it('without rollback stops where it is, and is rolled back or gone on with later', async () => {
    const world = memoryWorld();
    await world.create('net', network());
    const more =
      '  Bad: {Type: AWS::EC2::Subnet, DependsOn: Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.99.0.0/24}}';
    const parameters = [parameter('Name', 'two')];
    expect(await world.update('net', network(more), { Parameters: parameters, DisableRollback: true })).toBe(
      'UPDATE_FAILED',
    );
    await expect(world.call('UpdateStack', { StackName: 'net', TemplateBody: network() })).rejects.toThrow(
      'please use the disable-rollback parameter',
    );
    const good = more.replace('10.99', '10.0');
    expect(await world.update('net', network(good), { Parameters: parameters, DisableRollback: true })).toBe(
      'UPDATE_COMPLETE',
    );
    expect(world.aws.list('subnet')).toHaveLength(2);
    await world.update('net', network(more), { Parameters: [parameter('Name', 'three')], DisableRollback: true });
    await world.call('RollbackStack', { StackName: 'net' });
    expect(await world.settle('net')).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(world.aws.list('vpc')[0]?.tags).toContainEqual({ Key: 'Name', Value: 'two' });
  });

  it('hands a changed attribute on to who reads it', async () => {
    const world = memoryWorld();
    const template = `
Parameters: {Image: {Type: String}}
Resources:
  Template: {Type: AWS::EC2::LaunchTemplate, Properties: {LaunchTemplateData: {ImageId: !Ref Image}}}
  Version: {Type: AWS::SSM::Parameter, Properties: {Name: /v, Type: String, Value: !GetAtt Template.LatestVersionNumber}}
`;
    await world.create('pool', template, { Parameters: [parameter('Image', 'ami-1')] });
    expect(world.aws.list('parameter')[0]?.data['Value']).toBe('1');
    await world.update('pool', template, { Parameters: [parameter('Image', 'ami-2')] });
    expect(world.aws.list('parameter')[0]?.data['Value']).toBe('2');
    expect(world.aws.list('template')).toHaveLength(1);
  });

  it('replaces what is renamed, under its new name', async () => {
    const world = memoryWorld();
    const template = (type: string) =>
      `Resources: {P: {Type: AWS::EC2::LaunchTemplate, Properties: {LaunchTemplateName: ${type}, LaunchTemplateData: {ImageId: a}}}}`;
    await world.create('pool', template('mine'));
    expect(await world.update('pool', template('yours'))).toBe('UPDATE_COMPLETE');
    expect(world.aws.list('template').map(({ data }) => data['LaunchTemplateName'])).toEqual(['yours']);
  });

  it.each([
    ['nothing', {}, 'No updates are to be performed.'],
    [
      'another type',
      {
        TemplateBody: network()
          .replace('Type: AWS::EC2::VPC,', 'Type: AWS::EC2::InternetGateway,')
          .replace('CidrBlock: 10.0.0.0/16, ', ''),
      },
      'Update of resource type is not permitted',
    ],
    ['an unknown parameter', { Parameters: [parameter('X', 'y')] }, 'Parameters: [X] do not exist in the template'],
  ])('refuses %s', async (_, more, message) => {
    const world = memoryWorld();
    await world.create('net', network());
    await expect(world.call('UpdateStack', { StackName: 'net', TemplateBody: network(), ...more })).rejects.toThrow(
      message,
    );
    expect(await world.status('net')).toBe('CREATE_COMPLETE');
  });
});
