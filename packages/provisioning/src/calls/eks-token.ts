import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import type { CredentialSource } from './clients.ts';

export interface EksToken {
  /** `k8s-aws-v1.` and the presigned address in base64url. */
  readonly token: string;
  /** Milliseconds since the epoch: a minute before EKS stops taking it. */
  readonly expiresAt: number;
}

const lifetimeMs = 14 * 60_000;

/**
 * A bearer token for the cluster's API server: a presigned STS GetCallerIdentity that names the cluster. Calls nothing.
 * The address is the regional STS of AWS whatever endpoint the clients use: EKS takes no other host.
 */
export async function signEksToken(
  cluster: string,
  region: string,
  credentials: CredentialSource,
  now: Date,
): Promise<EksToken> {
  const host = `sts.${region}.${region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'}`;
  const signer = new SignatureV4({ service: 'sts', region, credentials, sha256: Sha256 });
  const signed = await signer.presign(
    {
      method: 'GET',
      protocol: 'https:',
      hostname: host,
      path: '/',
      headers: { host, 'x-k8s-aws-id': cluster },
      query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
    },
    { expiresIn: 60, signingDate: now, unhoistableHeaders: new Set(['x-k8s-aws-id']) },
  );
  const query = Object.entries(signed.query ?? {})
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`)
    .join('&');
  const address = Buffer.from(`https://${host}/?${query}`).toString('base64url');
  return { token: `k8s-aws-v1.${address}`, expiresAt: now.getTime() + lifetimeMs };
}

/** The hash that the signer asks for, from Node. */
class Sha256 {
  #hash: ReturnType<typeof createHash> | ReturnType<typeof createHmac>;
  readonly #secret: Uint8Array | string | undefined;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#secret = secret === undefined || typeof secret === 'string' ? secret : toBytes(secret);
    this.#hash = this.#fresh();
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(typeof data === 'string' ? data : toBytes(data));
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {
    this.#hash = this.#fresh();
  }

  #fresh() {
    return this.#secret === undefined ? createHash('sha256') : createHmac('sha256', this.#secret);
  }
}

function toBytes(data: ArrayBuffer | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}
