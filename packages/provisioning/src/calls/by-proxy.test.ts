import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createPlainServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import type { ProxySettings } from '@roadstead/foundation';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type LocalProxy, type ProxyRule, startLocalProxy } from '../../../foundation/src/testing/local-proxy.ts';
import { makeTestCertificate } from '../../../foundation/src/testing/test-certificate.ts';
import { isTransient, refusedByAws } from './aws-failure.ts';
import { createAwsClients } from './clients.ts';
import { defaultCredentials } from './default-credentials.ts';

const region = 'eu-central-1';
const sts = `sts.${region}.amazonaws.com`;
const sso = `portal.sso.${region}.amazonaws.com`;
const own = makeTestCertificate(sts, sso);

const inherited = getCACertificates();
beforeAll(() => setDefaultCACertificates([...inherited, own.certificatePem]));
afterAll(() => setDefaultCACertificates(inherited));

const closing: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  vi.unstubAllEnvs();
});

const keys = { AccessKeyId: 'AKIDROLE', SecretAccessKey: 'role', SessionToken: 'token' };
const expires = new Date(Date.now() + 3_600_000);

/** What answers in the place of AWS: who calls, an assumed role, a single sign-on, a container's credentials. */
function answerAsAws(request: IncomingMessage, response: ServerResponse): void {
  let body = '';
  request.on('data', (chunk: Buffer) => {
    body += chunk.toString();
  });
  request.on('end', () => {
    const { host, pathname } = new URL(request.url ?? '/', `https://${request.headers.host}`);
    if (host === sso) {
      const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken } = keys;
      const roleCredentials = { accessKeyId, secretAccessKey, sessionToken, expiration: expires.getTime() };
      return response.setHeader('content-type', 'application/json').end(JSON.stringify({ roleCredentials }));
    }
    if (pathname === '/container')
      return response.end(JSON.stringify({ ...keys, Token: 'token', Expiration: expires.toISOString() }));
    const fields = { ...keys, Expiration: expires.toISOString() };
    const credentials = Object.entries(fields).map(([name, value]) => `<${name}>${value}</${name}>`);
    const result = body.includes('Action=AssumeRole')
      ? `<AssumeRoleResult><Credentials>${credentials.join('')}</Credentials></AssumeRoleResult>`
      : '<GetCallerIdentityResult><Account>123456789012</Account></GetCallerIdentityResult>';
    const [, name = ''] = /^<(\w+)Result>/.exec(result) ?? [];
    return response.end(`<${name}Response>${result}</${name}Response>`);
  });
}

async function startAws(plain = false): Promise<number> {
  const tls = { cert: own.certificatePem, key: own.keyPem };
  const server = plain ? createPlainServer(answerAsAws) : createServer(tls, answerAsAws);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(
    () => void server.close(),
    () => server.closeAllConnections(),
  );
  return (server.address() as AddressInfo).port;
}

async function proxyWith(rule: ProxyRule): Promise<LocalProxy> {
  const proxy = await startLocalProxy(rule);
  closing.push(() => proxy.close());
  return proxy;
}

function whoCalls(proxy: ProxySettings, endpoint?: string): () => Promise<unknown> {
  const { reader, close } = createAwsClients({
    region,
    proxy,
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'example' },
    userAgent: 'test',
    maxAttempts: 2,
    readOnly: true,
    ...(endpoint === undefined ? {} : { endpoint }),
  });
  closing.push(close);
  return () => reader.read('sts', 'GetCallerIdentity', {}).catch((error: unknown) => error);
}

// The SDK's modules are large, and a machine may be busy.
describe('a client of AWS', { timeout: 60_000 }, () => {
  it('asks by the proxy, over a connection that it keeps', async () => {
    const proxy = await proxyWith({ to: await startAws() });
    const ask = whoCalls({ https: proxy.url });
    expect(await ask()).toMatchObject({ Account: '123456789012' });
    expect(await ask()).toMatchObject({ Account: '123456789012' });
    expect(proxy.asked).toEqual([`CONNECT ${sts}:443`]);
  });

  it('asks an endpoint of http by the proxy for http', async () => {
    const proxy = await proxyWith({ to: await startAws(true) });
    const refusing = await proxyWith({ refuse: 403 });
    const ask = whoCalls({ http: proxy.url, https: refusing.url }, 'http://aws.corp.example:4566');
    expect(await ask()).toMatchObject({ Account: '123456789012' });
    expect(proxy.asked).toEqual(['POST http://aws.corp.example:4566/']);
    expect(refusing.asked).toEqual([]);
  });

  it.each([
    [407, 'PROXY_REFUSED'],
    [403, 'PROXY_REFUSED'],
    [503, 'PROXY_FAILED'],
  ])('tells the %d of a proxy for http from an answer of AWS', async (status, code) => {
    const proxy = await proxyWith({ refuse: status });
    const failure = await whoCalls({ http: proxy.url }, 'http://aws.corp.example')();
    expect(refusedByAws('caller', failure)).toMatchObject({
      code,
      message: expect.stringContaining(`${proxy.url.origin} `),
      value: 'aws.corp.example:80',
    });
    expect(proxy.asked).toEqual(['POST http://aws.corp.example/']);
  });

  it('says which proxy for http is away', async () => {
    const proxy = await startLocalProxy('silence');
    await proxy.close();
    const failure = await whoCalls({ http: proxy.url }, 'http://aws.corp.example:4566')();
    expect(failure).toMatchObject({
      code: 'PROXY_UNREACHABLE',
      message: expect.stringMatching(/ on the way to aws\.corp\.example:4566: connect ECONNREFUSED/),
    });
  });

  it('never asks a proxy for loopback', async () => {
    const proxy = await proxyWith({ refuse: 403 });
    const both = { http: proxy.url, https: proxy.url, noProxy: 'other.example' };
    expect(await whoCalls(both, `http://127.0.0.1:${await startAws(true)}`)()).toMatchObject({
      Account: '123456789012',
    });
    // This one is not for the name that was asked; what counts is that it was asked directly.
    expect(await whoCalls(both, `https://127.0.0.1:${await startAws()}`)()).toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
    expect(proxy.asked).toEqual([]);
  });

  it.each(['https', 'http'])('goes directly to an endpoint of %s in NO_PROXY', async (scheme) => {
    const proxy = await proxyWith({ to: await startAws() });
    const failure = await whoCalls(
      { https: proxy.url, http: proxy.url, noProxy: '.invalid' },
      `${scheme}://aws.invalid`,
    )();
    expect(refusedByAws('caller', failure)).toMatchObject({ code: 'AWS_UNREACHABLE' });
    expect(proxy.asked).toEqual([]);
  });

  it('trusts nobody just because a proxy led there', async () => {
    const proxy = await proxyWith({ to: await startAws() });
    const failure = await whoCalls({ https: proxy.url }, 'https://sts.example')();
    expect(refusedByAws('caller', failure)).toMatchObject({
      code: 'AWS_UNTRUSTED',
      hint: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
    });
    expect(proxy.asked).toEqual(['CONNECT sts.example:443']);
  });

  it('says who refuses, asks once, and shows no password', async () => {
    const proxy = await proxyWith({ refuse: 407 });
    const https = new URL(proxy.url);
    https.username = 'user';
    https.password = 'geheim';
    const failure = await whoCalls({ https })();
    expect(refusedByAws('caller', failure)).toMatchObject({
      code: 'PROXY_REFUSED',
      message: `the proxy ${proxy.url.origin} refuses the way to ${sts}:443: 407 By the rules`,
      hint: expect.stringContaining('HTTPS_PROXY'),
    });
    expect(isTransient(failure)).toBe(false);
    expect(JSON.stringify([String(failure), failure])).not.toContain('geheim');
    expect(proxy.asked).toHaveLength(1);
  });

  it('says which proxy is away, for now', async () => {
    const proxy = await startLocalProxy('silence');
    await proxy.close();
    const failure = await whoCalls({ https: proxy.url })();
    expect(refusedByAws('caller', failure)).toMatchObject({
      code: 'PROXY_UNREACHABLE',
      message: expect.stringContaining(`the proxy ${proxy.url.origin} cannot be reached on the way to ${sts}:443`),
    });
    expect(isTransient(failure)).toBe(true);
  });
});

describe('credentials', { timeout: 60_000 }, () => {
  let home = '';
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'roadstead-proxy-'));
    const start = 'https://corp.awsapps.com/start';
    await mkdir(join(home, '.aws/sso/cache'), { recursive: true });
    const token = { accessToken: 'signed-in', expiresAt: expires.toISOString() };
    const name = createHash('sha1').update(start).digest('hex');
    await writeFile(join(home, '.aws/sso/cache', `${name}.json`), JSON.stringify(token));
    await writeFile(
      join(home, '.aws/config'),
      `[profile base]
aws_access_key_id = AKIDEXAMPLE
aws_secret_access_key = example
[profile role]
role_arn = arn:aws:iam::123456789012:role/operator
source_profile = base
[profile sign-on]
sso_start_url = ${start}
sso_region = ${region}
sso_account_id = 123456789012
sso_role_name = operator
`,
    );
  });
  afterAll(() => rm(home, { recursive: true }));

  /** A machine with these files and nothing else to find credentials by. */
  function livesAt(variables: Readonly<Record<string, string>>): void {
    const none = ['ACCESS_KEY_ID', 'SECRET_ACCESS_KEY', 'SESSION_TOKEN', 'PROFILE', 'REGION', 'ENDPOINT_URL'];
    for (const name of none) vi.stubEnv(`AWS_${name}`, undefined);
    const files = {
      HOME: home,
      AWS_CONFIG_FILE: join(home, '.aws/config'),
      AWS_SHARED_CREDENTIALS_FILE: join(home, '.aws/none'),
      AWS_EC2_METADATA_DISABLED: 'true',
    };
    for (const [name, value] of Object.entries({ ...files, ...variables })) vi.stubEnv(name, value);
  }

  it.each([
    ['role', sts],
    ['sign-on', sso],
  ])('of the profile %s are asked of %s by the proxy', async (profile, host) => {
    const proxy = await proxyWith({ to: await startAws() });
    livesAt({ AWS_PROFILE: profile });
    const found = await defaultCredentials({ region, proxy: { https: proxy.url } })();
    expect(found).toMatchObject({ accessKeyId: 'AKIDROLE', sessionToken: 'token' });
    expect(proxy.asked).toEqual([`CONNECT ${host}:443`]);
  });

  it.each(['role', 'sign-on'])('of the profile %s that a proxy keeps away are not just missing', async (profile) => {
    const proxy = await proxyWith({ refuse: 403 });
    livesAt({ AWS_PROFILE: profile });
    await expect(defaultCredentials({ region, proxy: { https: proxy.url } })()).rejects.toMatchObject({
      code: 'PROXY_REFUSED',
    });
  });

  it('of a container are asked of this machine', async () => {
    const proxy = await proxyWith({ refuse: 403 });
    livesAt({ AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${await startAws(true)}/container` });
    const found = await defaultCredentials({ region, proxy: { http: proxy.url, https: proxy.url } })();
    expect(found).toMatchObject({ accessKeyId: 'AKIDROLE' });
    expect(proxy.asked).toEqual([]);
  });

  it('are asked for once, by however many calls at a time', async () => {
    const proxy = await proxyWith({ to: await startAws() });
    livesAt({ AWS_PROFILE: 'role' });
    const credentials = defaultCredentials({ region, proxy: { https: proxy.url } });
    await Promise.all([credentials(), credentials(), credentials()]);
    await credentials();
    expect(proxy.asked).toHaveLength(1);
  });
});
