import { describe, expect, it } from 'vitest';
import { network, parameter, refused } from '../testing/network-template.ts';
import { memoryWorld } from '../testing/stack-world.ts';
import { textAt } from '../types/values.ts';

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
