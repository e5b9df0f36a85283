import { createPrivateKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { expect, it } from 'vitest';
import {
  createAuthority,
  createServiceAccountKey,
  issueClientCertificate,
  issueServerCertificate,
  keySetOf,
} from './authority.ts';

const now = Date.now();

it('issues serving and client certificates that TLS accepts in both directions', async () => {
  const authority = createAuthority('test', now);
  const serving = issueServerCertificate(authority, ['localhost', '127.0.0.1', '10.0.0.1'], now);
  const client = issueClientCertificate(authority, { name: 'jane', groups: ['system:masters'] }, now);
  const server = createServer({
    cert: serving.certPem,
    key: serving.keyPem,
    ca: authority.certPem,
    requestCert: true,
    rejectUnauthorized: true,
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'secureConnection');
  const socket = connect({
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    ca: authority.certPem,
    cert: client.certPem,
    key: client.keyPem,
  });
  await once(socket, 'secureConnect');
  const [peer] = (await accepted) as [TLSSocket];
  expect(peer.getPeerCertificate().subject).toMatchObject({ CN: 'jane', O: 'system:masters' });
  expect(new X509Certificate(serving.certPem).subjectAltName).toBe(
    'DNS:localhost, IP Address:127.0.0.1, IP Address:10.0.0.1',
  );
  socket.destroy();
  server.close();
});

it('is refused by whoever trusts another authority', async () => {
  const [ours, theirs] = [createAuthority('ours', now), createAuthority('theirs', now)];
  const certificate = new X509Certificate(issueClientCertificate(ours, { name: 'jane' }, now).certPem);
  expect(certificate.verify(new X509Certificate(ours.certPem).publicKey)).toBe(true);
  expect(certificate.verify(new X509Certificate(theirs.certPem).publicKey)).toBe(false);
});

it.each(['plain', 'with, comma = and "quotes"', 'ünïcode'])(
  'names an authority that is called %s as its issuer',
  (name) => {
    const authority = createAuthority(name, now);
    const own = new X509Certificate(authority.certPem);
    const issued = new X509Certificate(issueClientCertificate(authority, { name: 'jane' }, now).certPem);
    expect(issued.checkIssued(own)).toBe(true);
    expect(own.checkIssued(own)).toBe(true);
  },
);

it('says what a certificate may be used for and when', () => {
  const authority = createAuthority('test', now);
  const serving = issueServerCertificate(authority, ['node-1', '::1'], now);
  const client = issueClientCertificate(authority, { name: 'jane', groups: ['readers', 'writers'] }, now);
  const [ca, server, user] = [authority, serving, client].map(({ certPem }) => new X509Certificate(certPem));
  expect([ca?.ca, server?.ca, user?.ca]).toEqual([true, false, false]);
  expect(server?.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
  expect(user?.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
  expect(server?.checkIP('::1')).toBe('::1');
  expect(user?.subject).toBe('O=readers\nO=writers\nCN=jane');
  expect(Number(user?.validFromDate)).toBeLessThan(now);
  expect(Number(user?.validToDate)).toBeGreaterThan(now + 9 * 365 * 24 * 3_600_000);
  expect(server?.serialNumber).not.toBe(user?.serialNumber);
});

it('is valid beyond the year 2049, where certificates write dates in another form', () => {
  const late = new X509Certificate(createAuthority('test', Date.UTC(2045, 0)).certPem);
  expect(late.validToDate.getUTCFullYear()).toBe(2054);
});

it('publishes the public half of the service account key and nothing else', async () => {
  const key = await createServiceAccountKey();
  const [published] = keySetOf(key.publicPem).keys;
  const { n, e } = createPrivateKey(key.privatePem).export({ format: 'jwk' });
  expect(published).toMatchObject({ n, e, kty: 'RSA', alg: 'RS256' });
  expect(Object.keys(published ?? {}).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
});
