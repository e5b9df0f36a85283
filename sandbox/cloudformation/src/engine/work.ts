import { messageOf } from '@roadstead/foundation';
import type { Engine } from './engine.ts';
import type { Stack } from './stack.ts';

/** At most so many resources of one stack are worked on at once. */
export const resourcesAtOnce = 20;

/** Why an operation's waits end before their time. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly by: 'cancel' | 'delete' | 'failure' | 'timeout';
  constructor(by: Interrupted['by']) {
    super(`interrupted by ${by}`);
    this.by = by;
  }
}

const running = new WeakMap<Stack, Promise<void>>();

/**
 * Runs an operation's work beside the request that asked for it, after what still runs on the stack. The sandbox's
 * stop ends it in silence; any other failure is a bug and is logged.
 */
export function startWork(engine: Engine, stack: Stack, work: (cancel: AbortController) => Promise<void>): void {
  const before = running.get(stack) ?? Promise.resolve();
  const cancel = new AbortController();
  const next = before.then(async () => {
    if (engine.context.signal.aborted) return;
    stack.cancel = cancel;
    try {
      await work(cancel);
    } catch (error) {
      if (!engine.context.signal.aborted) {
        engine.context.log({ stack: stack.name, error: messageOf(error) }, 'stack operation broke');
      }
    }
  });
  running.set(stack, next);
}

/** What ended an operation's waits, when something did. */
export function interruption(cancel: AbortController): Interrupted['by'] | undefined {
  return cancel.signal.reason instanceof Interrupted ? cancel.signal.reason.by : undefined;
}
