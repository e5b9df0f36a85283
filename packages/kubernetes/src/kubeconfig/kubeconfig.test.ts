import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@roadstead/foundation';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ExecPlugin, execCredentials, execInfoOf, parseExecCredential } from './exec-credentials.ts';
import { readKubeconfig } from './read-kubeconfig.ts';
import {
  type KubeconfigEntry,
  removeKubeconfigEntry,
  withKubeconfigEntry,
  withoutKubeconfigEntry,
  writeKubeconfigEntry,
} from './write-kubeconfig.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'roadstead-kubeconfig-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const options = { env: { PATH: '/usr/bin:/bin', FROM_PARENT: 'yes' }, clock: new FakeClock() };
const entry: KubeconfigEntry = { name: 'shop', server: 'https://shop.example', caPem: 'CA', user: { token: 't' } };
const existing = `# my clusters
apiVersion: v1
kind: Config
current-context: other # keep me
clusters:
- name: other   # work
  cluster: {server: "https://other.example"}
users:
- name: other
  user: {token: secret-token}
contexts:
- name: other
  context: {cluster: other, user: other}
preferences: {colors: true}
`;

async function fileOf(text: string): Promise<string> {
  const file = join(directory, 'config');
  await writeFile(file, text);
  return file;
}

describe('writing', () => {
  it('puts an entry in, keeps every line that was there, and the current context', () => {
    const text = withKubeconfigEntry(existing, entry);
    const linesOf = (of: string) => of.split('\n').map((line) => line.replace(/ +#/, ' #'));
    expect(linesOf(text)).toEqual(expect.arrayContaining(linesOf(existing)));
    expect(text).toContain('server: https://shop.example');
    expect(withKubeconfigEntry(text, entry)).toBe(text);
    expect(withKubeconfigEntry(text, entry, { setCurrent: true })).toContain('current-context: shop');
  });

  it('replaces its own entry and takes it out again without a trace', () => {
    const once = withKubeconfigEntry(existing, entry);
    const moved = withKubeconfigEntry(once, { ...entry, server: 'https://new.example' });
    expect(moved).not.toContain('https://shop.example');
    expect(withoutKubeconfigEntry(moved, 'shop')).toBe(withoutKubeconfigEntry(once, 'shop'));
    expect(withoutKubeconfigEntry(existing, 'shop')).toBeUndefined();
    expect(withoutKubeconfigEntry(withKubeconfigEntry('', entry), 'shop')).toContain('current-context: ""');
  });

  it('makes a new file that only its owner reads and that kubectl can use at once', async () => {
    const file = join(directory, 'deep', 'config');
    await writeKubeconfigEntry(file, entry);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readKubeconfig(file, options)).toMatchObject({
      context: 'shop',
      server: 'https://shop.example',
      caPem: 'CA',
    });
  });

  it('keeps a link a link, and leaves a broken file as it is', async () => {
    const target = await fileOf(existing);
    const link = join(directory, 'link');
    await symlink(target, link);
    await writeKubeconfigEntry(link, entry);
    expect(await readFile(target, 'utf8')).toContain('shop.example');
    await removeKubeconfigEntry(link, 'shop');
    expect(await readFile(target, 'utf8')).not.toContain('shop.example');
    const broken = await fileOf('clusters: [');
    await expect(writeKubeconfigEntry(broken, entry)).rejects.toMatchObject({ code: 'KUBECONFIG_INVALID' });
    expect(await readFile(broken, 'utf8')).toBe('clusters: [');
  });
});

describe('two who write one file at once', () => {
  it('both find their entries in it', async () => {
    const file = await fileOf(existing);
    const names = Array.from({ length: 8 }, (_, at) => `cluster-${at}`);
    await Promise.all(names.map((name) => writeKubeconfigEntry(file, { ...entry, name })));
    const text = await readFile(file, 'utf8');
    for (const name of [...names, 'other']) expect(text).toContain(`name: ${name}`);
    expect(await readdir(directory)).toEqual(['config']);
  });

  it('wait for kubectl, which locks by a file beside it, and in the end say which', async () => {
    const file = await fileOf(existing);
    const lock = `${file}.lock`;
    await writeFile(lock, '');
    const waited = writeKubeconfigEntry(file, entry);
    setTimeout(() => void rm(lock, { force: true }), 80);
    await waited;
    expect(await readFile(file, 'utf8')).toContain('shop.example');
    await writeFile(lock, '');
    const refused = writeKubeconfigEntry(file, { ...entry, name: 'late' }, { lockTimeoutMs: 60 });
    await expect(refused).rejects.toMatchObject({ code: 'KUBECONFIG_LOCKED', value: lock });
    expect(await readFile(file, 'utf8')).not.toContain('late');
    expect((await readdir(directory)).sort()).toEqual(['config', 'config.lock']);
  });

  it('leave a file that only its owner reads, whatever a run that was killed left beside it', async () => {
    const file = await fileOf(existing);
    await writeFile(`${file}.roadstead-new`, 'half', { mode: 0o644 });
    await writeKubeconfigEntry(file, entry);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });
});

describe('reading', () => {
  it('takes the context it is told, or the current one', async () => {
    const file = await fileOf(withKubeconfigEntry(existing, { ...entry, namespace: 'x' }));
    expect(await readKubeconfig(file, options)).toMatchObject({ context: 'other', server: 'https://other.example' });
    const shop = await readKubeconfig(file, { ...options, context: 'shop' });
    expect(shop).toMatchObject({ context: 'shop', namespace: 'x' });
    expect(await shop.credentials.current()).toEqual({ token: 't' });
  });

  it('takes the proxy of the cluster', async () => {
    const by = (url: string) =>
      existing.replace('{server: "https://other.example"}', `{server: "https://x.example", proxy-url: "${url}"}`);
    const { proxy } = await readKubeconfig(await fileOf(by('http://user:geheim@proxy.example:3128')), options);
    expect(proxy?.https?.host).toBe('proxy.example:3128');
    expect(await readKubeconfig(await fileOf(by('')), options)).not.toHaveProperty('proxy');
  });

  it('reads certificates from data and from files beside it', async () => {
    await writeFile(join(directory, 'key.pem'), 'KEY');
    const user = { 'client-certificate-data': Buffer.from('CERT').toString('base64'), 'client-key': 'key.pem' };
    const file = await fileOf(withKubeconfigEntry('', { ...entry, user }));
    const access = await readKubeconfig(file, options);
    expect(await access.credentials.current()).toEqual({ clientCertificatePem: 'CERT', clientKeyPem: 'KEY' });
  });

  it.each([
    ['no context', existing.replace('current-context: other', 'current-context: gone'), /no context "gone"/],
    ['no current context', existing.replace(/current-context.*/, ''), /no context is chosen/],
    ['a cluster without server', existing.replace('server:', 'serve:'), /has no server/],
    [
      'verification switched off',
      existing.replace('{server: "https://other.example"}', '{server: "https://x", insecure-skip-tls-verify: true}'),
      /TLS verification off/,
    ],
    ['a password', existing.replace('token: secret-token', 'username: me, password: geheim'), /username is no longer/],
    ['impersonation', existing.replace('token: secret-token', 'token: secret-token, as: nobody'), /acts as another/],
    [
      'a server without a scheme',
      existing.replace('https://other.example', 'other.example:6443'),
      /is no https address/,
    ],
    ['a server in clear', existing.replace('https://other.example', 'http://other.example'), /is no https address/],
    [
      'a SOCKS proxy',
      existing.replace('{server: "https://other.example"}', '{server: "https://x", proxy-url: "socks5://u:geheim@p"}'),
      /its proxy-url cannot be used: socks5:\/\/p is a SOCKS proxy/,
    ],
    ['another file', 'kind: Pod', /not a kubeconfig/],
    ['no YAML', 'a: [secret-token', /not a kubeconfig/],
  ])('refuses %s without quoting secrets', async (_name, text, expected) => {
    const error: unknown = await readKubeconfig(await fileOf(text), options).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'KUBECONFIG_INVALID' });
    expect(String(error)).toMatch(expected);
    expect(JSON.stringify(error)).not.toMatch(/secret-token|geheim/);
  });

  it('says which file is missing', async () => {
    await expect(readKubeconfig(join(directory, 'none'), options)).rejects.toMatchObject({
      code: 'KUBECONFIG_UNREADABLE',
    });
  });
});

describe('exec plugins', () => {
  const plugin: ExecPlugin = {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: 'aws',
    args: ['eks'],
    env: {},
    provideClusterInfo: true,
  };
  const credential = (status: object, apiVersion = plugin.apiVersion) =>
    JSON.stringify({ kind: 'ExecCredential', apiVersion, status });

  async function withPlugin(script: string, more: object = {}) {
    const command = join(directory, 'plugin.sh');
    await writeFile(command, `#!/bin/sh\n${script}\n`);
    await chmod(command, 0o755);
    const exec = {
      apiVersion: plugin.apiVersion,
      command,
      args: ['get-token'],
      env: [{ name: 'OWN', value: 'mine' }],
      provideClusterInfo: true,
      ...more,
    };
    return readKubeconfig(await fileOf(withKubeconfigEntry('', { ...entry, user: { exec } })), options);
  }

  it('runs the program with its arguments, both environments and the cluster, once for many requests', async () => {
    const log = join(directory, 'log');
    const access = await withPlugin(
      `echo "$1 $OWN $FROM_PARENT" >> ${log}; echo "$KUBERNETES_EXEC_INFO" >> ${log}; echo '${credential({ token: 'k8s-token' })}'`,
    );
    const all = await Promise.all([access.credentials.current(), access.credentials.current()]);
    expect(all[1]?.token).toBe('k8s-token');
    const [line, info] = (await readFile(log, 'utf8')).trim().split('\n');
    expect(line).toBe('get-token mine yes');
    expect(JSON.parse(info ?? '')).toMatchObject({
      kind: 'ExecCredential',
      spec: {
        interactive: false,
        cluster: { server: 'https://shop.example', 'certificate-authority-data': Buffer.from('CA').toString('base64') },
      },
    });
  });

  it('tells why it failed, with the hint of the kubeconfig', async () => {
    const access = await withPlugin('echo "no credentials found" >&2; exit 3', { installHint: 'brew install it' });
    await expect(access.credentials.current()).rejects.toMatchObject({
      code: 'KUBECONFIG_EXEC_FAILED',
      message: expect.stringContaining('exit code 3: no credentials found'),
      hint: 'brew install it',
    });
  });

  it('does not wait for a program that does not end, nor for what it left running', async () => {
    const access = await withPlugin('sleep 30 & sleep 30', {});
    const exec = { ...plugin, command: join(directory, 'plugin.sh'), args: [] };
    expect(access.server).toBe('https://shop.example');
    const source = execCredentials(exec, { ...options, cluster: { server: 'https://x' }, timeoutMs: 100 });
    await expect(source.current()).rejects.toMatchObject({
      code: 'KUBECONFIG_EXEC_FAILED',
      message: expect.stringContaining('did not end within 0.1 s'),
    });
  });

  it('asks again when the credential is about to expire or was refused', async () => {
    const log = join(directory, 'log');
    const soon = new Date(options.clock.now() + 30_000).toISOString();
    const access = await withPlugin(
      `echo asked >> ${log}; echo '${credential({ token: 'k8s-token', expirationTimestamp: soon })}'`,
    );
    await access.credentials.current();
    await access.credentials.current();
    expect((await readFile(log, 'utf8')).trim().split('\n')).toHaveLength(2);
  });

  it('names a program that is not there', async () => {
    const file = await fileOf(
      withKubeconfigEntry('', {
        ...entry,
        user: { exec: { apiVersion: plugin.apiVersion, command: 'no-such-program-here' } },
      }),
    );
    const access = await readKubeconfig(file, options);
    await expect(access.credentials.current()).rejects.toMatchObject({
      code: 'KUBECONFIG_EXEC_FAILED',
      value: 'no-such-program-here',
    });
  });

  it('refuses a protocol that is gone', async () => {
    await expect(withPlugin('true', { apiVersion: 'client.authentication.k8s.io/v1alpha1' })).rejects.toMatchObject({
      code: 'KUBECONFIG_EXEC_VERSION',
    });
  });

  it('reads tokens, certificates and expiry, and never quotes what was printed', () => {
    expect(
      parseExecCredential(plugin, credential({ token: 't', expirationTimestamp: '2026-01-01T00:00:00Z' })),
    ).toEqual({ token: 't', expiresAtMs: Date.UTC(2026, 0, 1) });
    expect(parseExecCredential(plugin, credential({ clientCertificateData: 'C', clientKeyData: 'K' }))).toEqual({
      clientCertificatePem: 'C',
      clientKeyPem: 'K',
    });
    for (const bad of [
      'geheim',
      credential({ clientCertificateData: 'geheim' }),
      credential({ token: 'geheim' }, 'client.authentication.k8s.io/v1beta1'),
    ]) {
      expect(() => parseExecCredential(plugin, bad)).toThrow(
        expect.objectContaining({ code: 'KUBECONFIG_EXEC_ANSWER' }),
      );
      expect(() => parseExecCredential(plugin, bad)).not.toThrow(/geheim/);
    }
  });

  it('tells the plugin the cluster only when asked to', () => {
    expect(execInfoOf({ ...plugin, provideClusterInfo: false }, { server: 'https://x' })).toMatchObject({
      spec: { interactive: false },
    });
    expect(JSON.stringify(execInfoOf({ ...plugin, provideClusterInfo: false }, { server: 'https://x' }))).not.toContain(
      'https://x',
    );
  });
});
