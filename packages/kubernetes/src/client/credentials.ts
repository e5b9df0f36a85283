import type { Clock } from '@roadstead/foundation';

/** What a request proves its identity with. */
export interface Credential {
  readonly token?: string;
  readonly clientCertificatePem?: string;
  readonly clientKeyPem?: string;
  /** Milliseconds since the epoch; absent when it does not expire. */
  readonly expiresAtMs?: number;
}

/** Where credentials come from. Never logs or prints what it holds. */
export interface CredentialSource {
  /** The credential to use now; fetched anew when none is held or the held one is about to expire. */
  current(signal?: AbortSignal): Promise<Credential>;
  /** The server answered 401 to this credential: do not hand it out again. Returns whether a new one may help. */
  reject(credential: Credential): boolean;
}

export function staticToken(token: string): CredentialSource {
  return { current: async () => ({ token }), reject: () => false };
}

export function clientCertificate(certificatePem: string, keyPem: string): CredentialSource {
  const credential = { clientCertificatePem: certificatePem, clientKeyPem: keyPem };
  return { current: async () => credential, reject: () => false };
}

export const anonymous: CredentialSource = { current: async () => ({}), reject: () => false };

/** How long before its expiry a credential is no longer begun with: covers a slow request and skewed clocks. */
const skewMs = 60_000;

/**
 * Credentials from an asynchronous function (EKS tokens, exec plugins). One fetch at a time, however many requests wait;
 * a waiter that is told to stop leaves it to the others.
 */
export function refreshingCredentials(fetchCredential: () => Promise<Credential>, clock: Clock): CredentialSource {
  let held: Credential | undefined;
  let inFlight: Promise<Credential> | undefined;
  const isFresh = (credential: Credential) =>
    credential.expiresAtMs === undefined || credential.expiresAtMs - skewMs > clock.now();
  return {
    current: async (signal) => {
      signal?.throwIfAborted();
      if (held !== undefined && isFresh(held)) return held;
      inFlight ??= fetchCredential().then(
        (credential) => {
          inFlight = undefined;
          held = credential;
          return credential;
        },
        (error: unknown) => {
          inFlight = undefined;
          throw error;
        },
      );
      return unlessAborted(inFlight, signal);
    },
    reject: (credential) => {
      if (held === credential) held = undefined;
      return true;
    },
  };
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  const ended = new AbortController();
  const aborted = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true, signal: ended.signal });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    ended.abort();
  }
}
