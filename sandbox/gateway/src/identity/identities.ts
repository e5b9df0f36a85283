import type { Statement } from '../access/policy.ts';
import type { Caller } from '../service.ts';

/** One access key the sandbox knows, and who uses it. */
export interface Identity {
  readonly caller: Caller;
  readonly secretAccessKey: string;
  /** Only for temporary keys: the token every request must carry. */
  readonly sessionToken?: string;
  /** Milliseconds since the epoch; only for temporary keys. */
  readonly expiresAt?: number;
  /** Whether a role is behind it: a role that assumes a role may do so for an hour at most. */
  readonly isRole: boolean;
  /** Policies that the session was narrowed by when it was opened. */
  readonly sessionPolicies?: readonly Statement[];
}

/** The access keys of the sandbox: of its bootstrap users, from CreateAccessKey and from STS. */
export class Identities {
  readonly #byKey = new Map<string, Identity>();
  readonly #inactive = new Set<string>();

  add(identity: Identity): void {
    this.#byKey.set(identity.caller.accessKeyId, identity);
  }

  remove(accessKeyId: string): void {
    this.#byKey.delete(accessKeyId);
  }

  /** An inactive key is not known to anyone until it is active again. */
  setActive(accessKeyId: string, active: boolean): void {
    if (active) this.#inactive.delete(accessKeyId);
    else this.#inactive.add(accessKeyId);
  }

  find(accessKeyId: string): Identity | undefined {
    return this.#inactive.has(accessKeyId) ? undefined : this.#byKey.get(accessKeyId);
  }
}
