import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { FakeClock, type ProxySettings } from '@roadstead/foundation';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type LocalProxy, type ProxyRule, startLocalProxy } from '../../../foundation/src/testing/local-proxy.ts';
import { makeTestCertificate } from '../../../foundation/src/testing/test-certificate.ts';
import { type CredentialSource, clientCertificate, staticToken } from './credentials.ts';
import { createKubernetesClient, type KubernetesClient } from './kubernetes-client.ts';
import { createTransport } from './transport.ts';

const name = '0a1b.gr7.eu-central-1.eks.amazonaws.com';
const own = makeTestCertificate(name);
const person = makeTestCertificate('operator');

/** An API server that says its version, counts connections, and holds every watch open. */
interface ApiServer {
  readonly port: number;
  readonly connections: () => number;
  readonly subjects: readonly string[];
}

const closing: (() => void | Promise<void>)[] = [];
let api: ApiServer;
beforeEach(async () => {
  api = await startApiServer();
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function startApiServer(): Promise<ApiServer> {
  let connections = 0;
  const subjects: string[] = [];
  const tls = { cert: own.certificatePem, key: own.keyPem, ca: person.certificatePem, requestCert: true };
  const server: Server = createServer({ ...tls, rejectUnauthorized: false }, (request, response) => {
    const [subject = 'nobody'] = [(request.socket as TLSSocket).getPeerCertificate().subject?.CN ?? []].flat();
    subjects.push(subject);
    if (request.url?.includes('watch') === true) response.writeHead(200).flushHeaders();
    else response.end(JSON.stringify({ gitVersion: 'v1.36.0', major: '1', minor: '36' }));
  });
  server.on('secureConnection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(
    () => void server.close(),
    () => server.closeAllConnections(),
  );
  return { port: (server.address() as AddressInfo).port, connections: () => connections, subjects };
}

async function proxyWith(rule: ProxyRule): Promise<LocalProxy> {
  const proxy = await startLocalProxy(rule);
  closing.push(() => proxy.close());
  return proxy;
}

class HastyClock extends FakeClock {
  override async sleep(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const common = {
  server: `https://${name}`,
  caPem: own.certificatePem,
  credentials: staticToken('t-1'),
  userAgent: 'test',
  clock: new HastyClock(),
  random: () => 0,
};

interface Wanted {
  readonly server?: string;
  readonly caPem?: string;
  readonly tlsServerName?: string;
  readonly credentials?: CredentialSource;
  readonly connections?: number;
  readonly connectMs?: number;
}

function clientBy(proxy: ProxySettings, wanted: Wanted = {}): KubernetesClient {
  const { connectMs = 5_000, ...rest } = wanted;
  const client = createKubernetesClient({
    ...common,
    timeouts: { connectMs },
    proxy,
    ...rest,
  });
  closing.push(() => client.close());
  return client;
}

it('speaks to the API server by the proxy, over connections that it keeps, no more than it may have', async () => {
  const proxy = await proxyWith({ to: api.port });
  const client = clientBy({ https: proxy.url }, { connections: 2 });
  const all = await Promise.all(Array.from({ length: 8 }, () => client.version()));
  await client.version();
  expect(all.map(({ gitVersion }) => gitVersion)).toEqual(Array(8).fill('v1.36.0'));
  expect(api.connections()).toBe(2);
  expect(proxy.asked).toEqual([`CONNECT ${name}:443`, `CONNECT ${name}:443`]);
});

it('shows the client certificate to the API server, not to the proxy', async () => {
  const proxy = await proxyWith({ to: api.port });
  const credentials = clientCertificate(person.certificatePem, person.keyPem);
  await clientBy({ https: proxy.url }, { credentials }).version();
  expect(api.subjects).toEqual(['operator']);
});

it('takes only a server that has the name and the CA of the cluster', async () => {
  const proxy = await proxyWith({ to: api.port });
  const stranger = clientBy({ https: proxy.url }, { caPem: makeTestCertificate(name).certificatePem });
  await expect(stranger.version()).rejects.toMatchObject({
    code: 'KUBE_UNREACHABLE',
    hint: expect.stringContaining('does a proxy in between open TLS?'),
  });
  const other = clientBy({ https: proxy.url }, { server: 'https://other.example:6443' });
  await expect(other.version()).rejects.toMatchObject({ code: 'KUBE_UNREACHABLE' });
  const named = clientBy({ https: proxy.url }, { server: 'https://10.1.2.3:6443', tlsServerName: name });
  expect(await named.version()).toMatchObject({ minor: '36' });
  expect(proxy.asked.slice(-2)).toEqual(['CONNECT other.example:6443', 'CONNECT 10.1.2.3:6443']);
});

it('reaches loopback without the proxy', async () => {
  const proxy = await proxyWith({ refuse: 403 });
  const server = `https://127.0.0.1:${api.port}`;
  const client = clientBy({ https: proxy.url }, { server, tlsServerName: name });
  expect(await client.version()).toMatchObject({ minor: '36' });
  expect(proxy.asked).toEqual([]);
});

it('holds watches open on connections of their own', async () => {
  const proxy = await proxyWith({ to: api.port });
  const transport = createTransport({
    ...common,
    connections: 1,
    requestTimeoutMs: 5_000,
    connectTimeoutMs: 5_000,
    proxy: { https: proxy.url },
  });
  closing.push(() => transport.close());
  for (const kind of ['pods', 'nodes'])
    await transport.stream({ method: 'GET', path: `/${kind}?watch=true`, what: `watch ${kind}`, idempotent: true });
  expect(await transport.request({ method: 'GET', path: '/version', what: 'read', idempotent: true })).toContain('36');
  expect(proxy.asked).toHaveLength(3);
});

it('does not ask the proxy for a host of NO_PROXY', async () => {
  const proxy = await proxyWith({ to: api.port });
  const client = clientBy(
    { https: proxy.url, noProxy: '.invalid' },
    { server: 'https://shop.invalid', connectMs: 500 },
  );
  await expect(client.version()).rejects.toMatchObject({ code: 'KUBE_UNREACHABLE' });
  expect(proxy.asked).toEqual([]);
});

it('says who refuses, asks once, and shows no password', async () => {
  const proxy = await proxyWith({ refuse: 407 });
  const https = new URL(proxy.url);
  https.username = 'user';
  https.password = 'geheim';
  const error: unknown = await clientBy({ https })
    .version()
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    code: 'PROXY_REFUSED',
    message: `read the version: the proxy ${proxy.url.origin} refuses the way to ${name}:443: 407 By the rules`,
    retry: 'never',
  });
  expect(JSON.stringify([String(error), error])).not.toContain('geheim');
  expect(proxy.asked).toHaveLength(1);
});

it('tries again by a proxy that is away, and says which', async () => {
  const proxy = await startLocalProxy('silence');
  await proxy.close();
  await expect(clientBy({ https: proxy.url }).version()).rejects.toMatchObject({
    code: 'PROXY_UNREACHABLE',
    message: expect.stringContaining(`the proxy ${proxy.url.origin} cannot be reached on the way to ${name}:443`),
    retry: 'backoff',
  });
  const failing = await proxyWith({ refuse: 503 });
  await expect(clientBy({ https: failing.url }).version()).rejects.toMatchObject({ code: 'PROXY_FAILED' });
  expect(failing.asked).toHaveLength(6);
});

it('gives up a proxy that says nothing', async () => {
  const proxy = await proxyWith('silence');
  await expect(clientBy({ https: proxy.url }, { connectMs: 20 }).version()).rejects.toMatchObject({
    code: 'PROXY_UNREACHABLE',
  });
});
