import { AsyncLocalStorage } from 'node:async_hooks';
import type { Caller } from '../service.ts';

/** Whose request a service works on; follows everything that the work starts, also after the answer. */
export class OnBehalf {
  readonly #storage = new AsyncLocalStorage<Caller>();

  run<T>(caller: Caller, work: () => T): T {
    return this.#storage.run(caller, work);
  }

  /** `undefined` outside of any request. */
  get caller(): Caller | undefined {
    return this.#storage.getStore();
  }
}
