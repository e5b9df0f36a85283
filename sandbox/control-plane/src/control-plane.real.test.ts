import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { env } from 'node:process';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { binaryProvider } from './binaries/resolve-binaries.ts';
import { type BinaryProvider, components } from './components.ts';
import { type ControlPlane, startControlPlane } from './control-plane.ts';
import { isFree } from './ports.ts';
import { call, eventually, isRunning } from './testing/api-client.ts';
import { startWebhook } from './testing/webhook.ts';

const cacheDirectory = join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'roadstead');
const binaries = binaryProvider({ cacheDirectory, env });
const network = { serviceCidr: '172.20.0.0/16', issuerUrl: 'https://issuer.invalid/id' };
const configMaps = '/api/v1/namespaces/default/configmaps';
const configMap = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'roadstead-control-plane-'));
  await binaries('1.36');
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe('a control plane of Kubernetes 1.36', () => {
  let plane: ControlPlane;
  let webhook: Awaited<ReturnType<typeof startWebhook>>;
  const start = () =>
    startControlPlane({
      ...network,
      binaries,
      minor: '1.36',
      directory: join(root, 'main'),
      tokenWebhook: webhook.token,
      authorizationWebhook: webhook.authorization,
    });

  beforeAll(async () => {
    webhook = await startWebhook();
    plane = await start();
  });
  afterAll(async () => {
    await plane.stop();
    webhook.stop();
  });

  it('makes a ReplicaSet and its pods of a Deployment, and the scheduler looks at them', async () => {
    const labels = { app: 'web' };
    const containers = [{ name: 'web', image: 'nginx:1.29' }];
    const spec = {
      replicas: 2,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers } },
    };
    const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, spec };
    const path = '/apis/apps/v1/namespaces/default';
    expect((await call(plane, 'POST', `${path}/deployments`, { body: deployment })).status).toBe(201);
    const list = async (what: string) => (await call(plane, 'GET', what)).body.items ?? [];
    const sets = await eventually(
      () => list(`${path}/replicasets`),
      (seen) => seen.length > 0,
    );
    expect(sets[0]?.metadata?.name).toMatch(/^web-/);
    await eventually(
      () => list('/api/v1/namespaces/default/pods'),
      (pods) => pods.length === 2,
    );
    const events = '/api/v1/namespaces/default/events?fieldSelector=reason%3DFailedScheduling';
    await eventually(
      () => list(events),
      (seen) => seen.length > 0,
    );
  });

  it('has etcd behind a folder that is its owner’s alone', async () => {
    const folder = join(plane.directory, 'sockets');
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect(await readdir(folder)).toEqual(['etcd:1', 'etcd:2']);
  });

  it('knows users by the token webhook and refuses other tokens', async () => {
    const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
    const ask = (token: string) =>
      call(plane, 'POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', { as: { token }, body: review });
    const good = await ask('good');
    expect(good.body.status?.userInfo).toMatchObject({ username: 'jane', groups: ['readers', 'system:authenticated'] });
    expect((await ask('bad')).status).toBe(401);
  });

  it('asks the authorization webhook about users and never about the system', async () => {
    const as = { token: 'good' };
    expect((await call(plane, 'GET', '/api/v1/pods', { as })).status).toBe(200);
    expect((await call(plane, 'POST', configMaps, { as, body: configMap('no') })).status).toBe(403);
    expect(new Set(webhook.askedAbout)).toEqual(new Set(['jane']));
  });

  it('answers the unnamed for its health and for nothing else', async () => {
    const status = async (path: string) => (await call(plane, 'GET', path, { as: 'anonymous' })).status;
    expect([await status('/readyz'), await status('/livez'), await status('/version')]).toEqual([200, 200, 401]);
  });

  it('writes each request to the audit log, dry runs told apart by their address', async () => {
    await call(plane, 'POST', `${configMaps}?dryRun=All`, { body: configMap('dry') });
    await call(plane, 'POST', configMaps, { body: configMap('wet') });
    const written = await eventually(
      async () =>
        (await readFile(plane.auditLogPath, 'utf8')).split('\n').filter((line) => line.includes('sandbox-admin')),
      (lines) => lines.some((line) => line.includes('"name":"wet"')),
    );
    const creates = written
      .map((line) => JSON.parse(line) as { verb: string; requestURI: string; level: string })
      .filter(({ verb, requestURI }) => verb === 'create' && requestURI.startsWith(configMaps));
    expect(creates.map(({ requestURI, level }) => [requestURI, level])).toEqual([
      [`${configMaps}?dryRun=All`, 'Metadata'],
      [configMaps, 'Metadata'],
    ]);
  });

  it('publishes the key set that the API server itself publishes', async () => {
    const served = await call(plane, 'GET', '/openid/v1/jwks');
    expect(served.body).toEqual(plane.jwks);
  });

  it('leaves no process and no port when stopped, and starts again with what it had', async () => {
    await call(plane, 'POST', configMaps, { body: configMap('kept') });
    const { pids, port } = plane;
    expect(Object.keys(pids)).toHaveLength(4);
    await plane.stop();
    await plane.stop();
    expect(await plane.exited).toEqual({ kind: 'stopped' });
    expect(Object.values(pids).filter(isRunning)).toEqual([]);
    expect(await isFree(port)).toBe(true);
    plane = await start();
    expect(plane.port).toBe(port);
    expect((await call(plane, 'GET', `${configMaps}/kept`)).status).toBe(200);
  });

  it('starts nothing more when it is stopped in the midst of an upgrade', async () => {
    const before = plane.pids['kube-apiserver'];
    const refused = expect(plane.upgrade('1.35')).rejects.toMatchObject({ code: 'CONTROL_PLANE_STOPPED' });
    await eventually(
      () => plane.pids['kube-apiserver'],
      (pid) => pid !== undefined && pid !== before,
    );
    await plane.stop();
    await refused;
    expect(plane.pids).toEqual({});
    plane = await start();
  });

  it('goes as a whole when a part is killed, and says which', async () => {
    const { pids } = plane;
    const scheduler = pids['kube-scheduler'];
    // Number 0 would be the group of this very process.
    if (scheduler === undefined) throw new Error('the scheduler does not run');
    process.kill(scheduler, 'SIGKILL');
    expect(await plane.exited).toMatchObject({ kind: 'crashed', server: 'kube-scheduler' });
    expect(Object.values(pids).filter(isRunning)).toEqual([]);
  });
});

it('plays each minor on the same data, forwards and back, and keeps the objects', async () => {
  const plane = await startControlPlane({ ...network, binaries, minor: '1.33', directory: join(root, 'minors') });
  try {
    const made = await call(plane, 'POST', configMaps, { body: configMap('kept') });
    const { endpoint, pids } = plane;
    for (const minor of ['1.33', '1.34', '1.35', '1.36', '1.35'] as const) {
      if (plane.minor !== minor) await plane.upgrade(minor);
      const { body: version } = await call(plane, 'GET', '/version');
      expect([version.minor, version.gitVersion]).toEqual([minor.slice(2), expect.stringContaining(`v${minor}.`)]);
      const kept = await call(plane, 'GET', `${configMaps}/kept`);
      expect(kept.body.metadata?.uid).toBe(made.body.metadata?.uid);
    }
    expect([plane.endpoint, plane.pids.etcd]).toEqual([endpoint, pids.etcd]);
  } finally {
    await plane.stop();
  }
});

it.each(['ours', 'upstream'])('leaves no process when its parent is killed (%s binaries)', async (make) => {
  const folder = dirname((await binaries('1.36')).files.etcd.path);
  const script = fileURLToPath(new URL('testing/parent.ts', import.meta.url));
  const parent = spawn(process.execPath, [script, '1.36', folder, join(root, make), make], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface(parent.stdout), 'line')) as [string];
  const pids = Object.values(JSON.parse(line) as Record<string, number>);
  expect(pids.filter(isRunning)).toHaveLength(4);
  parent.kill('SIGKILL');
  await eventually(
    () => pids.filter(isRunning),
    (running) => running.length === 0,
  );
});

it('says in one message that there is no room on the disk', async () => {
  const folder = dirname((await binaries('1.36')).files.etcd.path);
  const script = fileURLToPath(new URL('testing/parent.ts', import.meta.url));
  const place = join(root, 'full');
  await mkdir(place);
  // The mount is in a namespace of that process alone, and goes with it.
  const command = `mount -t tmpfs -o size=4m tmpfs '${place}' && exec "$0" "$@"`;
  const parent = spawn(
    'unshare',
    ['-rm', 'sh', '-c', command, process.execPath, script, '1.36', folder, place, 'ours'],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  const [said] = await Promise.all([text(parent.stderr), once(parent, 'exit')]);
  expect(said).toMatch(/etcd has no room on the disk; its last words:\n.*no space left on device/);
  expect(said).toContain("code: 'DISK_FULL'");
});

it('says which port is taken when another one does not help', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const extraFlags = { etcd: [`--listen-metrics-urls=http://127.0.0.1:${port}`] };
  const starting = startControlPlane({
    ...network,
    binaries,
    minor: '1.36',
    directory: join(root, 'port'),
    extraFlags,
  });
  await expect(starting).rejects.toMatchObject({
    code: 'CONTROL_PLANE_NOT_READY',
    message: expect.stringMatching(new RegExp(`etcd .*${port}: bind: address already in use`, 's')),
  });
  server.close();
});

describe('a broken binary', () => {
  const withEtcd = (path: string): BinaryProvider => {
    const files = Object.fromEntries(
      components.map((name) => [name, { path, source: 'path', isOurs: false } as const]),
    );
    return async (minor) => ({ minor, files: files as Awaited<ReturnType<BinaryProvider>>['files'] });
  };

  it.each([
    ['is missing', undefined, 'CONTROL_PLANE_BINARY_BROKEN', /cannot be run: .*ENOENT/],
    ['may not be run', '', 'CONTROL_PLANE_BINARY_BROKEN', /cannot be run: .*EACCES/],
    ['is no program', '\x7fELF\0', 'CONTROL_PLANE_NOT_READY', /etcd \(.*\) ended \(exit code 12\d\)/],
    [
      'ends at once',
      '#!/bin/sh\necho "error: no such flag"; exit 1\n',
      'CONTROL_PLANE_NOT_READY',
      /etcd \(.*\) ended \(exit code 1\); its last words:\nerror: no such flag/,
    ],
  ])('that %s is one clear message with its path', async (name, text, code, message) => {
    const path = join(root, name.replaceAll(' ', '-'));
    if (text !== undefined) await writeFile(path, text).then(() => chmod(path, text === '' ? 0o644 : 0o755));
    const starting = startControlPlane({ ...network, binaries: withEtcd(path), minor: '1.36', directory: `${path}.d` });
    await expect(starting).rejects.toMatchObject({ code, value: path, message: expect.stringMatching(message) });
  });
});
