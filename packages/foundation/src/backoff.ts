export interface BackoffPolicy {
  readonly firstMs: number;
  readonly factor: number;
  readonly maxMs: number;
  /** 0 = none; 0.5 = the delay may shrink by up to half. Randomness is the caller's argument. */
  readonly jitter: number;
}

export const defaultBackoff: BackoffPolicy = { firstMs: 500, factor: 2, maxMs: 20_000, jitter: 0.5 };

/**
 * The wait before a retry. `attempt` counts the failures so far and starts at 1; `random` is in [0, 1).
 */
export function backoffDelayMs(attempt: number, random: number, policy: BackoffPolicy = defaultBackoff): number {
  const full = Math.min(policy.maxMs, policy.firstMs * policy.factor ** Math.max(0, attempt - 1));
  return Math.round(full * (1 - policy.jitter * random));
}
