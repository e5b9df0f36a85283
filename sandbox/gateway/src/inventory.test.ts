import { describe, expect, it } from 'vitest';
import { pick, readInventory } from './inventory.ts';
import { AwsError, type Backend } from './service.ts';

describe('names out of an answer', () => {
  it.each([
    [{ Vpcs: [{ VpcId: 'a' }, { VpcId: 'b' }] }, ['Vpcs', 'VpcId'], ['a', 'b']],
    [
      { Reservations: [{ Instances: [{ InstanceId: 'i' }] }, { Instances: [] }] },
      ['Reservations', 'Instances', 'InstanceId'],
      ['i'],
    ],
    [{ QueueUrls: ['q'] }, ['QueueUrls'], ['q']],
    [{}, ['Vpcs', 'VpcId'], []],
  ])('%j by %j', (output, path, names) => {
    expect(pick(output, path)).toEqual(names);
  });
});

const place = { account: '123456789012', region: 'eu-central-1' };

function backend(
  answers: Readonly<Record<string, (input: Record<string, unknown>) => Record<string, unknown>>>,
): Backend {
  return { call: async (_, service, operation, input = {}) => answers[`${service}.${operation}`]?.(input) ?? {} };
}

describe('an inventory', () => {
  it('reads every page', async () => {
    const pages = backend({
      'iam.ListRoles': ({ Marker }) =>
        Marker === undefined
          ? { Roles: [{ RoleName: 'b' }], IsTruncated: true, Marker: '2' }
          : { Roles: [{ RoleName: 'a' }] },
    });
    expect(await readInventory(pages, place)).toEqual({ role: ['a', 'b'] });
  });

  it('leaves out what is gone, and the keys that AWS makes by itself', async () => {
    const world = backend({
      'ec2.DescribeInstances': () => ({
        Reservations: [
          {
            Instances: [
              { InstanceId: 'i-1', State: { Name: 'terminated' } },
              { InstanceId: 'i-2', State: { Name: 'running' } },
            ],
          },
        ],
      }),
      'ec2.DescribeNatGateways': () => ({ NatGateways: [{ NatGatewayId: 'nat-1', State: 'deleted' }] }),
      'kms.ListAliases': () => ({
        Aliases: [
          { AliasName: 'alias/aws/ebs', TargetKeyId: 'k-aws' },
          { AliasName: 'alias/mine', TargetKeyId: 'k-1' },
        ],
      }),
      'kms.ListKeys': () => ({ Keys: [{ KeyId: 'k-aws' }, { KeyId: 'k-1' }, { KeyId: 'k-2' }] }),
      'kms.DescribeKey': ({ KeyId }) => ({
        KeyMetadata: { KeyId, KeyState: KeyId === 'k-2' ? 'PendingDeletion' : 'Enabled' },
      }),
    });
    expect(await readInventory(world, place)).toEqual({ instance: ['i-2'], 'key-alias': ['alias/mine'], key: ['k-1'] });
  });

  it('does without what the emulator does not have, and hides no other failure', async () => {
    const refusing = (code: string): Backend => ({
      call: async () => {
        throw new AwsError(code, code, 501);
      },
    });
    expect(await readInventory(refusing('NotImplemented'), place)).toEqual({});
    await expect(readInventory(refusing('InternalFailure'), place)).rejects.toThrow('InternalFailure');
  });
});
