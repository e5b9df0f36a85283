import { AwsError } from '@roadstead/sandbox-gateway';
import { describe, expect, it } from 'vitest';
import { memoryWorld } from '../testing/stack-world.ts';
import { objectsAt, textAt } from '../types/values.ts';

const network = (more = '') => `
Parameters:
  Block: {Type: String, Default: 10.0.1.0/24}
  Public: {Type: String, Default: 'false'}
  Name: {Type: String, Default: one}
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16, Tags: [{Key: Name, Value: !Ref Name}]}}
  Subnet:
    Type: AWS::EC2::Subnet
    Properties: {VpcId: !Ref Vpc, CidrBlock: !Ref Block, MapPublicIpOnLaunch: !Ref Public, AvailabilityZone: !Select [0, !GetAZs '']}
${more}
Outputs:
  SubnetId: {Value: !Ref Subnet}
`;
const parameter = (key: string, value: string) => ({ ParameterKey: key, ParameterValue: value });
const refused = new AwsError('UnauthorizedOperation', 'You are not authorized to perform this operation.', 403);

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

describe('deleting', () => {
  it('leaves the stack to be found by id and frees its name', async () => {
    const world = memoryWorld();
    await world.create('net', network());
    const id = textAt(await world.stack('net'), 'StackId');
    expect(await world.remove('net')).toBe('DELETE_COMPLETE');
    await expect(world.call('DescribeStacks', { StackName: 'net' })).rejects.toThrow(
      'Stack with id net does not exist',
    );
    expect(await world.status(id)).toBe('DELETE_COMPLETE');
    expect(world.aws.list('vpc')).toEqual([]);
    expect(await world.call('DeleteStack', { StackName: 'net' })).toEqual({});
    expect(await world.create('net', network())).toBe('CREATE_COMPLETE');
  });

  it('tries again what is still held on to, and ends in DELETE_FAILED with the reason', async () => {
    const world = memoryWorld();
    await world.create('net', network());
    const VpcId = world.aws.list('vpc')[0]?.id;
    const foreign = { VpcId, CidrBlock: '10.0.77.0/24' };
    await world.aws.call({ account: '123456789012', region: 'eu-central-1' }, 'ec2', 'CreateSubnet', foreign);
    expect(await world.remove('net')).toBe('DELETE_FAILED');
    expect(await world.events('net', /^Vpc DELETE_FAILED/)).toEqual([
      expect.stringContaining('has dependencies and cannot be deleted'),
    ]);
    expect(textAt(await world.stack('net'), 'StackStatusReason')).toBe(
      'The following resource(s) failed to delete: [Vpc]. ',
    );
    await world.call('DeleteStack', { StackName: 'net' });
    world.aws.vanish(world.aws.list('subnet')[0]?.id ?? '');
    expect(
      await world.settle(
        'arn:aws:cloudformation:eu-central-1:123456789012:stack/net/00000000-0000-4000-8000-000000000001',
      ),
    ).toBe('DELETE_COMPLETE');
  });

  it('leaves alone what it is told to, after a failure', async () => {
    const world = memoryWorld();
    await world.create('net', network());
    await expect(world.call('DeleteStack', { StackName: 'net', RetainResources: ['Vpc'] })).rejects.toThrow(
      'Specify RetainResources only when the stack is in the DELETE_FAILED state',
    );
    world.aws.fail('DeleteVpc', refused, undefined, 1);
    expect(await world.remove('net')).toBe('DELETE_FAILED');
    expect(await world.remove('net', { RetainResources: ['Vpc'] })).toBe('DELETE_COMPLETE');
    expect(world.aws.list('vpc')).toHaveLength(1);
  });

  it('takes away what an unfinished update left as well', async () => {
    const world = memoryWorld();
    await world.create('net', network());
    world.aws.fail('CreateTags', refused, (input) => JSON.stringify(input).includes('"one"'));
    const more =
      '  Bad: {Type: AWS::EC2::Subnet, DependsOn: Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.99.0.0/24}}';
    const parameters = [parameter('Name', 'two'), parameter('Block', '10.0.2.0/24')];
    expect(await world.update('net', network(more), { Parameters: parameters })).toBe('UPDATE_ROLLBACK_FAILED');
    expect(world.aws.list('subnet')).toHaveLength(2);
    expect(await world.remove('net')).toBe('DELETE_COMPLETE');
    expect(world.aws.list('subnet')).toEqual([]);
    expect(world.aws.list('vpc')).toEqual([]);
  });

  it('is refused under termination protection', async () => {
    const world = memoryWorld();
    await world.create('net', network(), { EnableTerminationProtection: true });
    await expect(world.call('DeleteStack', { StackName: 'net' })).rejects.toThrow(
      'Stack [net] cannot be deleted while TerminationProtection is enabled',
    );
    await world.call('UpdateTerminationProtection', { StackName: 'net', EnableTerminationProtection: false });
    expect(await world.remove('net')).toBe('DELETE_COMPLETE');
  });

  it('interrupts a creation and takes all of it away', async () => {
    const world = memoryWorld();
    await world.call('CreateStack', { StackName: 'net', TemplateBody: network() });
    await world.clock.advance(5_000);
    expect(world.aws.list('vpc')).toHaveLength(1);
    expect(await world.remove('net')).toBe('DELETE_COMPLETE');
    expect(world.aws.list('vpc')).toEqual([]);
  });

  it('is refused in the middle of an update', async () => {
    const world = memoryWorld();
    await world.create('net', network());
    await world.call('UpdateStack', {
      StackName: 'net',
      TemplateBody: network(),
      Parameters: [parameter('Name', 'x')],
    });
    await expect(world.call('DeleteStack', { StackName: 'net' })).rejects.toThrow(
      'cannot be deleted while in status UPDATE_IN_PROGRESS',
    );
  });
});

describe('stacks beside each other', () => {
  const exporting = `${network()}  VpcId: {Value: !Ref Vpc, Export: {Name: net-vpc}}\n`;
  const importing =
    'Resources: {S: {Type: AWS::EC2::Subnet, Properties: {VpcId: !ImportValue net-vpc, CidrBlock: 10.0.8.0/24}}}';

  it('are kept from deleting what others import', async () => {
    const world = memoryWorld();
    await expect(world.call('CreateStack', { StackName: 'use', TemplateBody: importing })).rejects.toThrow(
      'No export named net-vpc found.',
    );
    await world.create('net', exporting);
    expect(await world.create('use', importing)).toBe('CREATE_COMPLETE');
    expect(await world.call('ListImports', { ExportName: 'net-vpc' })).toEqual({ Imports: ['use'] });
    await expect(world.call('DeleteStack', { StackName: 'net' })).rejects.toThrow(
      'Export net-vpc cannot be deleted as it is in use by use',
    );
    expect(await world.update('net', network())).toBe('UPDATE_ROLLBACK_COMPLETE');
    await world.remove('use');
    expect(await world.remove('net')).toBe('DELETE_COMPLETE');
  });

  it('cannot export one name twice', async () => {
    const world = memoryWorld();
    await world.create('net', exporting);
    expect(await world.create('two', exporting)).toBe('ROLLBACK_COMPLETE');
    expect(await world.events('two', /already exported/)).toHaveLength(1);
  });

  it('do not see other accounts and regions', async () => {
    const world = memoryWorld();
    await world.create('net', network());
    for (const place of [
      { account: '210987654321', region: 'eu-central-1' },
      { account: '123456789012', region: 'eu-west-1' },
    ]) {
      expect(await world.call('DescribeStacks', {}, place)).toEqual({ Stacks: [] });
      await expect(world.call('DescribeStackEvents', { StackName: 'net' }, place)).rejects.toThrow(
        'Stack [net] does not exist',
      );
    }
  });
});

describe('what is not carried', () => {
  it.each([
    [{ NotificationARNs: ['arn:x'] }, 'NotificationARNs is not carried'],
    [{ StackPolicyBody: '{}' }, 'StackPolicyBody is not carried'],
    [{ RoleARN: 'arn:aws:iam::123456789012:role/nobody' }, 'is invalid or cannot be assumed'],
    [{ TemplateBody: `${network()}${' '.repeat(52_000)}` }, 'length less than or equal to 51200'],
    [{ StackName: '1x' }, "Value '1x' at 'stackName' failed to satisfy constraint"],
    [{ OnFailure: 'DELETE', DisableRollback: true }, 'either DisableRollback or OnFailure'],
    [
      { TemplateBody: 'Resources: {A: {Type: AWS::EC2::Subnet, Properties: {VpcId: [x]}}}' },
      '#/VpcId: expected type: String, found: JSONArray',
    ],
    [
      {
        TemplateBody:
          'Resources: {A: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: "{{resolve:secretsmanager:x}}"}}}',
      },
      'only ssm is',
    ],
    [{ Tags: [{ Key: 'aws:x', Value: 'y' }] }, "Tag keys starting with 'aws:' are reserved"],
  ])('%j', async (more, message) => {
    const world = memoryWorld();
    await expect(world.call('CreateStack', { StackName: 'net', TemplateBody: network(), ...more })).rejects.toThrow(
      message,
    );
    expect(world.service.inventory()).toEqual([]);
  });
});

describe('values from Parameter Store, and secrets', () => {
  const template = `
Parameters:
  Image: {Type: 'AWS::SSM::Parameter::Value<String>'}
  Secret: {Type: String, NoEcho: true}
Resources:
  P: {Type: AWS::SSM::Parameter, Properties: {Name: /out, Type: String, Value: !Sub '\${Image} {{resolve:ssm:/other}} \${Secret}'}}
`;
  const given = { Parameters: [parameter('Image', '/ami'), parameter('Secret', 'hunter2')] };

  it('are read when needed, and secrets never shown', async () => {
    const world = memoryWorld();
    const home = { account: '123456789012', region: 'eu-central-1' };
    await expect(world.call('CreateStack', { StackName: 's', TemplateBody: template, ...given })).rejects.toThrow(
      'Unable to fetch parameters [/ami] from parameter store',
    );
    await world.aws.call(home, 'ssm', 'PutParameter', { Name: '/ami', Value: 'ami-7', Type: 'String' });
    await world.aws.call(home, 'ssm', 'PutParameter', { Name: '/other', Value: 'else', Type: 'String' });
    expect(await world.create('s', template, given)).toBe('CREATE_COMPLETE');
    expect(world.aws.list('parameter').at(-1)?.data['Value']).toBe('ami-7 else hunter2');
    const shown = JSON.stringify([await world.stack('s'), await world.call('DescribeStackEvents', { StackName: 's' })]);
    expect(shown).not.toContain('hunter2');
    expect(objectsAt(await world.stack('s'), 'Parameters')).toEqual([
      { ParameterKey: 'Image', ParameterValue: '/ami', ResolvedValue: 'ami-7' },
      { ParameterKey: 'Secret', ParameterValue: '****' },
    ]);
  });
});
