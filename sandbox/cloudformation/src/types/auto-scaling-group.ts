import type { JsonObject } from '../template/parse.ts';
import { CallFailed, type ResourceContext, type ResourceHandler } from './handler.ts';
import { hookInput } from './lifecycle-hook.ts';
import { at, objectsAt, pick, same, textAt, textsAt, unlessMissing } from './values.ts';

const kept = [
  'AvailabilityZones',
  'CapacityRebalance',
  'HealthCheckGracePeriod',
  'HealthCheckType',
  'LaunchTemplate',
  'MixedInstancesPolicy',
  'NewInstancesProtectedFromScaleIn',
  'TerminationPolicies',
];

/** `AWS::AutoScaling::AutoScalingGroup`. Ref is the group's name. */
export const autoScalingGroupHandler: ResourceHandler = {
  type: 'AWS::AutoScaling::AutoScalingGroup',
  properties: [
    'AutoScalingGroupName',
    'MinSize',
    'MaxSize',
    'DesiredCapacity',
    'Cooldown',
    'VPCZoneIdentifier',
    'TargetGroupARNs',
    'LifecycleHookSpecificationList',
    'Tags',
    ...kept,
  ],
  attributes: ['AutoScalingGroupARN'],
  nameProperty: 'AutoScalingGroupName',
  usualSeconds: { create: 60, update: 30, delete: 60 },
  async create(context, desired, made) {
    const name = String(desired['AutoScalingGroupName'] ?? context.physicalName(255));
    const system = context.systemTags.map((tag) => ({ ...tag, PropagateAtLaunch: true }));
    await context.call('autoscaling', 'CreateAutoScalingGroup', {
      AutoScalingGroupName: name,
      ...settings(desired),
      DesiredCapacity: Number(desired['DesiredCapacity'] ?? desired['MinSize']),
      ...pick(desired, ['TargetGroupARNs']),
      Tags: groupTags(name, [...objectsAt(desired, 'Tags'), ...system]),
    });
    made(name);
    await updateHooks(context, name, {}, desired);
  },
  async read(context, name, desired) {
    const group = await findGroup(context, name);
    if (group === undefined) return undefined;
    return {
      properties: await readProperties(context, group, desired),
      attributes: { AutoScalingGroupARN: group['AutoScalingGroupARN'] },
    };
  },
  async update(context, name, before, after) {
    const desiredChanged = !same(before['DesiredCapacity'], after['DesiredCapacity']);
    await context.call('autoscaling', 'UpdateAutoScalingGroup', {
      AutoScalingGroupName: name,
      ...settings(after),
      ...(desiredChanged && after['DesiredCapacity'] !== undefined
        ? { DesiredCapacity: Number(after['DesiredCapacity']) }
        : {}),
    });
    await updateTargetGroups(context, name, before, after);
    await updateHooks(context, name, before, after);
    await updateTags(context, name, before, after);
  },
  async delete(context, name) {
    const group = await findGroup(context, name);
    if (group === undefined) return;
    if (objectsAt(group, 'Instances').length > 0) {
      await context.call('autoscaling', 'UpdateAutoScalingGroup', {
        AutoScalingGroupName: name,
        MinSize: 0,
        MaxSize: 0,
        DesiredCapacity: 0,
      });
      const left = objectsAt(await findGroup(context, name), 'Instances').length;
      // Asked again by the engine until the instances are gone.
      if (left > 0)
        throw new CallFailed(
          'ScalingActivityInProgress',
          `${left} instances of ${name} are still terminating`,
          undefined,
        );
    }
    await unlessMissing(context.call('autoscaling', 'DeleteAutoScalingGroup', { AutoScalingGroupName: name }));
  },
};

function settings(desired: JsonObject): JsonObject {
  const zones = textsAt(desired, 'VPCZoneIdentifier');
  return {
    MinSize: Number(desired['MinSize']),
    MaxSize: Number(desired['MaxSize']),
    ...(desired['Cooldown'] === undefined ? {} : { DefaultCooldown: Number(desired['Cooldown']) }),
    ...(zones.length === 0 ? {} : { VPCZoneIdentifier: zones.join(',') }),
    ...pick(desired, kept),
  };
}

function groupTags(name: string, tags: readonly JsonObject[]): JsonObject[] {
  return tags.map((tag) => ({ ...tag, ResourceId: name, ResourceType: 'auto-scaling-group' }));
}

async function findGroup(context: ResourceContext, name: string): Promise<JsonObject | undefined> {
  const answer = await context.call('autoscaling', 'DescribeAutoScalingGroups', { AutoScalingGroupNames: [name] });
  return objectsAt(answer, 'AutoScalingGroups')[0];
}

async function readProperties(context: ResourceContext, group: JsonObject, desired: JsonObject): Promise<JsonObject> {
  const name = textAt(group, 'AutoScalingGroupName');
  const hooks = await context.call('autoscaling', 'DescribeLifecycleHooks', { AutoScalingGroupName: name });
  const declared = objectsAt(desired, 'LifecycleHookSpecificationList').map((hook) => hook['LifecycleHookName']);
  return {
    ...pick(group, ['AutoScalingGroupName', 'TargetGroupARNs', ...kept.filter((each) => each !== 'AvailabilityZones')]),
    MinSize: group['MinSize'],
    MaxSize: group['MaxSize'],
    DesiredCapacity: group['DesiredCapacity'],
    Cooldown: group['DefaultCooldown'],
    VPCZoneIdentifier: String(at(group, 'VPCZoneIdentifier') ?? '').split(','),
    LifecycleHookSpecificationList: objectsAt(hooks, 'LifecycleHooks').filter((hook) =>
      declared.includes(hook['LifecycleHookName']),
    ),
    Tags: objectsAt(group, 'Tags')
      .filter((tag) => !String(tag['Key']).startsWith('aws:'))
      .map((tag) => pick(tag, ['Key', 'Value', 'PropagateAtLaunch'])),
  };
}

async function updateTargetGroups(
  context: ResourceContext,
  name: string,
  before: JsonObject,
  after: JsonObject,
): Promise<void> {
  const [old, wanted] = [textsAt(before, 'TargetGroupARNs'), textsAt(after, 'TargetGroupARNs')];
  const attach = wanted.filter((arn) => !old.includes(arn));
  const detach = old.filter((arn) => !wanted.includes(arn));
  if (attach.length > 0) {
    await context.call('autoscaling', 'AttachLoadBalancerTargetGroups', {
      AutoScalingGroupName: name,
      TargetGroupARNs: attach,
    });
  }
  if (detach.length > 0) {
    await context.call('autoscaling', 'DetachLoadBalancerTargetGroups', {
      AutoScalingGroupName: name,
      TargetGroupARNs: detach,
    });
  }
}

async function updateHooks(
  context: ResourceContext,
  name: string,
  before: JsonObject,
  after: JsonObject,
): Promise<void> {
  const wanted = objectsAt(after, 'LifecycleHookSpecificationList');
  for (const hook of wanted) await context.call('autoscaling', 'PutLifecycleHook', hookInput(name, hook));
  const names = wanted.map((hook) => hook['LifecycleHookName']);
  for (const hook of objectsAt(before, 'LifecycleHookSpecificationList')) {
    if (names.includes(hook['LifecycleHookName'])) continue;
    await context.call('autoscaling', 'DeleteLifecycleHook', {
      AutoScalingGroupName: name,
      ...pick(hook, ['LifecycleHookName']),
    });
  }
}

async function updateTags(
  context: ResourceContext,
  name: string,
  before: JsonObject,
  after: JsonObject,
): Promise<void> {
  const [old, wanted] = [objectsAt(before, 'Tags'), objectsAt(after, 'Tags')];
  if (same(old, wanted)) return;
  if (wanted.length > 0) await context.call('autoscaling', 'CreateOrUpdateTags', { Tags: groupTags(name, wanted) });
  const gone = old.filter((tag) => !wanted.some((each) => each['Key'] === tag['Key']));
  if (gone.length > 0) await context.call('autoscaling', 'DeleteTags', { Tags: groupTags(name, gone) });
}
