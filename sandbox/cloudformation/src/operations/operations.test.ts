import { describe, expect, it } from 'vitest';
import { memoryWorld, type StackWorld } from '../testing/stack-world.ts';
import { at, objectsAt, textAt } from '../types/values.ts';

const template = (image: string, more = '') => `
Parameters: {Name: {Type: String, Default: one}}
Resources:
  Vpc: {Type: AWS::EC2::VPC, Metadata: {a: b}, Properties: {CidrBlock: 10.0.0.0/16, Tags: [{Key: Name, Value: !Ref Name}]}}
  Subnet: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.1.0/24}}
  Template: {Type: AWS::EC2::LaunchTemplate, Properties: {LaunchTemplateData: {ImageId: ${image}}}}
  Version: {Type: AWS::SSM::Parameter, Properties: {Name: /v, Type: String, Value: !GetAtt Template.LatestVersionNumber}}
${more}
`;

async function changes(world: StackWorld, body: string, more = {}): Promise<string[]> {
  const name = `c${world.clock.now()}`;
  await world.call('CreateChangeSet', { StackName: 's', ChangeSetName: name, TemplateBody: body, ...more });
  await world.clock.advance(10_000);
  const answer = await world.call('DescribeChangeSet', {
    StackName: 's',
    ChangeSetName: name,
    IncludePropertyValues: true,
  });
  return objectsAt(answer, 'Changes').map(({ ResourceChange: change }) => {
    const details = objectsAt(change, 'Details').map((detail) =>
      [
        at(detail, 'Target', 'Path') ?? at(detail, 'Target', 'Attribute'),
        detail['Evaluation'],
        detail['ChangeSource'],
        at(detail, 'CausingEntity'),
        at(detail, 'Target', 'BeforeValue'),
        at(detail, 'Target', 'AfterValue'),
      ]
        .filter((part) => part !== undefined)
        .join(' '),
    );
    const kind = `${textAt(change, 'Action')} ${textAt(change, 'LogicalResourceId')} ${String(at(change, 'Replacement') ?? '-')}`;
    return [kind, ...details].join('; ');
  });
}

async function standing(): Promise<StackWorld> {
  const world = memoryWorld();
  await world.create('s', template('ami-1'));
  return world;
}

describe('change sets', () => {
  it.each<[string, string, object, string[]]>([
    [
      'a changed launch template and who reads its version',
      template('ami-2'),
      {},
      [
        'Modify Template False; /Properties/LaunchTemplateData/ImageId Static DirectModification ami-1 ami-2',
        'Modify Version False; /Properties/Value Dynamic ResourceAttribute Template.LatestVersionNumber 1 {{changeSet:KNOWN_AFTER_APPLY}}',
      ],
    ],
    [
      'a changed parameter',
      template('ami-1'),
      { Parameters: [{ ParameterKey: 'Name', ParameterValue: 'two' }] },
      [
        'Modify Vpc False; /Properties/Tags Static ParameterReference Name [{"Key":"Name","Value":"one"}] [{"Key":"Name","Value":"two"}]',
      ],
    ],
    [
      'a replacement and what hangs on it',
      template('ami-1').replace('10.0.0.0/16', '10.0.0.0/17'),
      {},
      [
        'Modify Vpc True; /Properties/CidrBlock Static DirectModification 10.0.0.0/16 10.0.0.0/17',
        'Modify Subnet Conditional; /Properties/VpcId Dynamic ResourceReference Vpc vpc-1 {{changeSet:KNOWN_AFTER_APPLY}}',
      ],
    ],
    [
      'added and removed resources',
      template(
        'ami-1',
        '  More: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.3.0/24}}',
      ).replace(/ {2}Subnet:.*\n/, ''),
      {},
      ['Add More -', 'Remove Subnet -'],
    ],
    [
      'metadata and policies',
      template('ami-1').replace('{a: b}', '{a: c}').replace('Subnet, Prop', 'Subnet, DeletionPolicy: Retain, Prop'),
      {},
      [
        'Modify Vpc False; Metadata Static DirectModification',
        'Modify Subnet False; DeletionPolicy Static DirectModification',
      ],
    ],
  ])('tell %s', async (_, body, more, expected) => {
    const world = await standing();
    const found = await changes(world, body, more);
    expect(found.toSorted()).toEqual(expected.toSorted());
    expect(await world.status('s')).toBe('CREATE_COMPLETE');
  });

  it('fail when there is nothing to change', async () => {
    const world = await standing();
    await world.call('CreateChangeSet', { StackName: 's', ChangeSetName: 'c', TemplateBody: template('ami-1') });
    await world.clock.advance(10_000);
    expect(await world.call('DescribeChangeSet', { StackName: 's', ChangeSetName: 'c' })).toMatchObject({
      Status: 'FAILED',
      ExecutionStatus: 'UNAVAILABLE',
      StatusReason:
        "The submitted information didn't contain changes. Submit different information to create a change set.",
    });
    await expect(world.call('ExecuteChangeSet', { StackName: 's', ChangeSetName: 'c' })).rejects.toMatchObject({
      code: 'InvalidChangeSetStatus',
    });
  });

  it('do what they told, once', async () => {
    const world = await standing();
    await changes(world, template('ami-2'));
    const [summary] = objectsAt(await world.call('ListChangeSets', { StackName: 's' }), 'Summaries');
    const execute = { ChangeSetName: textAt(summary, 'ChangeSetId'), ClientRequestToken: 't' };
    await world.call('ExecuteChangeSet', execute);
    expect(await world.call('ExecuteChangeSet', execute)).toEqual({});
    expect(await world.settle('s')).toBe('UPDATE_COMPLETE');
    await expect(world.call('ExecuteChangeSet', { ...execute, ClientRequestToken: 'u' })).rejects.toThrow(
      'cannot be executed',
    );
    expect(await world.call('DescribeChangeSet', execute)).toMatchObject({ ExecutionStatus: 'EXECUTE_COMPLETE' });
    expect(world.aws.list('template-version')).toHaveLength(2);
  });

  it('are of no use once the stack has moved', async () => {
    const world = await standing();
    await changes(world, template('ami-2'));
    const [summary] = objectsAt(await world.call('ListChangeSets', { StackName: 's' }), 'Summaries');
    await world.update('s', template('ami-3'));
    await expect(world.call('ExecuteChangeSet', { ChangeSetName: textAt(summary, 'ChangeSetId') })).rejects.toThrow(
      'cannot be executed',
    );
  });

  it('make a new stack by way of REVIEW_IN_PROGRESS', async () => {
    const world = memoryWorld();
    const input = {
      StackName: 's',
      ChangeSetName: 'first',
      ChangeSetType: 'CREATE',
      ClientToken: 't',
      TemplateBody: template('ami-1'),
    };
    const { Id } = await world.call('CreateChangeSet', input);
    expect((await world.call('CreateChangeSet', input))['Id']).toBe(Id);
    expect(await world.status('s')).toBe('REVIEW_IN_PROGRESS');
    await world.clock.advance(10_000);
    expect(world.aws.list('vpc')).toEqual([]);
    await world.call('ExecuteChangeSet', { ChangeSetName: Id });
    expect(await world.settle('s')).toBe('CREATE_COMPLETE');
    expect((await world.stack('s'))['ChangeSetId']).toBe(Id);
    await expect(world.call('CreateChangeSet', { ...input, ChangeSetName: 'again' })).rejects.toThrow('already exists');
  });

  it('are deleted without a trace, also twice', async () => {
    const world = await standing();
    await changes(world, template('ami-2'));
    const [summary] = objectsAt(await world.call('ListChangeSets', { StackName: 's' }), 'Summaries');
    const named = { ChangeSetName: textAt(summary, 'ChangeSetId') };
    await world.call('DeleteChangeSet', named);
    expect(await world.call('DeleteChangeSet', named)).toEqual({});
    await expect(world.call('DescribeChangeSet', named)).rejects.toMatchObject({
      code: 'ChangeSetNotFound',
      status: 404,
    });
  });
});

describe('drift', () => {
  async function detect(world: StackWorld) {
    const { StackDriftDetectionId } = await world.call('DetectStackDrift', { StackName: 's' });
    const ask = () => world.call('DescribeStackDriftDetectionStatus', { StackDriftDetectionId });
    expect(await ask()).toMatchObject({ DetectionStatus: 'DETECTION_IN_PROGRESS' });
    await world.clock.advance(20_000);
    await world.clock.advance(1);
    return ask();
  }

  it('is none after creation', async () => {
    const world = await standing();
    expect(await detect(world)).toMatchObject({ StackDriftStatus: 'IN_SYNC', DriftedStackResourceCount: 0 });
  });

  it('names the property that somebody changed and the resource that is gone', async () => {
    const world = await standing();
    world.aws.tamper(world.aws.list('subnet')[0]?.id ?? '', { CidrBlock: '10.0.7.0/24' });
    world.aws.vanish(world.aws.list('parameter')[0]?.id ?? '');
    expect(await detect(world)).toMatchObject({ StackDriftStatus: 'DRIFTED', DriftedStackResourceCount: 2 });
    const drifts = await world.call('DescribeStackResourceDrifts', {
      StackName: 's',
      StackResourceDriftStatusFilters: ['MODIFIED', 'DELETED'],
    });
    expect(objectsAt(drifts, 'StackResourceDrifts')).toMatchObject([
      {
        LogicalResourceId: 'Subnet',
        PropertyDifferences: [
          {
            PropertyPath: '/CidrBlock',
            ExpectedValue: '10.0.1.0/24',
            ActualValue: '10.0.7.0/24',
            DifferenceType: 'NOT_EQUAL',
          },
        ],
      },
      { LogicalResourceId: 'Version', StackResourceDriftStatus: 'DELETED' },
    ]);
    expect(at(await world.stack('s'), 'DriftInformation', 'StackDriftStatus')).toBe('DRIFTED');
  });

  it('is put back by a change set that reverts it: what was changed is changed back, what is gone is made again', async () => {
    const world = await standing();
    const other = await changes(world, template('ami-1'));
    expect(other).toEqual([]);
    world.aws.tamper(world.aws.list('parameter')[0]?.id ?? '', { Value: 'tampered' });
    expect(await changes(world, template('ami-1'), { DeploymentMode: 'REVERT_DRIFT' })).toEqual([
      expect.stringMatching(/^Modify Version False;/),
    ]);
    world.aws.vanish(world.aws.list('parameter')[0]?.id ?? '');
    await world.call('CreateChangeSet', {
      StackName: 's',
      ChangeSetName: 'mend',
      TemplateBody: template('ami-1'),
      DeploymentMode: 'REVERT_DRIFT',
    });
    await world.clock.advance(10_000);
    const set = await world.call('DescribeChangeSet', { StackName: 's', ChangeSetName: 'mend' });
    expect(set).toMatchObject({ DeploymentMode: 'REVERT_DRIFT', ExecutionStatus: 'AVAILABLE' });
    expect(objectsAt(set, 'Changes').map((change) => at(change, 'ResourceChange', 'Action'))).toEqual(['Add']);
    await world.call('ExecuteChangeSet', { StackName: 's', ChangeSetName: 'mend' });
    expect(await world.settle('s')).toBe('UPDATE_COMPLETE');
    expect(world.aws.list('parameter')).toMatchObject([{ data: { Value: '1' } }]);
    expect(await detect(world)).toMatchObject({ StackDriftStatus: 'IN_SYNC', DriftedStackResourceCount: 0 });
  });

  it('is told of one resource at once', async () => {
    const world = await standing();
    const answer = await world.call('DetectStackResourceDrift', { StackName: 's', LogicalResourceId: 'Vpc' });
    expect(at(answer, 'StackResourceDrift', 'StackResourceDriftStatus')).toBe('IN_SYNC');
  });
});

describe('what is told of stacks', () => {
  it('pages events from the newest, undisturbed by new ones', async () => {
    const world = memoryWorld();
    const many = Array.from(
      { length: 60 },
      (_, n) => `P${n}: {Type: AWS::SSM::Parameter, Properties: {Name: /p${n}, Type: String, Value: v}}`,
    );
    await world.create('s', `Resources: {${many.join(', ')}}`);
    const first = await world.call('DescribeStackEvents', { StackName: 's' });
    await world.call('DeleteStack', { StackName: 's' });
    const id = textAt(first, 'StackEvents', 0, 'StackId');
    const second = await world.call('DescribeStackEvents', { StackName: id, NextToken: first['NextToken'] });
    const ids = [...objectsAt(first, 'StackEvents'), ...objectsAt(second, 'StackEvents')].map(
      (event) => event['EventId'],
    );
    expect(ids).toHaveLength(182);
    expect(new Set(ids).size).toBe(182);
    expect(textAt(first, 'StackEvents', 0, 'ResourceStatus')).toBe('CREATE_COMPLETE');
    expect(second['NextToken']).toBeUndefined();
  });

  it('lists deleted stacks only where asked', async () => {
    const world = await standing();
    await world.remove('s');
    expect(await world.call('DescribeStacks', {})).toEqual({ Stacks: [] });
    const all = await world.call('ListStacks', { StackStatusFilter: ['DELETE_COMPLETE'] });
    expect(objectsAt(all, 'StackSummaries')).toMatchObject([{ StackName: 's', StackStatus: 'DELETE_COMPLETE' }]);
  });

  it('gives back the template as it was given, and its summary', async () => {
    const world = await standing();
    expect((await world.call('GetTemplate', { StackName: 's' }))['TemplateBody']).toBe(template('ami-1'));
    expect(await world.call('GetTemplateSummary', { StackName: 's' })).toMatchObject({
      ResourceTypes: ['AWS::EC2::LaunchTemplate', 'AWS::EC2::Subnet', 'AWS::EC2::VPC', 'AWS::SSM::Parameter'],
      Parameters: [{ ParameterKey: 'Name', DefaultValue: 'one', ParameterType: 'String', NoEcho: false }],
      Capabilities: [],
    });
    await expect(world.call('ValidateTemplate', { TemplateBody: 'Resources: {A: {Type: AWS::X::Y}}' })).rejects.toThrow(
      'Unrecognized resource types: [AWS::X::Y]',
    );
  });

  it('finds a resource by either name', async () => {
    const world = await standing();
    const [subnet] = world.aws.list('subnet');
    const byId = await world.call('DescribeStackResources', { PhysicalResourceId: subnet?.id });
    expect(objectsAt(byId, 'StackResources').map((each) => each['LogicalResourceId'])).toContain('Subnet');
    const one = await world.call('DescribeStackResource', { StackName: 's', LogicalResourceId: 'Vpc' });
    expect(at(one, 'StackResourceDetail', 'Metadata')).toBe('{"a":"b"}');
  });
});
