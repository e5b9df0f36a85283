import { spawn } from 'node:child_process';
import { readdir, readFile, stat, utimes } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HomeFiles, plant, realLooking } from './planted-home.ts';
import { finish, root } from './sandbox.ts';
import { removeTemporaryFolders, temporaryFolder } from './temporary.ts';
import { setTrap, type Trap } from './trap.ts';

/** `npm run demo` on the machine of somebody who has real accounts and real clusters. */
let trap: Trap;
let home = '';
let planted: HomeFiles = {};
let shell: NodeJS.ProcessEnv = {};

const cache =
  process.env['ROADSTEAD_CACHE'] ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'roadstead');
/** Read long ago, written since: the next read shows, whatever the file system saves itself. */
const [longAgo, since] = [new Date('2020-01-01'), new Date('2021-01-01')];

beforeAll(async () => {
  trap = await setTrap();
  home = await temporaryFolder('home');
  planted = realLooking(trap.url);
  await plant(home, planted);
  for (const path of Object.keys(planted)) await utimes(join(home, path), longAgo, since);
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
    AWS_ENDPOINT_URL: trap.url,
    AWS_ENDPOINT_URL_EKS: trap.url,
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${trap.url}/credentials`,
    AWS_EC2_METADATA_SERVICE_ENDPOINT: trap.url,
    KUBECONFIG: join(home, '.kube/config'),
    DATABASE_URL: trap.url.replace('http', 'postgres'),
  };
});
afterAll(async () => {
  await trap?.close();
  await removeTemporaryFolders();
});

/** The planted files that were read since. */
async function readFiles(): Promise<readonly string[]> {
  const paths = Object.keys(planted);
  const times = await Promise.all(paths.map(async (path) => (await stat(join(home, path))).atime.getTime()));
  return paths.filter((_, index) => times[index] !== longAgo.getTime());
}

describe('the demo beside real accounts', () => {
  it('comes up and goes, and has neither read, used nor changed what is theirs', async () => {
    const { code, stderr } = await finish('sh', [join(root, 'tools/run.sh'), 'demo', '--exit'], shell);
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('shop is up: Kubernetes');
    expect(stderr).toMatch(/^Removed: \d+/m);
    expect(trap.caught()).toBe(0);
    expect(await readFiles()).toEqual([]);
    for (const [path, text] of Object.entries(planted)) expect(await readFile(join(home, path), 'utf8')).toBe(text);
    expect((await readdir(join(home, '.aws'))).toSorted()).toEqual(['config', 'credentials']);
    expect(await readdir(join(home, '.kube'))).toEqual(['config']);
    expect((await readdir(home)).toSorted()).toEqual(['.aws', '.kube']);
  });

  it('names the commands to go on with as they are typed in the checkout, and is ended by Ctrl-C with nothing left', async () => {
    const child = spawn('sh', [join(root, 'tools/run.sh'), 'demo'], {
      env: shell,
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    await new Promise<void>((resolve, reject) => {
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (/Ctrl-C here ends the sandbox/.test(said)) resolve();
      });
      child.once('exit', () => reject(new Error(`it ended:\n${said}`)));
    });
    expect(said).toContain('  bin/roadstead plan -f examples/shop.yaml');
    const directory = / {2}eval "\$\(bin\/roadstead sandbox env --directory (\S+)\)"/.exec(said)?.[1] ?? '';
    expect(await readdir(directory)).toContain('sandbox.json');
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    process.kill(-(child.pid ?? 0), 'SIGINT');
    expect(await ended).toBe(0);
    await expect(readdir(directory)).rejects.toThrow('ENOENT');
    expect(trap.caught()).toBe(0);
  });

  it('would have been seen had it used them: the trap works', async () => {
    await readFile(join(home, '.aws/config'));
    expect(await readFiles()).toContain('.aws/config');
    await fetch(shell['AWS_ENDPOINT_URL'] ?? '').catch(() => undefined);
    expect(trap.caught()).toBeGreaterThan(0);
  });
});
