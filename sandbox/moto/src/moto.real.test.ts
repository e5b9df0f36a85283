import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, realpath, rename, rm, symlink } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { ensureMoto, type MotoTools } from './ensure-moto.ts';
import { startMoto } from './start-moto.ts';

const cacheDirectory = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'roadstead');
const launcher = join(import.meta.dirname, '..', 'python', 'roadstead_moto');

let tools: MotoTools;
beforeAll(async () => {
  tools = await ensureMoto({ cacheDirectory, environment: process.env });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('the Python environment', () => {
  it('is found again without any work', async () => {
    const said: string[] = [];
    const again = await ensureMoto({ cacheDirectory, environment: process.env, onProgress: (line) => said.push(line) });
    expect(again).toEqual(tools);
    expect(said).toEqual([]);
  });

  it('is made anew when a part of it is missing, once for two sandboxes that start at once', async () => {
    const cache = await mkdtemp(join(tmpdir(), 'roadstead-cache-'));
    const whole = await realpath(join(tools.bin, '..'));
    // The cache may have those of other Pythons too: the one that leads to what we use.
    const links = (await readdir(cacheDirectory)).filter((found) => /^moto-(?!env-)/.test(found));
    const targets = await Promise.all(links.map((link) => realpath(join(cacheDirectory, link))));
    const name = links[targets.indexOf(whole)];
    await mkdir(join(cache, 'moto-env-broken', 'bin'), { recursive: true });
    await cp(join(whole, 'pyvenv.cfg'), join(cache, 'moto-env-broken', 'pyvenv.cfg'));
    await symlink('moto-env-broken', join(cache, name ?? ''));
    const script = `
      const { ensureMoto } = await import(${JSON.stringify(join(import.meta.dirname, 'ensure-moto.ts'))});
      const tools = await ensureMoto({ cacheDirectory: ${JSON.stringify(cache)}, environment: process.env });
      console.log(tools.bin);`;
    const makers = [1, 2].map(() =>
      spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] }),
    );
    const [one, two] = await Promise.all(makers.map(({ stdout }) => text(stdout)));
    expect(one).toContain(cache);
    expect(two).toBe(one);
    const left = await readdir(cache);
    expect(left).toHaveLength(2);
    expect(left).not.toContain('moto-env-broken');
    await rm(cache, { recursive: true });
  }, 600_000);
});

describe('the Python environment that cannot be made', () => {
  /** A process of its own, because the folder is there for it alone; tells the error's code and what is left. */
  const script = (cache: string) => `
    const { ensureMoto } = await import(${JSON.stringify(join(import.meta.dirname, 'ensure-moto.ts'))});
    const { readdir } = await import('node:fs/promises');
    const options = { cacheDirectory: ${JSON.stringify(cache)}, environment: process.env };
    const error = await ensureMoto(options).catch((error) => error);
    console.log(JSON.stringify({ code: error.code, hint: error.hint, left: await readdir(${JSON.stringify(cache)}) }));`;
  const tell = async (command: string, args: readonly string[], cache: string, variables = {}) => {
    const child = spawn(command, [...args, process.execPath, '--input-type=module', '-e', script(cache)], {
      env: { ...process.env, ...variables },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    return JSON.parse(await text(child.stdout)) as { code: string; hint: string; left: string[] };
  };

  it('because no index is reached says so within seconds, and leaves nothing', async () => {
    const cache = await mkdtemp(join(tmpdir(), 'roadstead-cache-'));
    const closed = { PIP_INDEX_URL: 'http://127.0.0.1:9/simple', PIP_NO_CACHE_DIR: '1' };
    expect(await tell('/usr/bin/env', [], cache, closed)).toEqual({
      code: 'PACKAGE_INDEX_UNREACHABLE',
      hint: expect.stringContaining('PIP_INDEX_URL'),
      left: [],
    });
    await rm(cache, { recursive: true });
  }, 60_000);

  it('because the disk is full says so, and leaves nothing', async () => {
    const cache = await mkdtemp(join(tmpdir(), 'roadstead-cache-'));
    const mounted = ['-rm', 'sh', '-c', `mount -t tmpfs -o size=6m tmpfs '${cache}' && exec "$0" "$@"`];
    expect(await tell('unshare', mounted, cache)).toEqual({
      code: 'DISK_FULL',
      hint: expect.stringContaining('Make room there.'),
      left: [],
    });
    await rm(cache, { recursive: true });
  }, 60_000);
});

describe('moto', () => {
  const directory = () => mkdtemp(join(tmpdir(), 'roadstead-moto-'));

  it('ends when it is stopped, and stopping twice is no error', async () => {
    const moto = await startMoto({ tools, environment: process.env, directory: await directory() });
    expect(isAlive(moto.pid)).toBe(true);
    await moto.stop();
    await moto.stop();
    expect(isAlive(moto.pid)).toBe(false);
  });

  it('ends with a parent that is killed and can tell it nothing', async () => {
    const script = `
      const { startMoto } = await import(${JSON.stringify(join(import.meta.dirname, 'start-moto.ts'))});
      const moto = await startMoto({ tools: ${JSON.stringify(tools)}, environment: process.env, directory: ${JSON.stringify(await directory())} });
      console.log(moto.pid);
      setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const pid = Number(
      await new Promise<string>((resolve) => parent.stdout.once('data', (data) => resolve(String(data)))),
    );
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    for (let attempt = 0; attempt < 50 && isAlive(pid); attempt++) await delay(100);
    expect(isAlive(pid)).toBe(false);
  });

  it('reaches nothing but this machine', async () => {
    const code = [
      'import runpy, sys, socket, threading',
      'threading.Thread.start = lambda self: None',
      `source = open(${JSON.stringify(join(launcher, '__main__.py'))}).read().rsplit("main()", 1)[0]`,
      'exec(source)',
      'stay_on_loopback()',
      's = socket.socket(); s.settimeout(1)',
      'try:\n s.connect(("192.0.2.1", 80))\nexcept PermissionError as e:\n print("dial", e)',
      'try:\n s.bind(("0.0.0.0", 0))\nexcept PermissionError as e:\n print("bind", e)',
      's.bind(("127.0.0.1", 0)); print("loopback")',
    ].join('\n');
    const child = spawn(tools.python, ['-c', code], { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    for await (const chunk of child.stdout) said += String(chunk);
    expect(said.split('\n')).toEqual([
      expect.stringMatching(/^dial .*192\.0\.2\.1/),
      expect.stringMatching(/^bind .*0\.0\.0\.0/),
      'loopback',
      '',
    ]);
  });

  it('that cannot start says why', async () => {
    const broken = join(await directory(), 'python');
    await symlink('/bin/false', `${broken}.new`);
    await rename(`${broken}.new`, broken);
    const starting = startMoto({
      tools: { ...tools, python: broken },
      environment: process.env,
      directory: await directory(),
    });
    await expect(starting).rejects.toMatchObject({
      code: 'MOTO_START_FAILED',
      value: expect.stringContaining('it ended'),
    });
  });
});
