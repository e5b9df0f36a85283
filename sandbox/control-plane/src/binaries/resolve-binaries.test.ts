import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { minors, releases } from '../components.ts';
import { freePorts } from '../ports.ts';
import { binaryProvider, resolveBinaries } from './resolve-binaries.ts';

let root: string;
let env: { PATH: string };
let sites: { releases: string; index: string };
const said: string[] = [];
const onProgress = ({ step, message }: { step: string; message: string }) => said.push(`${step}: ${message}`);

/** A `go` that notes its calls and writes a program of one line; the real one is run by whoever builds. */
const working = (log: string) => `#!/bin/sh
if [ "$1" = env ]; then echo go1.26.8; echo linux; echo amd64; exit 0; fi
echo "$1" >>'${log}'
while [ "$1" != -o ]; do shift; done
echo program >"$2"
`;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'roadstead-resolve-'));
  await mkdir(join(root, 'bin'));
  env = { PATH: join(root, 'bin') };
  const [closed = 0] = await freePorts(1);
  sites = { releases: `http://127.0.0.1:${closed}`, index: `http://127.0.0.1:${closed}` };
  said.length = 0;
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function putGo(script: string): Promise<void> {
  await writeFile(join(root, 'bin/go'), script);
  await chmod(join(root, 'bin/go'), 0o755);
}
const builds = async () => (await readFile(join(root, 'log'), 'utf8').catch(() => '')).split('\n').length - 1;
const resolve = (minor: (typeof minors)[number] = '1.36') =>
  resolveBinaries({ minor, cacheDirectory: join(root, 'cache'), env, sites, onProgress });

describe('with the internet closed and Go installed', () => {
  beforeEach(() => putGo(working(join(root, 'log'))));

  it('builds all minors once, and finds each of them from then on', async () => {
    const { files } = await resolve();
    expect(files['kube-apiserver']).toMatchObject({ source: 'build', isOurs: true });
    expect(await readFile(files.etcd.path, 'utf8')).toBe('program\n');
    expect(await builds()).toBe(minors.length);
    for (const minor of minors) expect((await resolve(minor)).files.etcd.path).toContain(releases[minor]);
    expect(await builds()).toBe(minors.length);
    expect(said[0]).toMatch(/^download: not possible: .*ECONNREFUSED/);
  });

  it('builds again the one that changed on disk, and says so', async () => {
    const { files } = await resolve('1.35');
    await writeFile(files.etcd.path, 'changed\n');
    said.length = 0;
    expect(await readFile((await resolve('1.35')).files.etcd.path, 'utf8')).toBe('program\n');
    expect(await builds()).toBe(minors.length + 1);
    expect(said.join('\n')).toMatch(/the cache is damaged: .* has changed since cached/);
  });

  it('builds once when two ask at once', async () => {
    const both = await Promise.all([resolve('1.36'), resolve('1.34')]);
    expect(both.map(({ minor }) => minor)).toEqual(['1.36', '1.34']);
    expect(await builds()).toBe(minors.length);
  });

  it('uses what was built when Go is gone', async () => {
    const before = await resolve();
    await rm(join(root, 'bin/go'));
    expect(await resolve()).toEqual(before);
  });

  it('remembers what it found for as long as the process lives', async () => {
    const provide = binaryProvider({ cacheDirectory: join(root, 'cache'), env, sites });
    const before = await provide('1.36');
    await rm(join(root, 'cache'), { recursive: true });
    expect(await provide('1.36')).toBe(before);
  });
});

describe('when nothing can make it, the one message says', () => {
  it('that Go is missing, with the way to install it', async () => {
    await expect(resolve()).rejects.toMatchObject({ code: 'GO_MISSING', hint: expect.stringContaining('go.dev/dl') });
  });

  it('that the disk is full, and leaves nothing half made', async () => {
    await putGo(
      '#!/bin/sh\n[ "$1" = env ] && echo go1 && echo a && echo b && exit 0\necho "x: no space left on device" >&2; exit 1\n',
    );
    await expect(resolve()).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect(await readdir(join(root, 'cache/control-plane'))).toEqual([]);
  });

  it('that the cache is no folder', async () => {
    await writeFile(join(root, 'cache'), '');
    await expect(resolve()).rejects.toMatchObject({ code: 'CACHE_NOT_WRITABLE' });
  });

  it('what the compiler said', async () => {
    await putGo(
      '#!/bin/sh\n[ "$1" = env ] && echo go1 && echo a && echo b && exit 0\necho "main.go:1: no" >&2; exit 1\n',
    );
    await expect(resolve()).rejects.toMatchObject({ message: expect.stringContaining('main.go:1: no') });
  });
});

it('stops a build when told to', async () => {
  await putGo('#!/bin/sh\n[ "$1" = env ] && echo go1 && echo a && echo b && exit 0\nwhile :; do :; done\n');
  const stop = new AbortController();
  const onCompile = ({ step }: { step: string }) => {
    if (step === 'compile') setImmediate(() => stop.abort(new Error('enough')));
  };
  const options = { cacheDirectory: join(root, 'cache'), env, sites, onProgress: onCompile, signal: stop.signal };
  await expect(resolveBinaries({ ...options, minor: '1.36' })).rejects.toThrow('enough');
  expect(await readdir(join(root, 'cache/control-plane'))).toEqual([]);
});
