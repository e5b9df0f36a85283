import { createHash, createHmac } from 'node:crypto';
import type { Keys } from './cluster-in.ts';

/** What the signature of a token is over; the product's own signing has no part in it. */
export interface TokenRequest {
  /** Where STS is, as `http://127.0.0.1:4566`. */
  readonly endpoint: string;
  readonly region: string;
  readonly cluster: string;
  readonly action: string;
  readonly at: Date;
  readonly keys: Pick<Keys, 'accessKeyId' | 'secretAccessKey'> & Partial<Keys>;
}

/**
 * A bearer token as aws-iam-authenticator defines it: the URL of a presigned STS request, signed by SigV4 over host and
 * `x-k8s-aws-id`. https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
 */
export function eksToken({ endpoint, region, cluster, action, at, keys }: TokenRequest): string {
  const { host } = new URL(endpoint);
  const time = at.toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = `${time.slice(0, 8)}/${region}/sts/aws4_request`;
  const query = Object.entries({
    Action: action,
    Version: '2011-06-15',
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${keys.accessKeyId}/${scope}`,
    'X-Amz-Date': time,
    'X-Amz-Expires': '60',
    ...(keys.sessionToken === undefined ? {} : { 'X-Amz-Security-Token': keys.sessionToken }),
    'X-Amz-SignedHeaders': 'host;x-k8s-aws-id',
  })
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .join('&');
  const canonical = `GET\n/\n${query}\nhost:${host}\nx-k8s-aws-id:${cluster}\n\nhost;x-k8s-aws-id\n${sha256('')}`;
  const text = `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(canonical)}`;
  const key = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${keys.secretAccessKey}`);
  const url = `${endpoint}/?${query}&X-Amz-Signature=${hmac(key, text).toString('hex')}`;
  return `k8s-aws-v1.${Buffer.from(url).toString('base64url')}`;
}

const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (found) => `%${found.charCodeAt(0).toString(16).toUpperCase()}`);
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
