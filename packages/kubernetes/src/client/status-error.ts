import { type Retry, RoadsteadError } from '@roadstead/foundation';
import { isRecord, numberAt, recordsAt, stringAt } from '../objects/kubernetes-object.ts';

/** One reason inside a Status: which field, and what is wrong with it. */
export interface StatusCause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

/** The parts of `v1.Status` that decisions are made on. */
export interface ApiStatus {
  readonly code: number;
  /** `NotFound`, `Conflict`, `Invalid`, `Expired` …; empty when the answer was not a Status. */
  readonly reason: string;
  readonly message: string;
  readonly causes: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

/** An answer of the API server that was a refusal. `code` is stable; `status` has what it said. */
export class KubernetesStatusError extends RoadsteadError {
  readonly status: ApiStatus;

  constructor(
    message: string,
    status: ApiStatus,
    options: { readonly code: string; readonly hint?: string; readonly retry: Retry },
  ) {
    super(message, { ...options, value: status.message });
    this.status = status;
  }
}

interface Meaning {
  readonly code: string;
  readonly retry: Retry;
  readonly hint?: string;
}

const tooLarge: Meaning = {
  code: 'KUBE_TOO_LARGE',
  retry: 'never',
  hint: 'An object may have about 1.5 MiB, a ConfigMap or Secret 1 MiB.',
};

const byReason: Readonly<Record<string, Meaning>> = {
  AlreadyExists: { code: 'KUBE_ALREADY_EXISTS', retry: 'never' },
  Expired: { code: 'KUBE_EXPIRED', retry: 'now', hint: 'The resource version is too old: list again.' },
  Gone: { code: 'KUBE_EXPIRED', retry: 'now', hint: 'The resource version is too old: list again.' },
};

const byCode: Readonly<Record<number, Meaning>> = {
  400: { code: 'KUBE_BAD_REQUEST', retry: 'never' },
  401: {
    code: 'KUBE_UNAUTHORIZED',
    retry: 'never',
    hint: 'The API server does not know this identity: is there an access entry for it, and is the token of this cluster?',
  },
  403: {
    code: 'KUBE_FORBIDDEN',
    retry: 'never',
    hint: 'The identity is known but lacks the right: see `kubectl auth can-i --list`.',
  },
  404: { code: 'KUBE_NOT_FOUND', retry: 'never' },
  405: { code: 'KUBE_METHOD_NOT_ALLOWED', retry: 'never' },
  409: { code: 'KUBE_CONFLICT', retry: 'never', hint: 'Somebody else changed or owns it: look again and decide.' },
  410: { code: 'KUBE_EXPIRED', retry: 'now', hint: 'The resource version is too old: list again.' },
  413: tooLarge,
  415: { code: 'KUBE_UNSUPPORTED', retry: 'never' },
  422: { code: 'KUBE_INVALID', retry: 'never' },
  429: { code: 'KUBE_THROTTLED', retry: 'backoff' },
};

/** The stable code, the hint and who may retry, for what the server answered. */
export function meaningOfStatus(status: ApiStatus): Meaning {
  // Server-side apply answers 500 to a body that does not fit the schema; no repeating mends that.
  if (status.message.startsWith('failed to create typed patch object')) return { code: 'KUBE_INVALID', retry: 'never' };
  // What etcd does not take comes back as the server's own failure.
  if (/etcdserver: request is too large|trying to send message larger than max/.test(status.message)) return tooLarge;
  const meaning = byReason[status.reason] ?? byCode[status.code];
  if (meaning !== undefined) return meaning;
  if (status.code >= 500) return { code: 'KUBE_SERVER_ERROR', retry: 'backoff' };
  return { code: 'KUBE_REFUSED', retry: 'never' };
}

/** Reads a Status from an answer's body; what is no Status (a proxy's HTML) is quoted, cut to 200 characters. */
export function parseStatus(httpCode: number, body: string): ApiStatus {
  const json = parseJson(body);
  if (!isRecord(json) || json.kind !== 'Status') {
    return { code: httpCode, reason: '', message: body.trim().slice(0, 200) || `HTTP ${httpCode}`, causes: [] };
  }
  const causes = recordsAt(json, 'details', 'causes').map((cause) => ({
    reason: stringAt(cause, 'reason') ?? '',
    message: stringAt(cause, 'message') ?? '',
    field: stringAt(cause, 'field') ?? '',
  }));
  const retryAfterSeconds = numberAt(json, 'details', 'retryAfterSeconds');
  return {
    code: numberAt(json, 'code') ?? httpCode,
    reason: stringAt(json, 'reason') ?? '',
    message: stringAt(json, 'message') ?? `HTTP ${httpCode}`,
    causes,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  };
}

/** `what` is the request in an operator's words: `apply Deployment shop/web`. */
export function statusError(what: string, status: ApiStatus): KubernetesStatusError {
  const { code, retry, hint } = meaningOfStatus(status);
  return new KubernetesStatusError(`${what}: ${status.message}`, status, {
    code,
    retry,
    ...(hint === undefined ? {} : { hint }),
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
