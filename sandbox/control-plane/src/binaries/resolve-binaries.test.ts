import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, realpath, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { minors, releases } from '../components.ts';
import { freePort } from '../ports.ts';
import { eventually, isRunning } from '../testing/api-client.ts';
import { resolveApart } from './resolve-apart.ts';
import { binaryProvider, resolveBinaries } from './resolve-binaries.ts';

// Each starts programs, which take their time on a machine that is busy.
vi.setConfig({ testTimeout: 60_000 });

const arch = process.arch === 'x64' ? 'amd64' : process.arch;
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
  const closed = await freePort();
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

  it.each([
    ['is gone', () => rm(join(root, 'bin/go'))],
    ['is another', () => putGo('#!/bin/sh\necho go1.99.0; echo linux; echo amd64\n')],
    ['is broken', () => putGo('#!/bin/sh\nexit 1\n')],
  ])('uses what was built when Go %s', async (_, change) => {
    const before = await resolve();
    await change();
    expect(await resolve()).toEqual(before);
    expect(await builds()).toBe(minors.length);
  });

  it('uses a cache that it may only read', async () => {
    const before = await resolve();
    await rm(join(root, 'bin/go'));
    const entry = dirname(before.files.etcd.path);
    await rm(join(entry, '.users'), { recursive: true });
    await writeFile(join(entry, '.users'), 'in the way of notes');
    expect(await resolve()).toEqual(before);
  });

  it('keeps the builds of two sets of sources and removes the third', async () => {
    const old = async (key: string, usedAt: number) => {
      const users = join(
        root,
        'cache/control-plane',
        `build-v1.36.1-${process.platform}-${arch}-${key}-go1.26.1/.users`,
      );
      await mkdir(users, { recursive: true });
      await utimes(users, usedAt, usedAt);
    };
    await old('aaaaaaaaaaaa', 100);
    await old('bbbbbbbbbbbb', 200);
    await resolve();
    const names = await readdir(join(root, 'cache/control-plane'));
    expect(names.filter((name) => name.includes('v1.36.'))).toEqual([
      expect.stringContaining('bbbbbbbbbbbb'),
      expect.stringContaining(releases['1.36']),
    ]);
    expect(names).toHaveLength(minors.length + 1);
  });

  it('remembers what it found for as long as the process lives', async () => {
    const provide = binaryProvider({ cacheDirectory: join(root, 'cache'), env, sites });
    const before = await provide('1.36');
    await rm(join(root, 'cache'), { recursive: true });
    expect(await provide('1.36')).toBe(before);
  });
});

describe('when nothing can make it, the one message says', () => {
  it('that the cache is damaged, what else was tried, and that Go is missing', async () => {
    await putGo(working(join(root, 'log')));
    const { files } = await resolve();
    await truncate(await realpath(files.etcd.path), 3);
    await rm(join(root, 'bin/go'));
    const { message } = await resolve().then(
      () => expect.unreachable(),
      (error: Error) => error,
    );
    expect(message).toMatch(
      /has to be built \(the cache is damaged: .*control-plane has not the size .*; it cannot be downloaded: .*ECONNREFUSED.*\), and Go is not installed/,
    );
  });

  it('that Go is too old, once, with the way to install a newer one', async () => {
    await putGo(
      '#!/bin/sh\n[ "$1" = env ] && echo go1.24 && echo a && echo b && exit 0\n' +
        'echo "go: go.mod requires go >= 1.26.0 (running go 1.24; GOTOOLCHAIN=local)" >&2; exit 1\n',
    );
    await expect(resolve()).rejects.toMatchObject({ code: 'GO_TOO_OLD', hint: expect.stringContaining('Go 1.26') });
    expect(await readdir(join(root, 'cache/control-plane'))).toEqual([]);
  });

  it('that the cache cannot be written', async () => {
    await putGo(working(join(root, 'log')));
    // Nobody may make a folder there, the administrator neither.
    const cacheDirectory = process.platform === 'linux' ? '/sys/roadstead' : '/System/roadstead';
    await expect(resolveBinaries({ minor: '1.36', cacheDirectory, env, sites, onProgress })).rejects.toMatchObject({
      code: 'CACHE_NOT_WRITABLE',
      message: expect.stringContaining(`${cacheDirectory}/control-plane cannot be written`),
      hint: expect.stringContaining('ROADSTEAD_CACHE'),
    });
  });

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
  await putGo('#!/bin/sh\n[ "$1" = env ] && echo go1 && echo a && echo b && exit 0\nexec sleep 60\n');
  const stop = new AbortController();
  const onCompile = ({ step }: { step: string }) => {
    if (step === 'compile') setImmediate(() => stop.abort(new Error('enough')));
  };
  const options = { cacheDirectory: join(root, 'cache'), env, sites, onProgress: onCompile, signal: stop.signal };
  await expect(resolveBinaries({ ...options, minor: '1.36' })).rejects.toThrow('enough');
  expect(await readdir(join(root, 'cache/control-plane'))).toEqual([]);
});

describe('apart from this process, which may not use the network', () => {
  const lines: string[] = [];
  const apart = (minor: (typeof minors)[number] = '1.34') =>
    resolveApart({ minor, cacheDirectory: join(root, 'cache'), env, sites, onLine: (line) => lines.push(line) });

  it('what is missing is made by another one, once', async () => {
    await putGo(working(join(root, 'log')));
    const first = await apart();
    expect(first).toMatchObject({ minor: '1.34', files: { etcd: { source: 'build', isOurs: true } } });
    expect(lines.join('\n')).toMatch(/^download: not possible: .*ECONNREFUSED/);
    lines.length = 0;
    expect(await apart()).toEqual(first);
    expect(lines).toEqual([]);
  });

  it('what cannot be made is told in its last words', async () => {
    await expect(apart()).rejects.toMatchObject({
      code: 'CONTROL_PLANE_NOT_AVAILABLE',
      message: expect.stringMatching(/^Kubernetes 1\.34 is not to be had .*Go is not installed hint: install Go/),
    });
  });
});

it('a build ends with the process that wanted it, however that one ends', async () => {
  await putGo(
    `#!/bin/sh\n[ "$1" = env ] && echo go1 && echo a && echo b && exit 0\n/bin/sleep 60 & echo $! $$ >'${join(root, 'pids')}'\nwait\n`,
  );
  const program = fileURLToPath(new URL('../ensure-cli.ts', import.meta.url));
  const cli = spawn(process.execPath, [program, '--releases', sites.releases, '--index', sites.index, '1.36'], {
    env: { ...env, ROADSTEAD_CACHE: join(root, 'cache') },
    stdio: 'ignore',
  });
  const pids = await eventually(
    async () => (await readFile(join(root, 'pids'), 'utf8').catch(() => '')).trim().split(' ').map(Number),
    (seen) => seen.length === 2,
  );
  expect(pids.filter(isRunning)).toHaveLength(2);
  cli.kill('SIGKILL');
  await eventually(
    () => pids.filter(isRunning),
    (running) => running.length === 0,
  );
  // What it left half made is swept by the next.
  await putGo(working(join(root, 'log')));
  await resolve();
  const names = await readdir(join(root, 'cache/control-plane'));
  expect(names.filter((name) => name.startsWith('.'))).toEqual([]);
});

it.each([
  [['2.0'], /2\.0 is no minor that the sandbox plays/],
  [['--mirror'], /Unknown option '--mirror'/],
])('the program refuses %j with exit code 2', async (args, message) => {
  const program = fileURLToPath(new URL('../ensure-cli.ts', import.meta.url));
  const cli = spawn(process.execPath, [program, ...args], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  const [said, [code]] = await Promise.all([text(cli.stderr), once(cli, 'exit')]);
  expect(said).toMatch(message);
  expect(code).toBe(2);
});
