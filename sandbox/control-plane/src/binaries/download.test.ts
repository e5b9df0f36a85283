import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { components } from '../components.ts';
import { checksumIn, type DownloadContext, download, planDownload } from './download.ts';
import { newestArchive } from './envtest-index.ts';
import { resolveBinaries } from './resolve-binaries.ts';

const sum = (algorithm: string, bytes: string | Buffer) => createHash(algorithm).update(bytes).digest('hex');
const hash = 'a'.repeat(128);
const indexOf = (entries: readonly (readonly [string, string])[], url: string) =>
  `releases:\n${entries
    .map(
      ([release, sha512]) =>
        `  ${release}:\n    envtest-${release}-darwin-arm64.tar.gz:\n      hash: ${hash}\n      selfLink: ${url}/wrong\n` +
        `    envtest-${release}-linux-amd64.tar.gz:\n      hash: ${sha512}\n      selfLink: ${url}/${release}.tar.gz\n`,
    )
    .join('')}`;

describe('the index of envtest', () => {
  it.each([
    ['1.36', ['v1.36.0', 'v1.36.10', 'v1.36.9', 'v1.35.20'], 'v1.36.10'],
    ['1.36', ['v1.36.2', 'v1.36.3-rc.0'], 'v1.36.2'],
    ['1.33', ['v1.36.0'], undefined],
  ])('has for %s in %j %s', (minor, releases, newest) => {
    const index = indexOf(
      releases.map((release) => [release, hash]),
      'https://e.org',
    );
    expect(newestArchive(index, minor, 'linux', 'amd64')?.release).toBe(newest);
  });

  it('has no archive where its shape or a checksum is not what we know', () => {
    expect(newestArchive('releases: {}', '1.36', 'linux', 'amd64')).toBeUndefined();
    expect(newestArchive(indexOf([['v1.36.0', 'abc']], 'https://e.org'), '1.36', 'linux', 'amd64')).toBeUndefined();
  });
});

it.each([
  ['a'.repeat(64), true],
  [`${'a'.repeat(64)}  kubectl\n`, true],
  ['<html>', false],
  ['a'.repeat(63), false],
])('reads a checksum file %j: %s', (text, good) => {
  if (good) expect(checksumIn(text)).toBe('a'.repeat(64));
  else expect(() => checksumIn(text)).toThrow('no SHA-256');
});

describe('from a server', () => {
  let directory: string;
  let server: Server;
  let context: DownloadContext;
  let answers: Map<string, string | Buffer>;
  let interrupted: string | undefined;
  const base = '/release/v1.36.3/bin/linux/amd64';

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'roadstead-download-'));
    server = createServer((request, response) => {
      const body = answers.get(request.url ?? '');
      if (body === 'hang') return;
      if (request.url === interrupted && body !== undefined) {
        response.writeHead(200, { 'content-length': body.length }).write(body.slice(0, 5), () => response.destroy());
        return;
      }
      response.writeHead(body === undefined ? 404 : 200).end(body);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const sites = { releases: `${url}/release`, index: `${url}/index` };
    context = { sites, platform: { os: 'linux', arch: 'amd64' }, env: {}, signal: undefined };
    answers = new Map();
    interrupted = undefined;
    for (const component of components) {
      answers.set(`${base}/${component}`, `program ${component}`);
      answers.set(`${base}/${component}.sha256`, sum('sha256', `program ${component}`));
    }
    mkdirSync(join(directory, 'in/controller-tools/envtest'), { recursive: true });
    writeFileSync(join(directory, 'in/controller-tools/envtest/etcd'), 'program etcd');
    const archive = execFileSync('tar', ['-czf', '-', '-C', join(directory, 'in'), 'controller-tools']);
    answers.set('/v1.36.2.tar.gz', archive);
    answers.set('/index', indexOf([['v1.36.2', sum('sha512', archive)]], url));
  });

  afterEach(() => {
    server.closeAllConnections();
    server.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('fetches all five, checks them, and makes them runnable', async () => {
    const planned = await planDownload('1.36', context);
    if (planned.kind !== 'plan') throw new Error(planned.reason);
    const out = join(directory, 'out');
    mkdirSync(out);
    await download(planned.plan, out, context, () => undefined);
    for (const component of components) {
      expect(readFileSync(join(out, component), 'utf8')).toBe(`program ${component}`);
      expect(statSync(join(out, component)).mode & 0o111).not.toBe(0);
    }
  });

  it('is preferred to a build, cached, and not fetched again', async () => {
    const said: string[] = [];
    const options = {
      ...context,
      minor: '1.36' as const,
      cacheDirectory: join(directory, 'cache'),
      onProgress: ({ message }: { message: string }) => void said.push(message),
    };
    const { signal: _, ...rest } = options;
    const first = await resolveBinaries(rest);
    expect(first.files['kube-apiserver']).toMatchObject({ source: 'download', isOurs: false });
    expect(readFileSync(first.files.etcd.path, 'utf8')).toBe('program etcd');
    expect(said.at(-1)).toBe('5 files, checksums right');
    answers.clear();
    expect(await resolveBinaries(rest)).toEqual(first);
  });

  it('gives way to the next source when a checksum is wrong, and leaves nothing', async () => {
    answers.set(`${base}/kubectl`, 'something else');
    const { signal: _, ...rest } = context;
    const cacheDirectory = join(directory, 'cache');
    const resolving = resolveBinaries({ ...rest, minor: '1.36', cacheDirectory, env: { PATH: '/nonexistent' } });
    await expect(resolving).rejects.toMatchObject({ code: 'GO_MISSING' });
    expect(readdirSync(join(cacheDirectory, 'control-plane'))).toEqual([]);
  });

  it.each([[`${base}/kube-scheduler`], ['/v1.36.2.tar.gz']])(
    'gives way to the next source when %s is cut off, says why, and leaves nothing',
    async (path) => {
      interrupted = path;
      const { signal: _, ...rest } = context;
      const cacheDirectory = join(directory, 'cache');
      const resolving = resolveBinaries({ ...rest, minor: '1.36', cacheDirectory, env: { PATH: '/nonexistent' } });
      await expect(resolving).rejects.toMatchObject({
        code: 'GO_MISSING',
        message: expect.stringMatching(/its download failed: .*(terminated|closed)/),
      });
      expect(readdirSync(join(cacheDirectory, 'control-plane'))).toEqual([]);
    },
  );

  it.each([[`${base}/kube-scheduler`], ['/v1.36.2.tar.gz']])('refuses %s with other bytes', async (path) => {
    const planned = await planDownload('1.36', context);
    if (planned.kind !== 'plan') throw new Error(planned.reason);
    answers.set(path, 'something else');
    const loading = download(planned.plan, directory, context, () => undefined);
    await expect(loading).rejects.toThrow(/has not the checksum/);
  });

  it.each([
    ['a checksum is missing', () => answers.delete(`${base}/kubectl.sha256`), /answered 404/],
    ['a portal answers for the site', () => answers.set(`${base}/kubectl.sha256`, '<html>'), /no SHA-256/],
    ['the index has no etcd', () => answers.set('/index', 'releases: {}'), /no etcd for 1.36/],
    ['nobody listens', () => server.close(), /ECONNREFUSED/],
  ])('is not possible when %s', async (_, breakIt, reason) => {
    breakIt();
    expect(await planDownload('1.36', context)).toMatchObject({ reason: expect.stringMatching(reason) });
  });

  it('is decided in time when the site does not answer', async () => {
    answers.set('/index', 'hang');
    const planned = await planDownload('1.36', { ...context, decideWithinMs: 50 });
    expect(planned).toEqual({ kind: 'impossible', reason: 'no answer within 0.05 s' });
  });

  it('is not possible where upstream publishes no servers', async () => {
    const planned = await planDownload('1.36', { ...context, platform: { os: 'darwin', arch: 'arm64' } });
    expect(planned).toMatchObject({ kind: 'impossible', reason: expect.stringContaining('darwin') });
  });
});
