import type { Change } from '@roadstead/definition';
import { orAbsent } from '../calls/aws-failure.ts';
import type { AwsRunContext, StepResult } from '../execute/context.ts';
import { converge, type Pass } from '../execute/converge.ts';
import { usual } from '../plan/usual-seconds.ts';

interface Kind {
  /** Whether it is still there, and what to call its deletion with. */
  find(context: AwsRunContext, name: string): Promise<string | undefined>;
  remove(context: AwsRunContext, id: string): Promise<unknown>;
}

const kinds: { readonly [kind: string]: Kind } = {
  'load-balancer': {
    find: async ({ reader, signal }, name) =>
      (await orAbsent(reader.read('elbv2', 'DescribeLoadBalancers', { Names: [name] }, signal)))?.LoadBalancers?.[0]
        ?.LoadBalancerArn,
    remove: ({ writer, signal }, LoadBalancerArn) =>
      writer.write('elbv2', 'DeleteLoadBalancer', { LoadBalancerArn }, signal),
  },
  'classic-load-balancer': {
    find: async ({ reader, signal }, name) =>
      (await orAbsent(reader.read('elb', 'DescribeLoadBalancers', { LoadBalancerNames: [name] }, signal)))
        ?.LoadBalancerDescriptions?.[0]?.LoadBalancerName,
    remove: ({ writer, signal }, LoadBalancerName) =>
      writer.write('elb', 'DeleteLoadBalancer', { LoadBalancerName }, signal),
  },
  'target-group': {
    find: async ({ reader, signal }, name) =>
      (await orAbsent(reader.read('elbv2', 'DescribeTargetGroups', { Names: [name] }, signal)))?.TargetGroups?.[0]
        ?.TargetGroupArn,
    remove: ({ writer, signal }, TargetGroupArn) =>
      writer.write('elbv2', 'DeleteTargetGroup', { TargetGroupArn }, signal),
  },
  volume: {
    find: async ({ reader, signal }, id) =>
      (await orAbsent(reader.read('ec2', 'DescribeVolumes', { VolumeIds: [id] }, signal)))?.Volumes?.find(
        (volume) => volume.State !== 'deleted',
      )?.VolumeId,
    remove: ({ writer, signal }, VolumeId) => writer.write('ec2', 'DeleteVolume', { VolumeId }, signal),
  },
  snapshot: {
    find: async ({ reader, signal }, id) =>
      (await orAbsent(reader.read('ec2', 'DescribeSnapshots', { SnapshotIds: [id] }, signal)))?.Snapshots?.[0]
        ?.SnapshotId,
    remove: ({ writer, signal }, SnapshotId) => writer.write('ec2', 'DeleteSnapshot', { SnapshotId }, signal),
  },
  'network-interface': {
    find: async ({ reader, signal }, id) =>
      (await orAbsent(reader.read('ec2', 'DescribeNetworkInterfaces', { NetworkInterfaceIds: [id] }, signal)))
        ?.NetworkInterfaces?.[0]?.NetworkInterfaceId,
    remove: ({ writer, signal }, NetworkInterfaceId) =>
      writer.write('ec2', 'DeleteNetworkInterface', { NetworkInterfaceId }, signal),
  },
  'security-group': {
    find: async ({ reader, signal }, id) =>
      (await orAbsent(reader.read('ec2', 'DescribeSecurityGroups', { GroupIds: [id] }, signal)))?.SecurityGroups?.[0]
        ?.GroupId,
    remove: ({ writer, signal }, GroupId) => writer.write('ec2', 'DeleteSecurityGroup', { GroupId }, signal),
  },
};

/** Deletes one thing that Kubernetes left behind: `<kind>/<name>`. What still uses it is waited for. */
export function deleteLeftover(context: AwsRunContext, change: Change, path: string): Promise<StepResult> {
  const slash = path.indexOf('/');
  const kind = kinds[path.slice(0, slash)];
  const name = path.slice(slash + 1);
  if (kind === undefined) throw new Error(`${change.id} is no leftover that can be deleted`);
  let asked = false;
  return converge(context, change, {
    usualSeconds: usual.quick,
    longestSeconds: 1_200,
    look: async (): Promise<Pass> => {
      const id = await kind.find(context, name);
      if (id === undefined) return { kind: 'done' };
      if (asked) return { kind: 'wait', status: 'DELETING', for: 'AWS to remove it' };
      const send = async () => {
        await kind.remove(context, id);
        asked = true;
        return undefined;
      };
      return { kind: 'act', what: 'delete it', send };
    },
  });
}
