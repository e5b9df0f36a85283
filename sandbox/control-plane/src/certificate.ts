import { createHash, createPublicKey, type KeyObject, randomBytes, sign, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  Extension,
  Extensions,
  GeneralName,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectAltName,
  id_ce_subjectKeyIdentifier,
  id_kp_clientAuth,
  id_kp_serverAuth,
  KeyIdentifier,
  KeyUsage,
  KeyUsageFlags,
  Name,
  RelativeDistinguishedName,
  SubjectAlternativeName,
  SubjectKeyIdentifier,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from '@peculiar/asn1-x509';

export interface Subject {
  readonly commonName: string;
  readonly organizations: readonly string[];
}

export interface CertificateRequest {
  readonly subject: Subject;
  readonly publicKey: KeyObject;
  /** Without a certificate the subject vouches for itself. */
  readonly issuer: { readonly certPem?: string; readonly privateKey: KeyObject };
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly role:
    | { readonly kind: 'authority' }
    | { readonly kind: 'client' }
    | { readonly kind: 'server'; readonly names: readonly string[] };
}

const organization = '2.5.4.10';
const commonName = '2.5.4.3';
const ecdsaWithSha256 = new AlgorithmIdentifier({ algorithm: '1.2.840.10045.4.3.2' });

/** An X.509 v3 certificate (RFC 5280) as PEM, signed with ECDSA over SHA-256: the issuer's key must be an EC key. */
export function signCertificate(request: CertificateRequest): string {
  const { issuer, notBeforeMs, notAfterMs } = request;
  const subject = nameOf(request.subject);
  const tbsCertificate = new TBSCertificate({
    version: Version.v3,
    serialNumber: serialNumber(),
    signature: ecdsaWithSha256,
    issuer: issuer.certPem === undefined ? subject : subjectIn(issuer.certPem),
    validity: new Validity({ notBefore: new Date(notBeforeMs), notAfter: new Date(notAfterMs) }),
    subject,
    subjectPublicKeyInfo: AsnConvert.parse(spkiOf(request.publicKey), SubjectPublicKeyInfo),
    extensions: new Extensions(extensions(request)),
  });
  const signature = sign('sha256', Buffer.from(AsnConvert.serialize(tbsCertificate)), issuer.privateKey);
  const signed = new Certificate({
    tbsCertificate,
    signatureAlgorithm: ecdsaWithSha256,
    signatureValue: new Uint8Array(signature).buffer,
  });
  const base64 = Buffer.from(AsnConvert.serialize(signed)).toString('base64');
  return `-----BEGIN CERTIFICATE-----\n${base64.replace(/.{1,64}/g, '$&\n')}-----END CERTIFICATE-----\n`;
}

/** 16 bytes; the first says that the number is positive and has no leading zeros, as DER wants it. */
function serialNumber(): ArrayBuffer {
  const bytes = new Uint8Array(randomBytes(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.buffer;
}

function nameOf(subject: Subject): Name {
  const attribute = (type: string, utf8String: string) =>
    new RelativeDistinguishedName([new AttributeTypeAndValue({ type, value: new AttributeValue({ utf8String }) })]);
  return new Name([
    ...subject.organizations.map((group) => attribute(organization, group)),
    attribute(commonName, subject.commonName),
  ]);
}

function subjectIn(certPem: string): Name {
  return AsnConvert.parse(new X509Certificate(certPem).raw, Certificate).tbsCertificate.subject;
}

function extensions({ publicKey, issuer, role }: CertificateRequest): Extension[] {
  const issuerId = new AuthorityKeyIdentifier({
    keyIdentifier: new KeyIdentifier(keyId(createPublicKey(issuer.privateKey))),
  });
  const isAuthority = role.kind === 'authority';
  const usage = isAuthority
    ? KeyUsageFlags.digitalSignature | KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign
    : KeyUsageFlags.digitalSignature;
  const common = [
    extension(id_ce_subjectKeyIdentifier, new SubjectKeyIdentifier(keyId(publicKey))),
    extension(id_ce_authorityKeyIdentifier, issuerId),
    extension(id_ce_basicConstraints, new BasicConstraints({ cA: isAuthority }), 'critical'),
    extension(id_ce_keyUsage, new KeyUsage(usage), 'critical'),
  ];
  if (role.kind === 'authority') return common;
  if (role.kind === 'client')
    return [...common, extension(id_ce_extKeyUsage, new ExtendedKeyUsage([id_kp_clientAuth]))];
  return [
    ...common,
    extension(id_ce_extKeyUsage, new ExtendedKeyUsage([id_kp_serverAuth, id_kp_clientAuth])),
    extension(id_ce_subjectAltName, new SubjectAlternativeName(role.names.map(alternativeName))),
  ];
}

function extension(extnID: string, value: object, critical?: 'critical'): Extension {
  const extnValue = new OctetString(AsnConvert.serialize(value));
  return new Extension({ extnID, critical: critical !== undefined, extnValue });
}

/** RFC 5280 §4.2.1.2 method 1 hashes the key's bits; any stable identifier serves, so the whole SPKI is hashed. */
function keyId(key: KeyObject): Uint8Array {
  return new Uint8Array(createHash('sha1').update(spkiOf(key)).digest());
}

function spkiOf(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' });
}

function alternativeName(text: string): GeneralName {
  return new GeneralName(isIP(text) === 0 ? { dNSName: text } : { iPAddress: text });
}
