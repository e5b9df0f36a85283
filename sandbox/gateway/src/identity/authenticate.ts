import { hasXmlNames } from '../model/xml-services.ts';
import type { WireRequest } from '../protocol/http.ts';
import { AwsError } from '../service.ts';
import type { Identities, Identity } from './identities.ts';
import { isSignedWith, readSignature, type Signature, timestampMs } from './sigv4.ts';

export interface Authenticated {
  readonly identity: Identity;
  readonly signature: Signature;
}

const skewMs = 5 * 60_000;
const headerLifeMs = 15 * 60_000;
const longestPresignSeconds = 7 * 24 * 3600;

/** Who signed the request. Throws the `AwsError` that AWS answers when the signature does not hold. */
export function authenticate(request: WireRequest, identities: Identities, nowMs: number): Authenticated {
  const signature = readSignature(request);
  if (signature === 'missing') {
    throw new AwsError('MissingAuthenticationToken', 'Request is missing Authentication Token', 403);
  }
  if (signature === 'incomplete') {
    throw new AwsError('IncompleteSignature', 'The request signature is incomplete or malformed.', 400);
  }
  return { identity: verifySignature(request, signature, identities, nowMs), signature };
}

/** The identity behind a signature that holds now; throws as `authenticate`. */
export function verifySignature(
  request: WireRequest,
  signature: Signature,
  identities: Identities,
  nowMs: number,
): Identity {
  const words = hasXmlNames(signature.service) ? xmlWords : jsonWords;
  const identity = identities.find(signature.accessKeyId);
  if (identity === undefined) throw words.unknownKey();
  if (identity.sessionToken !== signature.sessionToken) throw words.unknownKey();
  if (identity.expiresAt !== undefined && identity.expiresAt <= nowMs) throw words.expiredToken();
  const expiry = expiryOf(signature, nowMs);
  if (expiry !== undefined) throw words.expiredSignature(expiry);
  if (!isSignedWith(identity.secretAccessKey, request, signature)) throw words.badSignature();
  return identity;
}

/** Why a signature does not hold at this time; `undefined` when it does. */
export function expiryOf(signature: Signature, nowMs: number): string | undefined {
  const signedAt = timestampMs(signature.timestamp);
  const lifeMs = signature.expiresSeconds === undefined ? headerLifeMs : signature.expiresSeconds * 1000;
  if ((signature.expiresSeconds ?? 0) > longestPresignSeconds)
    return 'X-Amz-Expires must be less than a week (604800 seconds).';
  const now = compact(nowMs);
  if (signedAt > nowMs + skewMs) return `Signature not yet current: ${signature.timestamp} is still later than ${now}`;
  if (signedAt + lifeMs < nowMs)
    return `Signature expired: ${signature.timestamp} is now earlier than ${compact(nowMs - lifeMs)}`;
  return undefined;
}

function compact(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
}

const mismatch =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.';
const invalidToken = 'The security token included in the request is invalid.';
const expiredToken = 'The security token included in the request is expired';

interface Words {
  readonly unknownKey: () => AwsError;
  readonly expiredToken: () => AwsError;
  readonly expiredSignature: (detail: string) => AwsError;
  readonly badSignature: () => AwsError;
}

const xmlWords: Words = {
  unknownKey: () => new AwsError('InvalidClientTokenId', invalidToken, 403),
  expiredToken: () => new AwsError('ExpiredToken', expiredToken, 403),
  expiredSignature: (detail) => new AwsError('RequestExpired', detail, 400),
  badSignature: () => new AwsError('SignatureDoesNotMatch', mismatch, 403),
};

const jsonWords: Words = {
  unknownKey: () => new AwsError('UnrecognizedClientException', invalidToken, 403),
  expiredToken: () => new AwsError('ExpiredTokenException', expiredToken, 403),
  expiredSignature: (detail) => new AwsError('InvalidSignatureException', detail, 403),
  badSignature: () => new AwsError('InvalidSignatureException', mismatch, 403),
};
