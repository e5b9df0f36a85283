import { createHash, createPublicKey, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIPv4, isIPv6 } from 'node:net';
import { bits, integer, objectId, octets, sequence, setOf, tagged, time, truth, utf8 } from './der.ts';

export interface Subject {
  readonly commonName: string;
  readonly organizations: readonly string[];
}

export interface CertificateRequest {
  readonly subject: Subject;
  readonly publicKey: KeyObject;
  readonly issuer: { readonly subject: Subject; readonly privateKey: KeyObject };
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly role:
    | { readonly kind: 'authority' }
    | { readonly kind: 'client' }
    | { readonly kind: 'server'; readonly names: readonly string[] };
}

const ecdsaWithSha256 = sequence(objectId('1.2.840.10045.4.3.2'));
const serverAuth = objectId('1.3.6.1.5.5.7.3.1');
const clientAuth = objectId('1.3.6.1.5.5.7.3.2');

/** An X.509 v3 certificate (RFC 5280) as PEM, signed with ECDSA over SHA-256: the issuer's key must be an EC key. */
export function signCertificate(request: CertificateRequest): string {
  const version = tagged(0xa0, integer(Buffer.from([2])));
  const toSign = sequence(
    version,
    integer(randomBytes(16)),
    ecdsaWithSha256,
    name(request.issuer.subject),
    sequence(time(request.notBeforeMs), time(request.notAfterMs)),
    name(request.subject),
    request.publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(...extensions(request))),
  );
  const signature = sign('sha256', toSign, request.issuer.privateKey);
  const base64 = sequence(toSign, ecdsaWithSha256, bits(signature)).toString('base64');
  return `-----BEGIN CERTIFICATE-----\n${base64.replace(/.{1,64}/g, '$&\n')}-----END CERTIFICATE-----\n`;
}

function name({ commonName, organizations }: Subject): Buffer {
  const attribute = (id: string, value: string) => setOf(sequence(objectId(id), utf8(value)));
  const groups = organizations.map((organization) => attribute('2.5.4.10', organization));
  return sequence(...groups, attribute('2.5.4.3', commonName));
}

function extensions(request: CertificateRequest): Buffer[] {
  const authorityKeyId = sequence(tagged(0x80, keyId(createPublicKey(request.issuer.privateKey))));
  const common = [
    sequence(objectId('2.5.29.14'), octets(octets(keyId(request.publicKey)))),
    sequence(objectId('2.5.29.35'), octets(authorityKeyId)),
  ];
  const { role } = request;
  if (role.kind === 'authority') {
    return [...common, critical('2.5.29.19', sequence(truth)), critical('2.5.29.15', bits(Buffer.from([0x86]), 1))];
  }
  const leaf = [...common, critical('2.5.29.19', sequence()), critical('2.5.29.15', bits(Buffer.from([0x80]), 7))];
  if (role.kind === 'client') return [...leaf, sequence(objectId('2.5.29.37'), octets(sequence(clientAuth)))];
  return [
    ...leaf,
    sequence(objectId('2.5.29.37'), octets(sequence(serverAuth, clientAuth))),
    sequence(objectId('2.5.29.17'), octets(sequence(...role.names.map(alternativeName)))),
  ];
}

function critical(id: string, value: Buffer): Buffer {
  return sequence(objectId(id), truth, octets(value));
}

/** RFC 5280 §4.2.1.2 method 1 hashes the key's bits; any stable identifier serves, so the whole SPKI is hashed. */
function keyId(key: KeyObject): Buffer {
  return createHash('sha1')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest();
}

function alternativeName(text: string): Buffer {
  if (isIPv4(text)) return tagged(0x87, Buffer.from(text.split('.').map(Number)));
  if (isIPv6(text)) throw new Error(`IPv6 serving names are not supported: ${text}`);
  return tagged(0x82, Buffer.from(text, 'ascii'));
}
