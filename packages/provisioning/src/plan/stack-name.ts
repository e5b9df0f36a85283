import type { ObservedStack } from '../observe/observed.ts';
import { stackTag } from './tags.ts';

/** What the channel calls a cluster's stack: `network`, `pool-app` … */
export function stackNameOf(cluster: string, id: string): string {
  return `roadstead-${cluster}-${id}`;
}

/** The id of a stack of ours, which lines of a plan carry; its whole name when it is not called by its id. */
export function stackIdOf(cluster: string, stack: Pick<ObservedStack, 'stackName' | 'tags'>): string {
  const id = stack.tags[stackTag];
  return id !== undefined && stackNameOf(cluster, id) === stack.stackName ? id : stack.stackName;
}
