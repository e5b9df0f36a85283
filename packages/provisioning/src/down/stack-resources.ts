import { mapBounded } from '@roadstead/foundation';
import { orAbsent } from '../calls/aws-failure.ts';
import type { AwsReader } from '../calls/aws-port.ts';
import type { ObservedStack } from '../observe/observed.ts';
import { allPages } from '../observe/plain.ts';

/** One thing that a stack of ours holds. */
export interface StackResource {
  readonly stackName: string;
  readonly logicalId: string;
  readonly type: string;
  /** The physical id: what the thing is called at its own service. */
  readonly id: string;
}

/** Everything that the stacks hold now. */
export async function listResources(
  reader: AwsReader,
  stacks: readonly ObservedStack[],
  signal?: AbortSignal,
): Promise<readonly StackResource[]> {
  const lists = await mapBounded(stacks, 4, (stack) => resourcesOf(reader, stack.stackName, signal));
  return lists.flat();
}

/** None of a stack that has gone since it was listed. */
async function resourcesOf(
  reader: AwsReader,
  stackName: string,
  signal?: AbortSignal,
): Promise<readonly StackResource[]> {
  const resources = await orAbsent(
    allPages(
      (token) =>
        reader.read(
          'cloudformation',
          'ListStackResources',
          { StackName: stackName, ...(token === undefined ? {} : { NextToken: token }) },
          signal,
        ),
      (page) => page.StackResourceSummaries,
      (page) => page.NextToken,
    ),
  );
  return (resources ?? []).flatMap(({ PhysicalResourceId, LogicalResourceId, ResourceType, ResourceStatus }) =>
    PhysicalResourceId === undefined || ResourceStatus === 'DELETE_COMPLETE'
      ? []
      : [{ stackName, logicalId: LogicalResourceId ?? '', type: ResourceType ?? '', id: PhysicalResourceId }],
  );
}
