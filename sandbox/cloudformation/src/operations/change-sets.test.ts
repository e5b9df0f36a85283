import { describe, expect, it } from 'vitest';
import { memoryWorld } from '../testing/stack-world.ts';
import { changes, standing, template } from '../testing/standing-stack.ts';
import { objectsAt, textAt } from '../types/values.ts';

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
    const { ChangeSetName } = execute;
    expect(await world.call('DescribeChangeSet', { ChangeSetName })).toMatchObject({
      ExecutionStatus: 'EXECUTE_COMPLETE',
    });
    expect(world.aws.list('template-version')).toHaveLength(2);
  });

  it('are of no use once the stack has moved', async () => {
    const world = await standing();
    await changes(world, template('ami-2'));
    const [summary] = objectsAt(await world.call('ListChangeSets', { StackName: 's' }), 'Summaries');
    await world.update('s', template('ami-3'));
    await expect(world.call('ExecuteChangeSet', { ChangeSetName: textAt(summary, 'ChangeSetId') })).rejects.toThrow(
      'cannot be executed in its current execution status of [OBSOLETE]',
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

  it('are obsolete when they were still being computed while the stack moved', async () => {
    const world = await standing();
    await world.call('CreateChangeSet', { StackName: 's', ChangeSetName: 'c', TemplateBody: template('ami-2') });
    await world.call('UpdateStack', { StackName: 's', TemplateBody: template('ami-3') });
    await world.clock.advance(10_000);
    expect(await world.settle('s')).toBe('UPDATE_COMPLETE');
    expect(await world.call('DescribeChangeSet', { StackName: 's', ChangeSetName: 'c' })).toMatchObject({
      Status: 'CREATE_COMPLETE',
      ExecutionStatus: 'OBSOLETE',
    });
    await expect(world.call('ExecuteChangeSet', { StackName: 's', ChangeSetName: 'c' })).rejects.toThrow(
      /cannot be executed in its current execution status of \[OBSOLETE\]$/,
    );
  });

  it('are gone when another one was executed', async () => {
    const world = await standing();
    for (const name of ['one', 'two']) {
      await world.call('CreateChangeSet', { StackName: 's', ChangeSetName: name, TemplateBody: template('ami-2') });
    }
    await world.clock.advance(10_000);
    await world.call('ExecuteChangeSet', { StackName: 's', ChangeSetName: 'one' });
    expect(await world.settle('s')).toBe('UPDATE_COMPLETE');
    const summaries = objectsAt(await world.call('ListChangeSets', { StackName: 's' }), 'Summaries');
    expect(summaries.map(({ ChangeSetName }) => ChangeSetName)).toEqual(['one']);
    await expect(world.call('ExecuteChangeSet', { StackName: 's', ChangeSetName: 'two' })).rejects.toMatchObject({
      code: 'ChangeSetNotFound',
    });
  });

  it('are executed once, also by two at the same time', async () => {
    const world = await standing();
    world.aws.tamper(world.aws.list('parameter')[0]?.id ?? '', { Value: 'tampered' });
    const mend = { StackName: 's', ChangeSetName: 'mend' };
    const more = { TemplateBody: template('ami-1'), DeploymentMode: 'REVERT_DRIFT' };
    await world.call('CreateChangeSet', { ...mend, ...more });
    await world.clock.advance(10_000);
    const both = await Promise.allSettled([1, 2].map(() => world.call('ExecuteChangeSet', mend)));
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(await world.settle('s')).toBe('UPDATE_COMPLETE');
  });

  it('give the stack their role', async () => {
    const world = await standing();
    const real = world.aws.call.bind(world.aws);
    world.aws.call = async (place, service, operation, input) =>
      operation === 'GetRole' ? {} : real(place, service, operation, input);
    const RoleARN = 'arn:aws:iam::123456789012:role/deployer';
    const named = { StackName: 's', ChangeSetName: 'c' };
    await world.call('CreateChangeSet', { ...named, TemplateBody: template('ami-2'), RoleARN });
    await world.clock.advance(10_000);
    expect(await world.stack('s')).not.toHaveProperty('RoleARN');
    await world.call('ExecuteChangeSet', named);
    expect(await world.stack('s')).toMatchObject({ RoleARN });
  });

  it.each<[string, object, string | RegExp]>([
    [
      'the same token and another template',
      { ClientToken: 't', TemplateBody: template('ami-3') },
      /mismatch with exist/,
    ],
    ['another token', { ClientToken: 'u' }, /already exists$/],
    ['no token', { ClientToken: undefined }, /already exists$/],
  ])('of one name are refused with %s', async (_, more, message) => {
    const world = await standing();
    const input = { StackName: 's', ChangeSetName: 'c', TemplateBody: template('ami-2'), ClientToken: 't' };
    const { Id } = await world.call('CreateChangeSet', input);
    expect(await world.call('CreateChangeSet', input)).toMatchObject({ Id });
    await expect(world.call('CreateChangeSet', { ...input, ...more })).rejects.toMatchObject({
      code: 'AlreadyExistsException',
      message: expect.stringMatching(message),
    });
  });

  it('of one name are one, also when two ask at the same time', async () => {
    const world = await standing();
    const input = { StackName: 's', ChangeSetName: 'c' };
    const ask = (image: string) => world.call('CreateChangeSet', { ...input, TemplateBody: template(image) });
    const both = await Promise.allSettled([ask('ami-2'), ask('ami-3')]);
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });

  it('of a new stack make one stack, also when two ask at the same time', async () => {
    const world = memoryWorld();
    const input = { StackName: 's', ChangeSetType: 'CREATE', TemplateBody: template('ami-1') };
    const ask = (ChangeSetName: string) => world.call('CreateChangeSet', { ...input, ChangeSetName });
    await Promise.allSettled([ask('one'), ask('two')]);
    expect(world.service.inventory()).toHaveLength(1);
  });

  it('of an update cannot delete the stack when they fail', async () => {
    const world = await standing();
    const input = { StackName: 's', ChangeSetName: 'c', TemplateBody: template('ami-2'), OnStackFailure: 'DELETE' };
    await expect(world.call('CreateChangeSet', input)).rejects.toThrow(/only valid when the ChangeSetType/);
  });
});
