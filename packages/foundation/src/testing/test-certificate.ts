import { generateKeyPairSync, sign } from 'node:crypto';

export interface TestCertificate {
  readonly certificatePem: string;
  readonly keyPem: string;
}

/**
 * A certificate for host names that signs itself: whoever takes it as a CA trusts the server that has it. For tests;
 * X.509 version 3 (RFC 5280) with just the names, an hour long, as Node can read certificates and not make them.
 */
export function makeTestCertificate(...hosts: readonly [string, ...string[]]): TestCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = sequence(objectId(42, 134, 72, 206, 61, 4, 3, 2));
  const name = sequence(set(sequence(objectId(85, 4, 3), tagged(0x0c, Buffer.from(hosts[0])))));
  const now = Date.now();
  const names = sequence(...hosts.map((host) => tagged(0x82, Buffer.from(host))));
  const extension = sequence(objectId(85, 29, 17), tagged(0x04, names));
  const body = sequence(
    tagged(0xa0, tagged(0x02, Buffer.of(2))),
    tagged(0x02, Buffer.of(1)),
    algorithm,
    name,
    sequence(utcTime(now - 3_600_000), utcTime(now + 3_600_000)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(extension)),
  );
  const signature = tagged(0x03, Buffer.concat([Buffer.of(0), sign('sha256', body, privateKey)]));
  const der = sequence(body, algorithm, signature).toString('base64');
  return {
    certificatePem: `-----BEGIN CERTIFICATE-----\n${der.replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
    keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function tagged(tag: number, content: Uint8Array): Buffer {
  const { length } = content;
  const sizes = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.of(tag, ...sizes), content]);
}

const sequence = (...parts: readonly Uint8Array[]) => tagged(0x30, Buffer.concat(parts));
const set = (...parts: readonly Uint8Array[]) => tagged(0x31, Buffer.concat(parts));
const objectId = (...bytes: readonly number[]) => tagged(0x06, Buffer.of(...bytes));

function utcTime(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/^..|[-:T]|\.\d+/g, '');
  return tagged(0x17, Buffer.from(digits));
}
