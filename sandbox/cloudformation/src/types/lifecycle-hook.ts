import type { JsonObject } from '../template/parse.ts';
import type { ResourceContext, ResourceHandler } from './handler.ts';
import { objectsAt, pick, unlessMissing } from './values.ts';

const settings = ['LifecycleTransition', 'DefaultResult', 'HeartbeatTimeout', 'NotificationMetadata'];

/** What sets a hook of a group. */
export function hookInput(group: string, hook: JsonObject): JsonObject {
  return { AutoScalingGroupName: group, ...pick(hook, ['LifecycleHookName', ...settings]) };
}

/** `AWS::AutoScaling::LifecycleHook` without a notification target of its own. Ref is the hook's name. */
export const lifecycleHookHandler: ResourceHandler = {
  type: 'AWS::AutoScaling::LifecycleHook',
  properties: ['AutoScalingGroupName', 'LifecycleHookName', ...settings],
  attributes: [],
  nameProperty: 'LifecycleHookName',
  usualSeconds: { create: 5, update: 5, delete: 5 },
  async create(context, desired, made) {
    const name = String(desired['LifecycleHookName'] ?? context.physicalName(255));
    await put(context, name, desired);
    made(name);
  },
  async read(context, name, desired) {
    const answer = await unlessMissing(
      context.call('autoscaling', 'DescribeLifecycleHooks', pick(desired, ['AutoScalingGroupName'])),
    );
    const hook = objectsAt(answer, 'LifecycleHooks').find((each) => each['LifecycleHookName'] === name);
    if (hook === undefined) return undefined;
    return { properties: pick(hook, ['AutoScalingGroupName', 'LifecycleHookName', ...settings]), attributes: {} };
  },
  update: (context, name, _before, after) => put(context, name, after),
  async delete(context, name, properties) {
    await unlessMissing(
      context.call('autoscaling', 'DeleteLifecycleHook', {
        LifecycleHookName: name,
        ...pick(properties, ['AutoScalingGroupName']),
      }),
    );
  },
};

async function put(context: ResourceContext, name: string, desired: JsonObject): Promise<void> {
  await context.call(
    'autoscaling',
    'PutLifecycleHook',
    hookInput(String(desired['AutoScalingGroupName']), { ...desired, LifecycleHookName: name }),
  );
}
