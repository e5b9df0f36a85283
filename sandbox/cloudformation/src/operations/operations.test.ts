import { describe, expect, it } from 'vitest';
import { memoryWorld, type StackWorld } from '../testing/stack-world.ts';
import { changes, standing, template } from '../testing/standing-stack.ts';
import { at, objectsAt, textAt } from '../types/values.ts';

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

  it('is looked for once at a time', async () => {
    const world = await standing();
    await world.call('DetectStackDrift', { StackName: 's' });
    await expect(world.call('DetectStackDrift', { StackName: 's' })).rejects.toThrow(/already in progress/);
    await world.clock.advance(20_000);
    await world.clock.advance(1);
    expect(await detect(world)).toMatchObject({ StackDriftStatus: 'IN_SYNC' });
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
