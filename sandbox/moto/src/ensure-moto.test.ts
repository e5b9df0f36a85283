import { mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { identityOf } from '@roadstead/sandbox-control-plane/machine';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ensureMoto, pinnedVersion } from './ensure-moto.ts';
import { installFailure } from './install-failure.ts';

// Each starts programs, which take their time on a machine that is busy.
vi.setConfig({ testTimeout: 60_000 });

let root: string;
let cacheDirectory: string;
let python: string;
const said: string[] = [];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'roadstead-moto-'));
  cacheDirectory = join(root, 'cache');
  python = join(root, 'python');
  said.length = 0;
  await putPython('sleep 0.1');
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** A Python that makes environments without a network, as far as we look at them, and notes what it was asked. */
const putPython = (pip: string) =>
  writeFile(
    python,
    `#!/bin/sh
case "$*" in
  *"-m venv"*) for last; do :; done; mkdir -p "$last/bin"; cp "$0" "$last/bin/python"; echo venv >>'${root}/log' ;;
  *"pip install"*)
    echo pip >>'${root}/log'
    ${pip}
    here=$(dirname "$0"); packages="$here/../lib/python3.12/site-packages"
    mkdir -p "$packages/moto" "$packages/botocore/data/eks"
    touch "$here/aws" "$here/cfn-lint" "$packages/moto/server.py" ;;
  *werkzeug*) ;;
  *) printf '3.12.3\\nvenv\\n' ;;
esac
`,
    { mode: 0o755 },
  );
const log = async () => (await readFile(join(root, 'log'), 'utf8').catch(() => '')).trim().split('\n');
const ensure = () =>
  ensureMoto({
    cacheDirectory,
    environment: { PATH: '/usr/bin:/bin' },
    pythons: [python],
    onProgress: (line) => said.push(line),
  });

describe('the Python environment', () => {
  it('is made once when many ask at once, and each gets the same', async () => {
    const all = await Promise.all([ensure(), ensure(), ensure()]);
    expect(await log()).toEqual(['venv', 'pip']);
    expect(new Set(all.map(({ aws }) => aws)).size).toBe(1);
    expect(said).toContain(`process ${process.pid} is making the Python environment; waiting for it`);
    expect(await ensure()).toEqual(all[0]);
    expect(await log()).toEqual(['venv', 'pip']);
  });

  it('is made anew when a part of it is missing, and the old one stays for whoever uses it', async () => {
    const { aws } = await ensure();
    await rm(aws);
    const again = await ensure();
    expect(again.aws).not.toBe(aws);
    expect(await log()).toEqual(['venv', 'pip', 'venv', 'pip']);
    expect(await readdir(cacheDirectory)).toHaveLength(3);
  });

  it('that was broken before anybody used it goes when it is made anew', async () => {
    await ensure();
    const link = (await readdir(cacheDirectory)).find((name) => /^moto-[0-9a-f]{16}$/.test(name)) ?? '';
    await rm(cacheDirectory, { recursive: true });
    await mkdir(join(cacheDirectory, 'moto-env-broken'), { recursive: true });
    await symlink('moto-env-broken', join(cacheDirectory, link));
    await ensure();
    expect(await readdir(cacheDirectory)).toHaveLength(2);
    expect(await readdir(cacheDirectory)).not.toContain('moto-env-broken');
  });

  it('leaves two that were used last, what somebody uses, and nothing half made', async () => {
    const gone = JSON.stringify({ ...(await identityOf()), started: 'before' });
    const environment = async (key: string, usedAt: number, user: string) => {
      const users = join(cacheDirectory, `moto-env-${key}`, '.users');
      await mkdir(users, { recursive: true });
      await writeFile(join(users, '1'), user);
      await utimes(users, usedAt, usedAt);
      await symlink(`moto-env-${key}`, join(cacheDirectory, `moto-${key}`));
    };
    await environment('aaaaaaaaaaaaaaaa', 100, gone);
    await environment('bbbbbbbbbbbbbbbb', 200, JSON.stringify(await identityOf()));
    await environment('cccccccccccccccc', 300, gone);
    await mkdir(join(cacheDirectory, 'moto-env-half'));
    await mkdir(join(cacheDirectory, 'control-plane'));
    await ensure();
    const names = await readdir(cacheDirectory);
    expect(names).toEqual(
      expect.arrayContaining([
        'control-plane',
        'moto-bbbbbbbbbbbbbbbb',
        'moto-cccccccccccccccc',
        'moto-env-bbbbbbbbbbbbbbbb',
        'moto-env-cccccccccccccccc',
      ]),
    );
    expect(names.filter((name) => name.startsWith('moto-env-'))).toHaveLength(3);
    expect(names).toHaveLength(7);
  });

  it('stops being made when told to, and leaves nothing', async () => {
    await putPython('sleep 60');
    const stop = new AbortController();
    const onProgress = (): void => void setTimeout(() => stop.abort(new Error('enough')), 50);
    const making = ensureMoto({
      cacheDirectory,
      environment: { PATH: '/usr/bin:/bin' },
      pythons: [python],
      signal: stop.signal,
      onProgress,
    });
    await expect(making).rejects.toThrow('enough');
    expect(await readdir(cacheDirectory)).toEqual([]);
  });

  it.each([
    ['the disk is full', 'echo "OSError: [Errno 28] No space left on device"; exit 1', 'DISK_FULL'],
    [
      'no index is reached',
      'echo "WARNING: Retrying: NewConnectionError(\'Connection refused\')"; echo ERROR: no match; exit 1',
      'PACKAGE_INDEX_UNREACHABLE',
    ],
    ['pip fails for another reason', 'echo ERROR: no; exit 1', 'MOTO_INSTALL_FAILED'],
  ])('says that %s, and leaves nothing', async (_, pip, code) => {
    await putPython(pip);
    await expect(ensure()).rejects.toMatchObject({ code });
    expect(await readdir(cacheDirectory)).toEqual([]);
  });

  it('says that its cache cannot be written', async () => {
    cacheDirectory = process.platform === 'linux' ? '/sys/roadstead' : '/System/roadstead';
    await expect(ensure()).rejects.toMatchObject({ code: 'CACHE_NOT_WRITABLE', value: cacheDirectory });
  });
});

it('what pip printed is told in the lines that matter', () => {
  const offline = installFailure(
    'pip',
    "Collecting moto\nWARNING: Retrying (Retry(total=1)) after connection broken by 'NewConnectionError(refused)': /simple/\nERROR: Could not find a version\nERROR: No matching distribution",
    '/cache',
  );
  expect(offline).toMatchObject({ value: expect.stringContaining('NewConnectionError') });
  expect(installFailure('pip', 'a\nb\nc\nERROR: d', '/cache')).toMatchObject({ value: 'pip: b | c | ERROR: d' });
});

it('a pinned version is read from the requirements', () => {
  expect(pinnedVersion('a==1\nmoto==5.2.3\n', 'moto')).toBe('5.2.3');
  expect(() => pinnedVersion('moto-ext==1', 'moto')).toThrow('moto is not pinned');
});
