import { parseQuery, type WireRequest } from '../protocol/http.ts';
import { AwsError, type Caller } from '../service.ts';
import { verifySignature } from './authenticate.ts';
import type { Identities } from './identities.ts';
import { readSignature, timestampMs } from './sigv4.ts';

export interface PresignedOptions {
  /** Headers that must have been signed, with the values they must have had: `x-k8s-aws-id` and the cluster's name. */
  readonly requiredHeaders: Readonly<Record<string, string>>;
  readonly identities: Identities;
  readonly nowMs: number;
  /** Whether a host name (with port) is one of this sandbox's own STS addresses. */
  readonly isOwnHost: (host: string) => boolean;
}

/** `refusal` says why, for a log; clients only learn that they are not known. */
export type PresignedVerdict = { readonly caller: Caller } | { readonly refusal: string };

const knownQuery = new Set([
  'action',
  'version',
  'x-amz-algorithm',
  'x-amz-credential',
  'x-amz-date',
  'x-amz-expires',
  'x-amz-security-token',
  'x-amz-signature',
  'x-amz-signedheaders',
  'x-amz-user-agent',
]);
const oldestMs = 15 * 60_000;

/**
 * Judges the URL inside an EKS bearer token as STS and aws-iam-authenticator together do: a presigned GET of
 * GetCallerIdentity and nothing else, signed with a secret the sandbox knows, over the required headers, at most 15
 * minutes old.
 */
export function verifyPresignedGetCallerIdentity(url: string, options: PresignedOptions): PresignedVerdict {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined) return { refusal: 'not a URL' };
  if (!isStsHost(parsed.host) && !options.isOwnHost(parsed.host)) return { refusal: `not an STS host: ${parsed.host}` };
  if (parsed.pathname !== '/') return { refusal: 'unexpected path in the URL' };
  if (parsed.username !== '' || parsed.hash !== '') return { refusal: 'unexpected parts in the URL' };
  const query = parseQuery(parsed.search.slice(1));
  const shape = refuseQuery(query);
  if (shape !== undefined) return { refusal: shape };
  const headers = { host: parsed.host, ...lowerNames(options.requiredHeaders) };
  const request: WireRequest = { method: 'GET', path: parsed.pathname, query, headers, body: new Uint8Array() };
  const signature = readSignature(request);
  if (typeof signature === 'string') return { refusal: `signature is ${signature}` };
  if (signature.service !== 'sts') return { refusal: 'not signed for sts' };
  const unsigned = Object.keys(headers).find((name) => !signature.signedHeaders.includes(name));
  if (unsigned !== undefined) return { refusal: `${unsigned} is not signed` };
  if ((signature.expiresSeconds ?? 0) > 900) return { refusal: 'X-Amz-Expires is over 900 seconds' };
  if (options.nowMs - timestampMs(signature.timestamp) > oldestMs) return { refusal: 'older than 15 minutes' };
  try {
    // AWS's own limit on X-Amz-Expires is the client's; EKS goes by the date, as long as it is fresh.
    const lasting = { ...signature, expiresSeconds: Math.max(signature.expiresSeconds ?? 0, 900) };
    return { caller: verifySignature(request, lasting, options.identities, options.nowMs).caller };
  } catch (error) {
    if (error instanceof AwsError) return { refusal: error.code };
    throw error;
  }
}

function refuseQuery(query: readonly (readonly [string, string])[]): string | undefined {
  const names = query.map(([name]) => name.toLowerCase());
  const unknown = names.find((name) => !knownQuery.has(name));
  if (unknown !== undefined) return `unexpected query parameter ${unknown}`;
  if (new Set(names).size !== names.length) return 'a query parameter stands twice';
  const value = new Map(query.map(([name, text]) => [name.toLowerCase(), text]));
  if (value.get('action') !== 'GetCallerIdentity') return 'the action is not GetCallerIdentity';
  return undefined;
}

function isStsHost(host: string): boolean {
  return /^sts(\.[a-z]{2}(-[a-z]+)+-\d)?\.amazonaws\.com$/.test(host);
}

function lowerNames(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
