import type { JsonObject } from '../template/parse.ts';
import type { ResourceContext, Tag } from './handler.ts';
import { desiredTags, objectsAt, tagChange, unlessMissing, userTags } from './values.ts';

/** The tags a new EC2 resource is made with: the template's and CloudFormation's own. */
export function tagSpecifications(context: ResourceContext, resourceType: string, desired: JsonObject): JsonObject[] {
  return [{ ResourceType: resourceType, Tags: [...desiredTags(desired), ...context.systemTags] }];
}

/** Brings a resource's own tags from what is there to what is asked for. */
export async function updateTags(context: ResourceContext, id: string, after: JsonObject): Promise<void> {
  const answer = await context.call('ec2', 'DescribeTags', { Filters: [{ Name: 'resource-id', Values: [id] }] });
  const before: Tag[] = userTags(objectsAt(answer, 'Tags'));
  const { put, remove } = tagChange(before, desiredTags(after));
  if (put.length > 0) await context.call('ec2', 'CreateTags', { Resources: [id], Tags: put });
  if (remove.length > 0)
    await context.call('ec2', 'DeleteTags', { Resources: [id], Tags: remove.map((Key) => ({ Key })) });
}

/** The one resource that a describe operation answers for an id; `undefined` when there is none. */
export async function describeOne(
  context: ResourceContext,
  request: { readonly operation: string; readonly input: JsonObject; readonly items: string },
): Promise<JsonObject | undefined> {
  const answer = await unlessMissing(context.call('ec2', request.operation, request.input));
  return objectsAt(answer, request.items)[0];
}
