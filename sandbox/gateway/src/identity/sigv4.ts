import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { encodeRfc3986, type WireRequest } from '../protocol/http.ts';

/** What a request says about its signature, from the Authorization header or from a presigned query. */
export interface Signature {
  readonly accessKeyId: string;
  /** `20261121` */
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** As `20261121T120000Z`. */
  readonly timestamp: string;
  /** Only for presigned requests. */
  readonly expiresSeconds: number | undefined;
  readonly sessionToken: string | undefined;
  readonly presigned: boolean;
}

/** Why a request is not signed well enough to be looked at. */
export type SignatureProblem = 'missing' | 'incomplete';

const credential = /^([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request$/;

/** Reads the signature of SigV4 (`AWS4-HMAC-SHA256`); other algorithms count as missing. */
export function readSignature(request: WireRequest): Signature | SignatureProblem {
  const { authorization } = request.headers;
  if (authorization !== undefined) return fromHeader(request, authorization);
  const query = new Map(request.query);
  if (query.get('X-Amz-Algorithm') !== 'AWS4-HMAC-SHA256') return 'missing';
  return assemble({
    credential: query.get('X-Amz-Credential'),
    signedHeaders: query.get('X-Amz-SignedHeaders'),
    signature: query.get('X-Amz-Signature'),
    timestamp: query.get('X-Amz-Date'),
    expires: query.get('X-Amz-Expires'),
    sessionToken: query.get('X-Amz-Security-Token'),
    presigned: true,
  });
}

function fromHeader(request: WireRequest, authorization: string): Signature | SignatureProblem {
  if (!authorization.startsWith('AWS4-HMAC-SHA256')) return 'missing';
  const part = (name: string): string | undefined => new RegExp(`${name}=([^,\\s]+)`).exec(authorization)?.[1];
  return assemble({
    credential: part('Credential'),
    signedHeaders: part('SignedHeaders'),
    signature: part('Signature'),
    timestamp: request.headers['x-amz-date'],
    expires: undefined,
    sessionToken: request.headers['x-amz-security-token'],
    presigned: false,
  });
}

interface Parts {
  readonly credential: string | undefined;
  readonly signedHeaders: string | undefined;
  readonly signature: string | undefined;
  readonly timestamp: string | undefined;
  readonly expires: string | undefined;
  readonly sessionToken: string | undefined;
  readonly presigned: boolean;
}

function assemble(parts: Parts): Signature | SignatureProblem {
  const [, accessKeyId, date, region, service] = credential.exec(parts.credential ?? '') ?? [];
  const { signedHeaders, signature, timestamp, expires } = parts;
  if (!accessKeyId || !date || !region || !service || !signedHeaders || !signature || !timestamp) return 'incomplete';
  if (!/^\d{8}T\d{6}Z$/.test(timestamp) || !timestamp.startsWith(date)) return 'incomplete';
  if (Number.isNaN(timestampMs(timestamp))) return 'incomplete';
  if (parts.presigned && !/^\d+$/.test(expires ?? '')) return 'incomplete';
  return {
    accessKeyId,
    date,
    region,
    service,
    signedHeaders: signedHeaders.split(';').map((name) => name.toLowerCase()),
    signature,
    timestamp,
    expiresSeconds: parts.presigned ? Number(expires) : undefined,
    sessionToken: parts.sessionToken,
    presigned: parts.presigned,
  };
}

/** Milliseconds since the epoch of `20261121T120000Z`. */
export function timestampMs(timestamp: string): number {
  return Date.parse(timestamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}

/** The payload hash that the signature must have been made over; `undefined` when the declared one is a lie. S3 alone takes payloads unsigned. */
export function payloadHash(request: WireRequest, signature: Signature): string | undefined {
  const declared = request.headers['x-amz-content-sha256'];
  if (signature.service === 's3') {
    if (signature.presigned) return declared ?? 'UNSIGNED-PAYLOAD';
    if (declared === 'UNSIGNED-PAYLOAD' || declared?.startsWith('STREAMING-') === true) return declared;
  }
  const actual = createHash('sha256').update(request.body).digest('hex');
  return declared === undefined || declared === actual ? actual : undefined;
}

/** The canonical request of the SigV4 specification. */
export function canonicalRequest(request: WireRequest, signature: Signature, hash: string): string {
  const query = request.query
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => `${encodeRfc3986(name)}=${encodeRfc3986(value)}`)
    .sort((a, b) => compareCodeUnits(a, b));
  const headers = signature.signedHeaders.map(
    (name) => `${name}:${(request.headers[name] ?? '').trim().replace(/ +/g, ' ')}\n`,
  );
  return [
    request.method,
    canonicalPath(request.path, signature.service),
    query.join('&'),
    headers.join(''),
    signature.signedHeaders.join(';'),
    hash,
  ].join('\n');
}

/** Every service but S3 encodes the path twice. */
function canonicalPath(path: string, service: string): string {
  if (path === '') return '/';
  if (service === 's3') return path;
  return path.split('/').map(encodeRfc3986).join('/');
}

function compareCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The signature that the secret makes for a canonical request, in hex. */
export function computeSignature(secret: string, signature: Signature, canonical: string): string {
  const scope = `${signature.date}/${signature.region}/${signature.service}/aws4_request`;
  const digest = createHash('sha256').update(canonical).digest('hex');
  const toSign = `AWS4-HMAC-SHA256\n${signature.timestamp}\n${scope}\n${digest}`;
  const parts = [signature.date, signature.region, signature.service, 'aws4_request'];
  const key = parts.reduce<Uint8Array>((sofar, part) => hmac(sofar, part), Buffer.from(`AWS4${secret}`));
  return Buffer.from(hmac(key, toSign)).toString('hex');
}

function hmac(key: Uint8Array, text: string): Uint8Array {
  return createHmac('sha256', key).update(text).digest();
}

/** Whether the request was signed with this secret, payload, host and every header of AWS's own included. */
export function isSignedWith(secret: string, request: WireRequest, signature: Signature): boolean {
  const hash = payloadHash(request, signature);
  if (hash === undefined || unsignedHeaders(request, signature).length > 0) return false;
  const wanted = Buffer.from(computeSignature(secret, signature, canonicalRequest(request, signature, hash)));
  const given = Buffer.from(signature.signature);
  return wanted.length === given.length && timingSafeEqual(wanted, given);
}

/** What says who is asked for what: it must be signed. A browser's user agent is the one header that clients leave out. */
function unsignedHeaders(request: WireRequest, { signedHeaders }: Signature): readonly string[] {
  const own = Object.keys(request.headers).filter((name) => name.startsWith('x-amz-') && name !== 'x-amz-user-agent');
  return ['host', ...own].filter((name) => !signedHeaders.includes(name));
}
