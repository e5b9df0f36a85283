import type { Change } from '@roadstead/definition';
import { messageOf } from '@roadstead/foundation';
import { isTransient } from '../calls/aws-failure.ts';
import type { AwsReader, AwsWriter } from '../calls/aws-port.ts';
import type { AwsRunContext } from './context.ts';
import { pollDelay } from './poll-delay.ts';

/**
 * The same context with calls that outlast a passing failure of AWS (throttling, an outage, a network that is away):
 * longer than the SDK tries by itself, two minutes at the most, and told as progress. A write may be sent again as it
 * is: each carries its client token or may be repeated.
 */
export function patient(context: AwsRunContext, change: Pick<Change, 'id' | 'what' | 'usualSeconds'>): AwsRunContext {
  const persist = <T>(call: () => Promise<T>) => outlast(context, change, call);
  const { reader, writer } = context;
  return {
    ...context,
    reader: {
      region: reader.region,
      read: (...args: Parameters<AwsReader['read']>) => persist(() => reader.read(...args)),
    } as AwsReader,
    writer: {
      region: writer.region,
      write: (...args: Parameters<AwsWriter['write']>) => persist(() => writer.write(...args)),
    } as AwsWriter,
  };
}

async function outlast<T>(
  { clock, signal, pollScale, onProgress }: AwsRunContext,
  change: Pick<Change, 'id' | 'what' | 'usualSeconds'>,
  call: () => Promise<T>,
): Promise<T> {
  const started = clock.monotonic();
  const elapsed = () => clock.monotonic() - started;
  const limitMs = Math.max(10_000, 120_000 * pollScale);
  for (let quiet = 0; ; quiet += 1) {
    try {
      return await call();
    } catch (error) {
      if (!isTransient(error) || elapsed() > limitMs) throw error;
      onProgress({
        type: 'resource',
        changeId: change.id,
        resource: change.what,
        status: 'NO ANSWER',
        elapsedSeconds: elapsed() / 1000,
        usualSeconds: change.usualSeconds ?? 0,
        reason: messageOf(error),
      });
    }
    await clock.sleep(pollDelay(quiet, pollScale), signal);
  }
}
