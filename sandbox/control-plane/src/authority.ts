import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto';
import { promisify } from 'node:util';
import { type CertificateRequest, type Subject, signCertificate } from './certificate.ts';

/** A certificate and its private key (PKCS #8), both PEM. */
export interface Certificate {
  readonly certPem: string;
  readonly keyPem: string;
}

/** A certificate authority is its own certificate and key: plain data, so that it can be kept in files. */
export type Authority = Certificate;

/** The RSA key pair that signs service account tokens. */
export interface ServiceAccountKey {
  readonly privatePem: string;
  readonly publicPem: string;
}

/** A JSON Web Key Set as the API server's `/openid/v1/jwks` writes it. */
export interface KeySet {
  readonly keys: readonly JsonWebKey[];
}

const hourMs = 3_600_000;
const tenYearsMs = 10 * 365 * 24 * hourMs;

/** A fresh authority for ten years from `nowMs`. All certificates begin an hour early, for clocks that differ. */
export function createAuthority(commonName: string, nowMs: number): Authority {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const subject = { commonName, organizations: [] };
  return certify({ subject, issuer: { privateKey: keys.privateKey }, role: { kind: 'authority' } }, nowMs, keys);
}

/** A serving certificate for DNS names and IP addresses; the first name is the subject. */
export function issueServerCertificate(authority: Authority, names: readonly string[], nowMs: number): Certificate {
  const [commonName] = names;
  if (commonName === undefined) throw new Error('a serving certificate needs a name');
  return issue(authority, { commonName, organizations: [] }, { kind: 'server', names }, nowMs);
}

/** A client certificate: Kubernetes reads the user from the common name and the groups from the organizations. */
export function issueClientCertificate(
  authority: Authority,
  user: { readonly name: string; readonly groups?: readonly string[] },
  nowMs: number,
): Certificate {
  return issue(authority, { commonName: user.name, organizations: user.groups ?? [] }, { kind: 'client' }, nowMs);
}

function issue(authority: Authority, subject: Subject, role: CertificateRequest['role'], nowMs: number): Certificate {
  const issuer = { certPem: authority.certPem, privateKey: createPrivateKey(authority.keyPem) };
  return certify({ subject, issuer, role }, nowMs, generateKeyPairSync('ec', { namedCurve: 'P-256' }));
}

function certify(
  request: Pick<CertificateRequest, 'subject' | 'issuer' | 'role'>,
  nowMs: number,
  keys: { readonly privateKey: KeyObject; readonly publicKey: KeyObject },
): Certificate {
  const certPem = signCertificate({
    ...request,
    publicKey: keys.publicKey,
    notBeforeMs: nowMs - hourMs,
    notAfterMs: nowMs + tenYearsMs,
  });
  return { certPem, keyPem: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

const generateKeyPairAsync = promisify(generateKeyPair);

/** RSA, because that is what the API server and STS both verify. */
export async function createServiceAccountKey(): Promise<ServiceAccountKey> {
  const { privateKey, publicKey } = await generateKeyPairAsync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return { privatePem: privateKey, publicPem: publicKey };
}

/** The key set for an OIDC discovery document. The `kid` is upstream's: the SHA-256 of the public key's DER, base64url. */
export function keySetOf(publicPem: string): KeySet {
  const key = createPublicKey(publicPem);
  const kid = createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('base64url');
  const { n, e } = key.export({ format: 'jwk' });
  if (n === undefined || e === undefined) throw new Error('service account keys are RSA');
  return { keys: [{ use: 'sig', kty: 'RSA', kid, alg: 'RS256', n, e }] };
}
