import { createHash, createHmac } from 'node:crypto';

export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface Signable {
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly query: readonly (readonly [string, string])[];
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
const encode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

export function stampOf(nowMs: number): string {
  return new Date(nowMs).toISOString().replace(/[-:]|\.\d{3}/g, '');
}

function canonicalQuery(query: Signable['query']): string {
  return query
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .toSorted()
    .join('&');
}

/** SigV4 by AWS's specification, written apart from the gateway's verification. */
export function signature(
  request: Signable,
  keys: Keys,
  scope: readonly [string, string, string],
  stamp: string,
): string {
  const names = Object.keys(request.headers)
    .map((name) => name.toLowerCase())
    .toSorted();
  const lowered = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const canonical = [
    request.method,
    request.path.split('/').map(encode).join('/'),
    canonicalQuery(request.query),
    ...names.map((name) => `${name}:${lowered[name]}`),
    '',
    names.join(';'),
    sha256(request.body),
  ].join('\n');
  const credential = [...scope, 'aws4_request'].join('/');
  const toSign = ['AWS4-HMAC-SHA256', stamp, credential, sha256(canonical)].join('\n');
  const key = [...scope, 'aws4_request'].reduce<string | Buffer>(
    (last, part) => hmac(last, part),
    `AWS4${keys.secretAccessKey}`,
  );
  return hmac(key, toSign).toString('hex');
}

export interface TokenOptions {
  readonly cluster: string;
  readonly keys: Keys;
  readonly region: string;
  readonly nowMs: number;
  readonly action?: string;
}

/** A bearer token as `aws eks get-token` makes it. */
export function eksToken(options: TokenOptions): string {
  const stamp = stampOf(options.nowMs);
  const host = `sts.${options.region}.amazonaws.com`;
  const scope = [stamp.slice(0, 8), options.region, 'sts'] as const;
  const query: (readonly [string, string])[] = [
    ['Action', options.action ?? 'GetCallerIdentity'],
    ['Version', '2011-06-15'],
    ['X-Amz-Algorithm', 'AWS4-HMAC-SHA256'],
    ['X-Amz-Credential', `${options.keys.accessKeyId}/${scope.join('/')}/aws4_request`],
    ['X-Amz-Date', stamp],
    ['X-Amz-Expires', '60'],
    ...(options.keys.sessionToken === undefined ? [] : [['X-Amz-Security-Token', options.keys.sessionToken] as const]),
    ['X-Amz-SignedHeaders', 'host;x-k8s-aws-id'],
  ];
  const headers = { host, 'x-k8s-aws-id': options.cluster };
  const signed = signature({ method: 'GET', host, path: '/', query, headers, body: '' }, options.keys, scope, stamp);
  const url = `https://${host}/?${canonicalQuery([...query, ['X-Amz-Signature', signed]])}`;
  return `k8s-aws-v1.${Buffer.from(url).toString('base64url').replace(/=+$/, '')}`;
}
