import type { Release } from '@roadstead/channel';
import type { Change } from '@roadstead/definition';
import type { Clock } from '@roadstead/foundation';
import type { AwsRunContext, ResourceProgress } from '../execute/context.ts';
import { executeAwsChange } from '../execute/execute-change.ts';
import type { FakeAws } from './fake-aws.ts';

export const ownRole = 'arn:aws:iam::123456789012:role/team/operator';

/** A context for steps on the fake, which keeps what they tell. */
export function fakeContext(
  aws: FakeAws,
  clock: Clock,
  runId = 'run-1',
): AwsRunContext & { readonly told: ResourceProgress[] } {
  const told: ResourceProgress[] = [];
  return {
    reader: aws.reader,
    writer: aws.writer,
    clock,
    signal: new AbortController().signal,
    onProgress: (event) => void told.push(event),
    pollScale: 1,
    runId,
    cluster: 'shop',
    ownPrincipalArn: ownRole,
    told,
  };
}

/** Executes batches one after the other, the changes of each together, as a run does. */
export async function runBatches(
  context: AwsRunContext,
  batches: readonly (readonly Change[])[],
  release?: Release,
): Promise<void> {
  for (const batch of batches) await Promise.all(batch.map((change) => executeAwsChange(context, change, release)));
}
