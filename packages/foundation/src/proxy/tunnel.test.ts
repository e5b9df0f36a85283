import { createServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { getCACertificates, setDefaultCACertificates, TLSSocket } from 'node:tls';
import { afterEach, expect, it } from 'vitest';
import { type LocalProxy, type ProxyRule, startLocalProxy } from '../testing/local-proxy.ts';
import { makeTestCertificate } from '../testing/test-certificate.ts';
import { createTunnel } from './tunnel.ts';

const open: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

const { certificatePem, keyPem } = makeTestCertificate('eks.example');

async function targetPort(): Promise<number> {
  const server = createServer({ cert: certificatePem, key: keyPem }, (_request, response) => response.end('here'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(
    () => void server.close(),
    () => server.closeAllConnections(),
  );
  return (server.address() as AddressInfo).port;
}

async function proxyWith(rule: ProxyRule): Promise<LocalProxy> {
  const proxy = await startLocalProxy(rule);
  open.push(() => proxy.close());
  return proxy;
}

interface Asked {
  readonly proxy: URL;
  readonly host?: string;
  readonly ca?: string;
  readonly timeoutMs?: number;
}

/** The socket, or what was told instead. */
function opened({ proxy, host = 'eks.example', ca = certificatePem, timeoutMs = 5_000 }: Asked): Promise<unknown> {
  const tunnel = createTunnel({ proxy, timeoutMs });
  return new Promise((resolve) => {
    tunnel({ host, port: 6443, ca }, (error, socket) => {
      if (socket !== undefined) open.push(() => void socket.destroy());
      resolve(error ?? socket);
    });
  });
}

const withUser = (proxy: LocalProxy) => {
  const url = new URL(proxy.url);
  url.username = 'user';
  url.password = 'ge%40heim';
  return url;
};

it('asks the proxy for the target by name, as the user that the address has, and verifies the target', async () => {
  const proxy = await proxyWith({ to: await targetPort() });
  const socket = await opened({ proxy: withUser(proxy) });
  expect(socket).toBeInstanceOf(TLSSocket);
  expect(socket).toMatchObject({ authorized: true, servername: 'eks.example' });
  expect(proxy.asked).toEqual(['CONNECT eks.example:6443']);
  expect(proxy.headers()['proxy-authorization']).toBe(`Basic ${btoa('user:ge@heim')}`);
});

it('speaks TLS to a proxy that does, and trusts only one that has its name', async () => {
  const trusted = getCACertificates();
  const certificate = makeTestCertificate('localhost');
  const proxy = await startLocalProxy({ to: await targetPort() }, certificate);
  open.push(() => proxy.close());
  expect(await opened({ proxy: proxy.url })).toMatchObject({
    code: 'PROXY_UNREACHABLE',
    message: expect.stringContaining('self-signed certificate'),
  });
  setDefaultCACertificates([...trusted, certificate.certificatePem]);
  open.push(() => setDefaultCACertificates(trusted));
  expect(await opened({ proxy: proxy.url })).toMatchObject({ authorized: true });
  expect(proxy.asked).toEqual(['CONNECT eks.example:6443']);
});

it('takes no other server for the target', async () => {
  const proxy = await proxyWith({ to: await targetPort() });
  expect(await opened({ proxy: proxy.url, host: 'other.example' })).toMatchObject({
    code: 'ERR_TLS_CERT_ALTNAME_INVALID',
  });
  const stranger = makeTestCertificate('eks.example').certificatePem;
  expect(await opened({ proxy: proxy.url, ca: stranger })).toMatchObject({
    code: expect.stringMatching(/SIGNED|CERT|SIGNATURE/),
  });
});

it.each<[number, string, RegExp]>([
  [407, 'PROXY_REFUSED', /^Put the user and password/],
  [403, 'PROXY_REFUSED', /^Have its rules/],
  [502, 'PROXY_FAILED', /^Does the name resolve/],
])('names a proxy that answers %d, without its password', async (status, code, hint) => {
  const error = await opened({ proxy: withUser(await proxyWith({ refuse: status })) });
  expect(error).toMatchObject({
    code,
    message: expect.stringMatching(
      new RegExp(`^the proxy http://127\\.0\\.0\\.1:\\d+ \\D+ eks\\.example:6443: ${status} By the rules$`),
    ),
    hint: expect.stringMatching(hint),
    retry: code === 'PROXY_FAILED' ? 'backoff' : 'never',
  });
  expect(JSON.stringify([String(error), error])).not.toContain('heim');
});

it.each<[ProxyRule, RegExp]>([
  ['hang-up', /eks\.example:6443: (it hung up without an answer|.*ECONNRESET)$/],
  ['silence', /eks\.example:6443: no answer within 0\.1 s$/],
])('a proxy that answers with %s cannot be reached', async (rule, message) => {
  const proxy = await proxyWith(rule);
  expect(await opened({ proxy: proxy.url, timeoutMs: rule === 'silence' ? 100 : 5_000 })).toMatchObject({
    code: 'PROXY_UNREACHABLE',
    message: expect.stringMatching(message),
    retry: 'backoff',
  });
});

it('so does one where nobody listens', async () => {
  const proxy = await startLocalProxy('silence');
  await proxy.close();
  expect(await opened({ proxy: withUser(proxy) })).toMatchObject({
    code: 'PROXY_UNREACHABLE',
    message: expect.stringMatching(/^the proxy http:\/\/127\.0\.0\.1:\d+ cannot be reached .*ECONNREFUSED/),
  });
});

it('gives up a target that says nothing in the handshake', async () => {
  const mute = createTcpServer((socket) => open.push(() => void socket.destroy()));
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
  open.push(() => void mute.close());
  const proxy = await proxyWith({ to: (mute.address() as AddressInfo).port });
  expect(await opened({ proxy: proxy.url, timeoutMs: 100 })).toMatchObject({ code: 'PROXY_UNREACHABLE' });
});
