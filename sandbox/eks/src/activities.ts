import { messageOf } from '@roadstead/foundation';

/** Work that goes on after the answer. Ends with the sandbox; a failure is logged and never lost. */
export class Activities {
  readonly #signal: AbortSignal;
  readonly #log: (fields: object, message: string) => void;
  readonly #running = new Set<Promise<void>>();

  constructor(signal: AbortSignal, log: (fields: object, message: string) => void) {
    this.#signal = signal;
    this.#log = log;
  }

  start(name: string, work: (signal: AbortSignal) => Promise<void>): void {
    const run = (async () => {
      try {
        await work(this.#signal);
      } catch (error) {
        if (!this.#signal.aborted) this.#log({ activity: name, error: messageOf(error) }, 'activity failed');
      }
    })();
    this.#running.add(run);
    void run.finally(() => this.#running.delete(run));
  }

  /** Resolves when all work has ended; abort the signal first. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}
