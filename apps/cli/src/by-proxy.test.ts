import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type LocalProxy,
  type ProxyRule,
  startLocalProxy,
} from '../../../packages/foundation/src/testing/local-proxy.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..', '..');
const sts = 'sts.eu-central-1.amazonaws.com:443';

let home = '';
let proxy: LocalProxy | undefined;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'roadstead-home-'));
});
afterEach(async () => {
  await proxy?.close();
  proxy = undefined;
  await rm(home, { recursive: true });
});

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command on a machine with credentials and these variables. */
async function roadstead(args: readonly string[], variables: Readonly<Record<string, string>>): Promise<Ended> {
  const keys = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'example' };
  const env = { HOME: home, PATH: '/usr/local/bin:/usr/bin:/bin', ...keys, ...variables };
  const main = join(root, 'apps/cli/src/main.ts');
  try {
    return { code: 0, ...(await run(process.execPath, [main, ...args], { cwd: root, env })) };
  } catch (error) {
    return error as Ended;
  }
}

async function proxyAddress(rule: ProxyRule): Promise<string> {
  proxy = await startLocalProxy(rule);
  return `http://user:geheim@${proxy.url.host}`;
}

describe('behind a proxy', { timeout: 60_000 }, () => {
  it.each(['HTTPS_PROXY', 'https_proxy'])('plan asks AWS by %s, and says who refuses', async (name) => {
    const address = await proxyAddress({ refuse: 407 });
    const { code, stdout, stderr } = await roadstead(['plan', '-f', 'examples/shop.yaml'], { [name]: address });
    expect(proxy?.asked).toEqual([`CONNECT ${sts}`]);
    expect(stderr).toContain(
      `✗ the proxy ${proxy?.url.origin} refuses the way to ${sts}: 407 By the rules [PROXY_REFUSED]\n  Put the user`,
    );
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).not.toContain('geheim');
    expect(await readdir(home)).toEqual([]);
  });

  it('tells the same as data', async () => {
    const address = await proxyAddress({ refuse: 403 });
    const args = ['plan', '-f', 'examples/shop.yaml', '-o', 'json'];
    const { stderr } = await roadstead(args, { HTTPS_PROXY: address });
    expect(JSON.parse(stderr)).toMatchObject({ type: 'error', code: 'PROXY_REFUSED', exitCode: 1 });
    expect(stderr).not.toContain('geheim');
  });

  it('leaves it alone for what is on loopback and in NO_PROXY', async () => {
    const address = await proxyAddress({ refuse: 403 });
    const both = { HTTPS_PROXY: address, HTTP_PROXY: address, NO_PROXY: '.invalid' };
    for (const endpoint of ['http://127.0.0.1:1', 'https://aws.invalid']) {
      const answer = await roadstead(['plan', '-f', 'examples/shop.yaml'], { ...both, AWS_ENDPOINT_URL: endpoint });
      expect(answer).toMatchObject({ code: 1, stderr: expect.stringContaining('[AWS_UNREACHABLE]') });
    }
    expect(proxy?.asked).toEqual([]);
  });

  it('signs tokens without asking anybody', async () => {
    const address = await proxyAddress({ refuse: 403 });
    const args = ['token', '--cluster', 'shop', '--region', 'eu-central-1'];
    expect(await roadstead(args, { HTTPS_PROXY: address })).toMatchObject({ code: 0, stderr: '' });
    expect(proxy?.asked).toEqual([]);
  });

  it('refuses one that cannot be meant, by name', async () => {
    const { code, stderr } = await roadstead(['plan', '-f', 'examples/shop.yaml'], {
      HTTPS_PROXY: 'socks5://user:geheim@proxy.example:1080',
    });
    expect(stderr).toMatch(
      /^✗ the proxy in HTTPS_PROXY cannot be used: socks5:\/\/proxy\.example:1080 is a SOCKS proxy.* \[WRONG_INPUT\]\n {2}/,
    );
    expect(stderr).not.toContain('geheim');
    expect(code).toBe(2);
  });
});
