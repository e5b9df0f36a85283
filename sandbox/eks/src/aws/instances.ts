import type { Place } from '@roadstead/sandbox-gateway';
import type { Eks } from '../deps.ts';
import { isAwsError } from '../shared/errors.ts';
import { type Members, records, text, within } from '../shared/read.ts';

/** The node name of an instance, which is its private DNS name; `undefined` when it does not exist or has ended. */
export async function nodeNameOfInstance(eks: Eks, place: Place, instanceId: string): Promise<string | undefined> {
  try {
    const answer = await eks.context.backend.call(place, 'ec2', 'DescribeInstances', { InstanceIds: [instanceId] });
    const instance = records(answer, 'Reservations').flatMap((one) => records(one, 'Instances'))[0];
    if (instance === undefined || text(within(instance, 'State'), 'Name') !== 'running') return undefined;
    return text(instance, 'PrivateDnsName');
  } catch (error) {
    if (isAwsError(error) && error.code.startsWith('InvalidInstanceID')) return undefined;
    throw error;
  }
}

export interface GroupInstance {
  readonly id: string;
  readonly zone: string;
  readonly launchTemplateVersion: string;
  readonly lifecycleState: string;
}

export interface GroupFacts {
  readonly min: number;
  readonly max: number;
  readonly desired: number;
  readonly instances: readonly GroupInstance[];
}

/** An Auto Scaling group and its instances; `undefined` when it is gone. */
export async function readGroup(eks: Eks, place: Place, asgName: string): Promise<GroupFacts | undefined> {
  const answer = await eks.context.backend.call(place, 'autoscaling', 'DescribeAutoScalingGroups', {
    AutoScalingGroupNames: [asgName],
  });
  const group = records(answer, 'AutoScalingGroups')[0];
  if (group === undefined) return undefined;
  return {
    min: Number(group.MinSize),
    max: Number(group.MaxSize),
    desired: Number(group.DesiredCapacity),
    instances: records(group, 'Instances').map(instanceOf),
  };
}

function instanceOf(instance: Members): GroupInstance {
  return {
    id: text(instance, 'InstanceId') ?? '',
    zone: text(instance, 'AvailabilityZone') ?? '',
    launchTemplateVersion: text(within(instance, 'LaunchTemplate'), 'Version') ?? '',
    lifecycleState: text(instance, 'LifecycleState') ?? '',
  };
}
