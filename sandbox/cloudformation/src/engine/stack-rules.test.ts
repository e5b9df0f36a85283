import { describe, expect, it } from 'vitest';
import { network, parameter } from '../testing/network-template.ts';
import { memoryWorld } from '../testing/stack-world.ts';
import { objectsAt } from '../types/values.ts';

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

  it('cannot export one name by two outputs', async () => {
    const world = memoryWorld();
    const outputs = ['A', 'B'].map((key) => `  ${key}: {Value: x, Export: {Name: same}}`).join('\n');
    const twice = { StackName: 'net', TemplateBody: `${network()}${outputs}\n` };
    await expect(world.call('CreateStack', twice)).rejects.toThrow(/Export with name same is declared by more/);
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
    [{ MemberOfTomorrow: true }, 'MemberOfTomorrow is not carried'],
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

describe("values of AWS's own types", () => {
  const template = (type: string) => `
Parameters: {Value: {Type: '${type}'}}
Resources: {P: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: x}}}
`;
  it.each([
    ['AWS::EC2::Subnet::Id', 'SUBNET', 'subnet-404'],
    ['List<AWS::EC2::Subnet::Id>', 'SUBNET', 'SUBNET,subnet-404'],
    ['AWS::EC2::VPC::Id', 'VPC', 'vpc-404'],
    ['AWS::SSM::Parameter::Name', '/there', '/nowhere'],
  ])('%s must name what is there', async (type, good, bad) => {
    const world = memoryWorld();
    await world.create('net', network());
    const home = { account: '123456789012', region: 'eu-central-1' };
    await world.aws.call(home, 'ssm', 'PutParameter', { Name: '/there', Value: 'x', Type: 'String' });
    const ids = { SUBNET: world.aws.list('subnet')[0]?.id ?? '', VPC: world.aws.list('vpc')[0]?.id ?? '' };
    const real = (text: string) => text.replace('SUBNET', ids.SUBNET).replace('VPC', ids.VPC);
    const make = (value: string) =>
      world.call('CreateStack', {
        StackName: `s${value.length}`,
        TemplateBody: template(type),
        Parameters: [parameter('Value', value)],
      });
    await expect(make(real(bad))).rejects.toThrow(
      `parameter value ${bad.split(',').at(-1)} for parameter name Value does not exist`,
    );
    await expect(make(real(good))).resolves.toBeDefined();
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
