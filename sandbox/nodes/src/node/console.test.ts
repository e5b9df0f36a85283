import { AwsError, type Backend } from '@roadstead/sandbox-gateway';
import { expect, test } from 'vitest';
import { type ConsoleState, consoleText, createConsoleService } from './console.ts';

test.each<[ConsoleState, string | undefined]>([
  [{ kind: 'unknown' }, undefined],
  [{ kind: 'starting' }, 'nodeadm: starting'],
  [{ kind: 'refused', reason: 'dial x: no such host' }, 'nodeadm: level=fatal msg="dial x: no such host"'],
  [{ kind: 'joined', node: 'ip-1', cluster: 'shop' }, 'kubelet: node ip-1 registered with cluster shop'],
])('the console of an instance that is %j', (state, last) => {
  const lines = consoleText('i-1', state).trimEnd().split('\n');
  expect(lines[1]).toBe('cloud-init: instance i-1');
  expect(lines.at(-1)).toBe(last ?? lines[1]);
});

const backend: Backend = {
  call: async (_, __, ___, { InstanceIds } = {}) => {
    if (String(InstanceIds) === 'i-1') return { Reservations: [{ Instances: [{ InstanceId: 'i-1' }] }] };
    throw new AwsError('InvalidInstanceID.NotFound', 'not there');
  },
};

async function ask(InstanceId: string): Promise<Record<string, unknown>> {
  const service = createConsoleService(
    backend,
    () => ({ kind: 'refused', reason: 'no route' }),
    () => 0,
  );
  const caller = { account: '1', arn: 'arn', userId: 'u', accessKeyId: 'k' };
  const common = { id: 'r', service: 'ec2', operation: 'GetConsoleOutput', account: '1', region: 'r', caller };
  return service.handle({ ...common, input: { InstanceId } });
}

test('EC2 tells it in base64, of instances of its own account alone', async () => {
  const { Output, ...rest } = await ask('i-1');
  expect(Buffer.from(String(Output), 'base64').toString()).toContain('no route');
  expect(rest).toEqual({ InstanceId: 'i-1', Timestamp: new Date(0) });
  await expect(ask('i-2')).rejects.toMatchObject({ code: 'InvalidInstanceID.NotFound' });
});
