import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Finished, finish, root } from './sandbox.ts';

/** `npm run demo` on the machine of somebody who has real accounts and real clusters. */
let trap: Server;
let trapped = 0;
let home = '';
let files: Readonly<Record<string, string>> = {};
let shell: NodeJS.ProcessEnv = {};

const cache =
  process.env['ROADSTEAD_CACHE'] ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'roadstead');

beforeAll(async () => {
  trap = createServer((socket) => {
    trapped += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => trap.listen(0, '127.0.0.1', resolve));
  const address = trap.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  home = await mkdtemp(join(tmpdir(), 'roadstead-home-'));
  files = realLooking(url);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(home, path)), { recursive: true });
    await writeFile(join(home, path), text);
    // Read long ago, written since: the next read shows, whatever the file system saves itself.
    await utimes(join(home, path), new Date('2020-01-01'), new Date('2021-01-01'));
  }
  const { PATH } = process.env;
  shell = {
    PATH,
    HOME: home,
    ROADSTEAD_CACHE: cache,
    AWS_PROFILE: 'production',
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'planted',
    AWS_SESSION_TOKEN: 'planted',
    AWS_ENDPOINT_URL: url,
    AWS_ENDPOINT_URL_EKS: url,
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/credentials`,
    AWS_EC2_METADATA_SERVICE_ENDPOINT: url,
    KUBECONFIG: join(home, '.kube/config'),
    DATABASE_URL: url.replace('http', 'postgres'),
  };
});
afterAll(async () => {
  await new Promise((resolve) => trap.close(resolve));
  await rm(home, { recursive: true, force: true });
});

/** Files of a user with a real account. Every address leads into the trap, and the profile's program leaves a mark. */
function realLooking(url: string): Readonly<Record<string, string>> {
  return {
    '.aws/credentials': '[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = planted\n',
    '.aws/config': `[default]\nregion = eu-west-1\nendpoint_url = ${url}\n[profile production]\nregion = eu-west-1\nendpoint_url = ${url}\ncredential_process = sh -c "touch $HOME/used; exit 1"\n`,
    '.kube/config': `apiVersion: v1\nkind: Config\ncurrent-context: production\nclusters: [{name: production, cluster: {server: "${url}"}}]\ncontexts: [{name: production, context: {cluster: production, user: me}}]\nusers: [{name: me, user: {token: planted}}]\n`,
  };
}

async function demo(): Promise<Finished> {
  return finish('sh', [join(root, 'tools/run.sh'), 'demo', '--exit'], shell);
}

describe('the demo beside real accounts', () => {
  it('comes up and goes, and has neither read, used nor changed what is theirs', async () => {
    const { code, stderr } = await demo();
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('shop is up: Kubernetes');
    expect(stderr).toMatch(/^Removed: \d+/m);
    expect(trapped).toBe(0);
    const readAt = await Promise.all(Object.keys(files).map(async (path) => (await stat(join(home, path))).atime));
    expect(readAt).toEqual(Object.keys(files).map(() => new Date('2020-01-01')));
    for (const [path, text] of Object.entries(files)) expect(await readFile(join(home, path), 'utf8')).toBe(text);
    expect((await readdir(join(home, '.aws'))).toSorted()).toEqual(['config', 'credentials']);
    expect(await readdir(join(home, '.kube'))).toEqual(['config']);
    expect((await readdir(home)).toSorted()).toEqual(['.aws', '.kube']);
  });

  it('names the commands to go on with as they are typed in the checkout, and is ended by Ctrl-C with nothing left', async () => {
    const before = await demoFolders();
    const child = spawn('sh', [join(root, 'tools/run.sh'), 'demo'], {
      env: shell,
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    const up = new Promise<void>((resolve, reject) => {
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (/Ctrl-C here ends the sandbox/.test(said)) resolve();
      });
      child.once('exit', () => reject(new Error(`it ended:\n${said}`)));
    });
    await up;
    expect(said).toContain('  bin/roadstead plan -f examples/shop.yaml');
    expect(said).toMatch(/ {2}eval "\$\(bin\/roadstead sandbox env --directory \S+\)"/);
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    process.kill(-(child.pid ?? 0), 'SIGINT');
    expect(await ended).toBe(0);
    expect(await demoFolders()).toEqual(before);
    expect(trapped).toBe(0);
  });

  it('would have been trapped had it used them: the trap works', async () => {
    await finish('kubectl', ['get', 'nodes', '--request-timeout=2s'], shell).catch(() => undefined);
    await readFile(join(home, '.aws/config'));
    expect((await stat(join(home, '.aws/config'))).atime).not.toEqual(new Date('2020-01-01'));
    const aws = await fetch(shell['AWS_ENDPOINT_URL'] ?? '').catch(() => undefined);
    expect(aws).toBeUndefined();
    expect(trapped).toBeGreaterThan(0);
  });
});

async function demoFolders(): Promise<readonly string[]> {
  return (await readdir(tmpdir())).filter((name) => name.startsWith('roadstead-demo-')).toSorted();
}
