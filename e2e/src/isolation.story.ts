import { cp, mkdir, readdir, readFile, readlink, realpath, symlink, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HomeFiles, plant, realLooking } from './planted-home.ts';
import { aws, clusterFile, kubectl, planLines, program, roadsteadIn, smallCluster } from './roadstead.ts';
import { type Finished, finish, root, type Sandbox, startSandbox } from './sandbox.ts';
import { temporaryFolder } from './temporary.ts';
import { setTrap, type Trap } from './trap.ts';

/** What is of others stays theirs: the user's own AWS, another account, another region, a machine where something is missing. */
let sandbox: Sandbox;
let trap: Trap;
let home = '';
let planted: HomeFiles = {};

const cache =
  process.env['ROADSTEAD_CACHE'] ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'roadstead');

beforeAll(async () => {
  trap = await setTrap();
  home = await temporaryFolder('home');
  planted = realLooking(trap.url);
  await plant(home, planted);
  const { PATH } = process.env;
  sandbox = await startSandbox({
    factor: 200,
    shell: { PATH, HOME: home, ROADSTEAD_CACHE: cache, AWS_PROFILE: 'production', AWS_SESSION_TOKEN: 'planted' },
  });
});
afterAll(async () => {
  await sandbox?.stop();
  await trap.close();
});

describe('two accounts and two regions', () => {
  const other = { account: '', region: 'us-east-1' };
  let otherShell: NodeJS.ProcessEnv = {};
  let here = '';
  let there = '';

  beforeAll(async () => {
    const state = JSON.parse(await readFile(join(sandbox.directory, 'sandbox.json'), 'utf8')) as {
      identities: { account: string; accessKeyId: string; secretAccessKey: string }[];
    };
    const second = state.identities.find(({ account }) => account !== '123456789012');
    if (second === undefined) throw new Error('the sandbox has one account only');
    other.account = second.account;
    otherShell = {
      AWS_ACCESS_KEY_ID: second.accessKeyId,
      AWS_SECRET_ACCESS_KEY: second.secretAccessKey,
      AWS_REGION: other.region,
      AWS_DEFAULT_REGION: other.region,
      KUBECONFIG: join(home, 'other-kubeconfig'),
      ROADSTEAD_STATE: join(home, 'other-state'),
    };
    const text = smallCluster('twin');
    here = await clusterFile(text);
    there = await clusterFile(text.replace('123456789012', other.account).replace('eu-central-1', other.region));
  });

  it('a cluster of the same name in another account and region comes and goes, and harms nothing here', async () => {
    const roadstead = await roadsteadIn(sandbox);
    await roadstead.ok('up', '-f', here, '--yes');
    await roadstead.ok('kubeconfig', '-f', here, '--use');
    const before = await kubectl(sandbox, 'get', 'nodes', '-o', 'name');
    const up = await sandbox.run(program, ['up', '-f', there, '--yes'], otherShell);
    expect(up.code, up.stderr).toBe(0);
    const nodes = await sandbox.run(program, ['status', '-f', there, '--output', 'json'], otherShell);
    expect(JSON.parse(nodes.stdout)).toMatchObject({ controlPlane: 'ACTIVE' });
    expect(await planLines(roadstead, '-f', here)).toEqual([]);

    const token = await sandbox.run(program, ['token', '--cluster', 'twin', '--region', 'eu-central-1'], otherShell);
    const { status } = JSON.parse(token.stdout) as { status: { token: string } };
    const asOther = await asToken(status.token);
    expect(asOther.stderr).toMatch(/Unauthorized|must be logged in/);
    expect(asOther.code).not.toBe(0);

    const down = await sandbox.run(program, ['down', '-f', there, '--yes', '--delete-logs'], otherShell);
    expect(down.code, down.stderr).toBe(0);
    expect(await planLines(roadstead, '-f', here)).toEqual([]);
    expect(await kubectl(sandbox, 'get', 'nodes', '-o', 'name')).toBe(before);
    const { clusters } = await aws<{ clusters: string[] }>(sandbox, 'eks', 'list-clusters');
    expect(clusters).toEqual(['twin']);
  });

  it('in another region of the same account nothing of it is seen', async () => {
    const text = (await readFile(here, 'utf8')).replace('eu-central-1', other.region);
    const lines = await planLines(await roadsteadIn(sandbox), '-f', await clusterFile(text));
    expect(new Set(lines.map(({ action }) => action))).toEqual(new Set(['create', 'update']));
    expect(lines.find(({ id }) => id === 'eks/cluster')?.action).toBe('create');
  });

  /** kubectl with a token and nothing else of the kubeconfig's user. */
  async function asToken(token: string): Promise<Finished> {
    const file = sandbox.environment['KUBECONFIG'] ?? '';
    const server = await kubectl(sandbox, 'config', 'view', '--minify', '-o', 'jsonpath={.clusters[0].cluster.server}');
    const authority = await kubectl(
      sandbox,
      ...['config', 'view', '--minify', '--raw', '-o', 'jsonpath={.clusters[0].cluster.certificate-authority-data}'],
    );
    const alone = `apiVersion: v1
kind: Config
current-context: it
clusters: [{name: it, cluster: {server: "${server}", certificate-authority-data: "${authority}"}}]
contexts: [{name: it, context: {cluster: it, user: it}}]
users: [{name: it, user: {token: "${token}"}}]
`;
    const path = join(dirname(file), 'token-only');
    await writeFile(path, alone);
    return sandbox.run('kubectl', ['--kubeconfig', path, 'get', 'nodes']);
  }
});

describe("the user's own AWS and kubeconfig", () => {
  it('were never used and are as they were, after all of the above', async () => {
    const { Account } = await aws<{ Account: string }>(sandbox, 'sts', 'get-caller-identity');
    expect(Account).toBe('123456789012');
    for (const [path, text] of Object.entries(planted)) expect(await readFile(join(home, path), 'utf8')).toBe(text);
    expect(trap.caught()).toBe(0);
    expect(await readdir(home)).not.toContain('used');
    expect((await readdir(join(home, '.aws'))).toSorted()).toEqual(['config', 'credentials']);
  });

  it('would have been used without the sandbox: the trap works', async () => {
    const PATH = sandbox.environment['PATH'];
    await finish('kubectl', ['get', 'nodes', '--request-timeout=2s'], { PATH, HOME: home });
    expect(trap.caught()).toBeGreaterThan(0);
    await finish('aws', ['sts', 'get-caller-identity'], { PATH, HOME: home, AWS_PROFILE: 'production' });
    expect(await readdir(home)).toContain('used');
  });
});

describe('a machine where something is missing', () => {
  const main = join(root, 'sandbox/app/src/main.ts');
  const node = join(root, 'node_modules/.bin/node');

  /** Starts a sandbox that must not start: one message, its hint, no stack trace, and nothing left. */
  async function refusal(more: NodeJS.ProcessEnv, args: readonly string[] = []): Promise<Finished> {
    const directory = await temporaryFolder('broken');
    const env = { PATH: process.env['PATH'], HOME: home, ROADSTEAD_CACHE: cache, ...more };
    const ended = await finish(node, [main, '--directory', directory, ...args], env);
    expect(ended.stderr).not.toMatch(/^\s+at /m);
    expect(ended.code).toBe(1);
    expect((await readdir(directory)).filter((name) => name !== 'sandbox.log')).toEqual([]);
    return ended;
  }

  it('without Python it says what to install', async () => {
    const { stderr } = await refusal({ PATH: await pathOf([]) });
    expect(stderr).toMatch(/^No Python found on PATH/m);
    expect(stderr).toContain('apt-get install python3');
  });

  it('with a broken control plane and no Go it says what to install', async () => {
    const { stderr } = await refusal({
      PATH: await pathOf(['python3']),
      ROADSTEAD_CACHE: await brokenCache(),
      HTTPS_PROXY: trap.url,
      https_proxy: trap.url,
    });
    expect(stderr).toMatch(/Go is not installed/);
    expect(stderr).toContain('install Go 1.');
  });

  it('with its port taken it names the port', async () => {
    const { stderr } = await refusal({}, ['--port', String(trap.port)]);
    expect(stderr).toContain(String(trap.port));
    expect(stderr).toMatch(/taken|in use/);
  });

  it('with a directory that cannot be made it names the directory', async () => {
    const place = join(home, '.aws/config/inside-a-file');
    const env = { PATH: process.env['PATH'], HOME: home, ROADSTEAD_CACHE: cache };
    const ended = await finish(node, [main, '--directory', place], env);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain(place);
    expect(ended.stderr).not.toMatch(/^\s+at /m);
    const viaCli = await finish(program, ['sandbox', 'up', '--detach', '--directory', place], env);
    expect(viaCli.code).toBe(1);
    expect(viaCli.stderr).toContain(place);
    expect(viaCli.stderr).not.toMatch(/^\s+at /m);
  });

  it('with a state directory that cannot be made the product names it, and has asked nobody', async () => {
    const place = join(home, '.aws/config/state');
    const file = await clusterFile(smallCluster('nowhere'));
    const ended = await sandbox.run(program, ['up', '-f', file, '--yes'], { ROADSTEAD_STATE: place });
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain(place);
    expect(ended.stderr).not.toMatch(/^\s+at /m);
  });

  /** A PATH with the tools that every machine has, and those named. */
  async function pathOf(names: readonly string[]): Promise<string> {
    const folder = await temporaryFolder('path');
    for (const name of ['sh', 'env', ...names]) {
      const command = name === 'python3' ? ['-c', 'import sys; print(sys.executable)'] : ['-c', `command -v ${name}`];
      const { stdout } = await finish(name === 'python3' ? name : 'sh', command, { PATH: process.env['PATH'] });
      await writeFile(join(folder, name), `#!/bin/sh\nexec ${stdout.trim()} "$@"\n`, { mode: 0o755 });
    }
    return folder;
  }

  /** The Python environment as it is, and a control plane whose bytes are not what was cached. */
  async function brokenCache(): Promise<string> {
    const broken = await realpath(await temporaryFolder('cache'));
    for (const name of await readdir(cache)) {
      if (!/^moto-[0-9a-f]+$/.test(name)) continue;
      const target = join(cache, basename(await readlink(join(cache, name))));
      await symlink(relative(broken, await realpath(target)), join(broken, name));
    }
    for (const name of await readdir(join(cache, 'control-plane'))) {
      if (!name.startsWith('build-') && !name.startsWith('download-')) continue;
      const entry = join(broken, 'control-plane', name);
      await mkdir(entry, { recursive: true });
      await cp(join(cache, 'control-plane', name, 'manifest.json'), join(entry, 'manifest.json'));
      await writeFile(join(entry, 'control-plane'), 'not a program');
    }
    return broken;
  }
});
