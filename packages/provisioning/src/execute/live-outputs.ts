import type { Release } from '@roadstead/channel';
import { type Json, RoadsteadError } from '@roadstead/foundation';
import { describeCluster } from '../observe/observe-eks.ts';
import { describeStack } from '../observe/observe-stacks.ts';
import { clusterOutputs, isUsable } from '../plan/desired.ts';
import { lateReferences, type Outputs, type Resolved, stackOfReference } from '../plan/late-values.ts';
import type { AwsRunContext } from './context.ts';

/** The outputs that a rendered value needs, as they are now. */
export async function liveOutputs(context: AwsRunContext, release: Release, value: unknown): Promise<Outputs> {
  const needed = [...new Set(lateReferences(value as Json).map(stackOfReference))];
  const entries = await Promise.all(needed.map(async (id) => [id, await outputsOf(context, release, id)] as const));
  return Object.fromEntries(entries);
}

async function outputsOf(context: AwsRunContext, release: Release, id: string) {
  const { reader, signal } = context;
  if (id === 'cluster') {
    const cluster = await describeCluster(reader, release.cluster.name, signal);
    return cluster === undefined ? undefined : clusterOutputs(cluster);
  }
  const stackName = release.stacks.find((stack) => stack.id === id)?.stackName;
  if (stackName === undefined) return undefined;
  const stack = await describeStack(reader, stackName, signal);
  return stack === undefined || !isUsable(stack) ? undefined : stack.outputs;
}

/** The value without holes; throws `LATE_VALUE_MISSING` when the world has not made what one stands for. */
export function settled<T extends Json>(what: string, resolved: Resolved<T>): T {
  if (resolved.unknown.length === 0) return resolved.value;
  throw new RoadsteadError(`${what} needs ${resolved.unknown.join(', ')}, which is not there`, {
    code: 'LATE_VALUE_MISSING',
    value: resolved.unknown,
    hint: 'the stack that makes it is missing or has failed; run `roadstead plan`',
    retry: 'backoff',
  });
}
