import { canonicalRequest, computeSignature, payloadHash, readSignature } from './identity/sigv4.ts';
import { encodeRfc3986, type WireRequest } from './protocol/http.ts';

export interface TestKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Signs a request as an AWS client would, for tests that speak to the gateway without one. */
export function signRequest(
  request: WireRequest,
  keys: TestKeys,
  scope: { readonly service: string; readonly region: string },
  nowMs: number,
): WireRequest {
  const stamp = `${new Date(nowMs).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
  const credential = `${keys.accessKeyId}/${stamp.slice(0, 8)}/${scope.region}/${scope.service}/aws4_request`;
  const headers = { host: 'localhost', ...request.headers, 'x-amz-date': stamp };
  const signed = Object.keys(headers).filter((name) => name === 'host' || name.startsWith('x-amz-'));
  const authorization = (signature: string): string =>
    `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signed.toSorted().join(';')}, Signature=${signature}`;
  const draft: WireRequest = { ...request, headers: { ...headers, authorization: authorization('0') } };
  const read = readSignature(draft);
  if (typeof read === 'string') throw new Error(`The draft's signature is ${read}.`);
  const hex = computeSignature(
    keys.secretAccessKey,
    read,
    canonicalRequest(draft, read, payloadHash(draft, read) ?? ''),
  );
  return { ...request, headers: { ...headers, authorization: authorization(hex) } };
}

/** The path with its query, for an HTTP client. */
export function targetOf(request: WireRequest): string {
  const query = request.query.map(([name, value]) => `${encodeRfc3986(name)}=${encodeRfc3986(value)}`).join('&');
  return query === '' ? request.path : `${request.path}?${query}`;
}
