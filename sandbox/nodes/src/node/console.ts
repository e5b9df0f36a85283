import { AwsError, type AwsService, type Backend } from '@roadstead/sandbox-gateway';
import { at, itemsOf, textOf } from '../read.ts';

/** What a machine has said since it was started. */
export type ConsoleState =
  | { readonly kind: 'starting' }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'joined'; readonly node: string; readonly cluster: string }
  /** No machine of a cluster, or not known yet. */
  | { readonly kind: 'unknown' };

/** The text of an instance's console: what a person looks at when a node does not come. */
export function consoleText(instanceId: string, state: ConsoleState): string {
  const lines = ['Amazon Linux 2023 (Roadstead sandbox)', `cloud-init: instance ${instanceId}`];
  if (state.kind === 'starting') lines.push('nodeadm: starting');
  if (state.kind === 'refused') lines.push('nodeadm: starting', `nodeadm: level=fatal msg="${state.reason}"`);
  if (state.kind === 'joined')
    lines.push('nodeadm: done', `kubelet: node ${state.node} registered with cluster ${state.cluster}`);
  return `${lines.join('\n')}\n`;
}

/** EC2's GetConsoleOutput; everything else of EC2 is somebody else's. */
export function createConsoleService(
  backend: Backend,
  stateOf: (instanceId: string) => ConsoleState,
  nowMs: () => number,
): AwsService {
  return {
    service: 'ec2',
    operations: new Set(['GetConsoleOutput']),
    handle: async ({ input, account, region }) => {
      const InstanceId = String(input.InstanceId);
      const found = await backend.call({ account, region }, 'ec2', 'DescribeInstances', { InstanceIds: [InstanceId] });
      const instance = itemsOf(at(itemsOf(found.Reservations)[0], 'Instances'))[0];
      if (textOf(at(instance, 'InstanceId')) === undefined)
        throw new AwsError('InvalidInstanceID.NotFound', `The instance ID '${InstanceId}' does not exist`, 400);
      const text = consoleText(InstanceId, stateOf(InstanceId));
      return { InstanceId, Timestamp: new Date(nowMs()), Output: Buffer.from(text).toString('base64') };
    },
  };
}
