import { type BackoffPolicy, backoffDelayMs } from '@roadstead/foundation';

/** What came of one attempt that did not succeed. */
export type Attempt =
  | { readonly kind: 'status'; readonly code: number; readonly retryAfterMs?: number }
  | { readonly kind: 'connection'; readonly errorCode: string }
  | { readonly kind: 'timeout' };

export const requestBackoff: BackoffPolicy = { firstMs: 100, factor: 2, maxMs: 5_000, jitter: 0.5 };
export const maxAttempts = 6;
const longestRetryAfterMs = 30_000;

/** Connection errors after which the server cannot have seen the request: retried whatever the verb. */
const neverSent = new Set([
  'ECONNREFUSED',
  'UND_ERR_CONNECT_TIMEOUT',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'EAI_AGAIN',
  'PROXY_FAILED',
  'PROXY_UNREACHABLE',
]);
const lostOnTheWay = new Set([
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'UND_ERR_SOCKET',
  'UND_ERR_CLOSED',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);

/**
 * The wait before the next attempt in milliseconds, or `undefined` for no further attempt. `attempt` counts the
 * attempts made and starts at 1. A 429 was not processed, so it is retried for every verb (as client-go does);
 * everything that may have been processed only when the request is safe to repeat.
 */
export function retryDelayMs(
  attempt: number,
  outcome: Attempt,
  idempotent: boolean,
  random: number,
): number | undefined {
  if (attempt >= maxAttempts || !isRetryable(outcome, idempotent)) return undefined;
  const delay = backoffDelayMs(attempt, random, requestBackoff);
  if (outcome.kind !== 'status' || outcome.retryAfterMs === undefined) return delay;
  return Math.max(delay, Math.min(outcome.retryAfterMs, longestRetryAfterMs));
}

function isRetryable(outcome: Attempt, idempotent: boolean): boolean {
  switch (outcome.kind) {
    case 'timeout':
      return idempotent;
    case 'connection':
      return neverSent.has(outcome.errorCode) || (idempotent && lostOnTheWay.has(outcome.errorCode));
    case 'status':
      return outcome.code === 429 || (idempotent && [500, 502, 503, 504].includes(outcome.code));
  }
}

/** Reads a `Retry-After` header: seconds or an HTTP date. */
export function parseRetryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}
