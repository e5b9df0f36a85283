import { readFile, symlink } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  assumeRole,
  createRole,
  environmentOf,
  type Keys,
  type Kubectl,
  kubeconfigOf,
  kubectlWith,
} from './cluster-in.ts';
import { eksToken } from './presign.ts';
import { aws, clusterFile, demandSuccess, roadsteadIn, smallCluster } from './roadstead.ts';
import { root, type Sandbox, startSandbox } from './sandbox.ts';
import { temporaryFolder } from './temporary.ts';

/** Who may do what on a cluster that `up` made: roles, tokens, and the AWS CLI's own way in. */
let sandbox: Sandbox;
let kubeconfig = '';
let boss: Keys;
let readOnly: Kubectl;
let powerUser: Kubectl;
let admin: Kubectl;

const roles = ['reader', 'maker', 'boss', 'stranger'] as const;
const arn = (role: string): string => `arn:aws:iam::123456789012:role/${role}`;
const access = `  access:
    - {role: read-only, principal: "${arn('reader')}"}
    - {role: power-user, principal: "${arn('maker')}"}
    - {role: admin, principal: "${arn('boss')}"}
`;

beforeAll(async () => {
  sandbox = await startSandbox({ factor: 200 });
  for (const role of roles) await createRole(sandbox, role);
  const roadstead = await roadsteadIn(sandbox);
  const file = await clusterFile(smallCluster('door', access));
  await roadstead.ok('up', '-f', file, '--yes');
  kubeconfig = await kubeconfigOf(roadstead, file);
  const as = async (role: string): Promise<Kubectl> =>
    kubectlWith(sandbox, kubeconfig, environmentOf(await assumeRole(sandbox, role)));
  [readOnly, powerUser, admin] = [await as('reader'), await as('maker'), await as('boss')];
  boss = await assumeRole(sandbox, 'boss');
  await admin.ok('create', 'deployment', 'web', '--image=nginx');
  await admin.ok('create', 'secret', 'generic', 'key', '--from-literal=a=b');
  await admin.ok('rollout', 'status', 'deployment/web', '--timeout=60s');
});
afterAll(() => sandbox?.stop());

async function refusal(kubectl: Kubectl, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await kubectl.run(...args);
  return code === 0 ? `allowed: ${stdout}` : stderr;
}

describe('a user mapped to read-only', () => {
  it('lists pods everywhere and reads their logs', async () => {
    expect(await readOnly.ok('get', 'pods', '-A')).toMatch(/kube-system +coredns-/);
    expect(await readOnly.ok('logs', 'deployment/web')).toContain('nginx');
  });

  it.each([
    ['read Secrets', /cannot list resource "secrets"/, ['get', 'secrets']],
    ['read one Secret', /cannot get resource "secrets"/, ['get', 'secret', 'key']],
    ['exec', /cannot create resource "pods\/exec"/, ['exec', 'deployment/web', '--', 'true']],
    ['attach', /cannot create resource "pods\/attach"/, ['attach', 'deployment/web']],
    ['forward a port', /cannot create resource "pods\/portforward"/, ['port-forward', 'deployment/web', ':80']],
    [
      'proxy to a Service',
      /cannot get resource "services\/proxy"/,
      ['get', '--raw', '/api/v1/namespaces/kube-system/services/kube-dns:metrics/proxy/'],
    ],
    ['proxy to a node', /cannot get resource "nodes\/proxy"/, ['get', '--raw', '/api/v1/nodes/any/proxy/configz']],
    ['write', /cannot create resource "configmaps"/, ['create', 'configmap', 'mine']],
    ['delete', /cannot delete resource "deployments"/, ['delete', 'deployment', 'web']],
    ['make tokens', /cannot create resource "serviceaccounts\/token"/, ['create', 'token', 'default']],
  ] as const)('cannot %s', async (_, words, args) => {
    expect(await refusal(readOnly, ...args)).toMatch(words);
  });
});

describe('a power user', () => {
  it('deploys to default, and reads and writes Secrets there', async () => {
    await powerUser.ok('create', 'deployment', 'mine', '--image=nginx');
    await powerUser.ok('rollout', 'status', 'deployment/mine', '--timeout=60s');
    await powerUser.ok('create', 'secret', 'generic', 'mine', '--from-literal=a=b');
    expect(await powerUser.ok('get', 'secret', 'mine', '-o', 'jsonpath={.data.a}')).toBe('Yg==');
    await powerUser.ok('delete', 'deployment/mine', 'secret/mine');
  });

  it('reads in kube-system', async () => {
    expect(await powerUser.ok('get', 'pods', '-n', 'kube-system')).toContain('coredns-');
  });

  it('passes where exec is asked: what refuses is the sandbox, which runs no containers', async () => {
    expect(await refusal(powerUser, 'exec', 'deployment/web', '--', 'true')).toContain(
      'the sandbox runs no containers',
    );
  });

  const guard = /kube-system belongs to the platform/;
  it.each([
    ['create', ['create', 'configmap', 'mine']],
    ['create tokens', ['create', 'token', 'coredns']],
    ['change', ['scale', 'deployment/coredns', '--replicas=1']],
    ['patch', ['patch', 'configmap', 'coredns', '-p', '{"data":{"mine":"1"}}']],
    ['delete', ['delete', 'pod', '-l', 'k8s-app=kube-dns', '--wait=false']],
    ['exec', ['exec', 'deployment/coredns', '--', 'true']],
  ] as const)('cannot %s in kube-system', async (_, args) => {
    expect(await refusal(powerUser, '-n', 'kube-system', ...args)).toMatch(guard);
  });

  it.each([
    ['DaemonSets', 'daemonsets.apps'],
    ['cluster roles', 'clusterroles.rbac.authorization.k8s.io'],
    ['role bindings', 'rolebindings.rbac.authorization.k8s.io'],
    ['admission policies', 'validatingadmissionpolicies.admissionregistration.k8s.io'],
    ['nodes', 'nodes'],
  ])('cannot write %s', async (_, resource) => {
    for (const verb of ['create', 'patch'])
      expect((await powerUser.run('auth', 'can-i', verb, resource)).stdout.trim()).toBe('no');
  });
});

describe('an admin', () => {
  it('may do everything, in kube-system too', async () => {
    expect((await admin.ok('auth', 'can-i', '*', '*', '--all-namespaces')).trim()).toBe('yes');
    await admin.ok('-n', 'kube-system', 'create', 'configmap', 'mine');
    await admin.ok('-n', 'kube-system', 'delete', 'configmap', 'mine');
  });
});

describe('a token', () => {
  const minutes = (count: number): Date => new Date(Date.now() - count * 60_000);

  async function token(changes: Partial<Parameters<typeof eksToken>[0]> = {}): Promise<string> {
    const endpoint = sandbox.environment['AWS_ENDPOINT_URL'] ?? '';
    const common = { endpoint, region: 'eu-central-1', cluster: 'door', action: 'GetCallerIdentity' };
    return eksToken({ ...common, at: minutes(0), keys: boss, ...changes });
  }

  it('signed by hand as it should be lets its bearer in, also when it is fourteen minutes old', async () => {
    expect(await statusOf(await token())).toBe(200);
    expect(await statusOf(await token({ at: minutes(14) }))).toBe(200);
  });

  const wrong: readonly (readonly [string, () => Promise<string>])[] = [
    ['with a wrong secret', async () => token({ keys: { ...boss, secretAccessKey: 'x'.repeat(40) } })],
    ['with an unknown key', async () => token({ keys: { ...boss, accessKeyId: 'ASIAUNKNOWNUNKNOWN00' } })],
    ['for another cluster', async () => token({ cluster: 'window' })],
    ['older than 15 minutes', async () => token({ at: minutes(16) })],
    ['signing another action', async () => token({ action: 'GetSessionToken' })],
    ['of a role without an access entry', async () => token({ keys: await assumeRole(sandbox, 'stranger') })],
    ['of another STS', async () => token({ endpoint: 'https://sts.example.org' })],
    ['that is none', async () => 'k8s-aws-v1.bm90aGluZw'],
  ];
  it.each(wrong)('%s gets 401', async (_, make) => {
    expect(await statusOf(await make())).toBe(401);
  });

  it('gets 401 when nothing is brought at all', async () => {
    expect(await statusOf(undefined)).toBe(401);
  });
});

describe('the AWS CLI', () => {
  const nothingOnPath = async (): Promise<NodeJS.ProcessEnv> => {
    const folder = await temporaryFolder('path');
    await symlink(join(root, 'node_modules/.bin/node'), join(folder, 'node'));
    await symlink('/bin/sh', join(folder, 'sh'));
    for (const program of ['dirname', 'readlink', 'uname', 'env'])
      await symlink(`/usr/bin/${program}`, join(folder, program));
    return { PATH: folder };
  };

  it('has its own way in: a kubeconfig whose exec is `aws eks get-token`; ours needs no AWS CLI', async () => {
    const theirs = join(await temporaryFolder('kube'), 'config');
    demandSuccess(
      'update-kubeconfig',
      await sandbox.run('aws', ['eks', 'update-kubeconfig', '--name', 'door', '--kubeconfig', theirs]),
    );
    expect(await readFile(theirs, 'utf8')).toContain('get-token');
    expect(await kubectlWith(sandbox, theirs).ok('get', 'nodes')).toContain('Ready');
    const path = await nothingOnPath();
    const kubectl = join(sandbox.directory, 'bin/kubectl');
    const without = (file: string) => sandbox.run(kubectl, ['--kubeconfig', file, 'get', 'nodes'], path);
    expect((await without(theirs)).stderr).toMatch(/executable aws not found/);
    const ours = demandSuccess('kubectl with our kubeconfig and no AWS CLI', await without(kubeconfig));
    expect(ours.stdout).toContain('Ready');
  });

  it('waits for what is there, with its own waiters', async () => {
    const { nodegroups } = await aws<{ nodegroups: string[] }>(
      sandbox,
      'eks',
      'list-nodegroups',
      '--cluster-name',
      'door',
    );
    const cluster = ['--cluster-name', 'door'];
    for (const wait of [
      ['eks', 'wait', 'cluster-active', '--name', 'door'],
      ['eks', 'wait', 'nodegroup-active', ...cluster, '--nodegroup-name', nodegroups[0] ?? ''],
      ['eks', 'wait', 'addon-active', ...cluster, '--addon-name', 'coredns'],
      ['cloudformation', 'wait', 'stack-exists', '--stack-name', 'roadstead-door-network'],
      ['cloudformation', 'wait', 'stack-create-complete', '--stack-name', 'roadstead-door-network'],
    ])
      expect([wait, (await sandbox.run('aws', wait)).code]).toEqual([wait, 0]);
  });

  it('waits for what is not there, and is told that it is gone', async () => {
    for (const wait of [
      ['eks', 'wait', 'cluster-deleted', '--name', 'window'],
      ['eks', 'wait', 'addon-deleted', '--cluster-name', 'door', '--addon-name', 'adot'],
      ['eks', 'wait', 'nodegroup-deleted', '--cluster-name', 'door', '--nodegroup-name', 'none'],
    ])
      expect([wait, (await sandbox.run('aws', wait)).code]).toEqual([wait, 0]);
    const failed = await sandbox.run('aws', ['eks', 'wait', 'cluster-active', '--name', 'window']);
    expect(failed.code).not.toBe(0);
  });
});

/** What the API server answers to a list of pods. */
async function statusOf(token: string | undefined): Promise<number | undefined> {
  const { cluster } = await aws<{ cluster: { endpoint: string; certificateAuthority: { data: string } } }>(
    sandbox,
    'eks',
    'describe-cluster',
    '--name',
    'door',
  );
  const ca = Buffer.from(cluster.certificateAuthority.data, 'base64');
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return new Promise((resolve, reject) => {
    const asked = request(`${cluster.endpoint}/api/v1/namespaces/default/pods`, { ca, headers, timeout: 30_000 });
    asked.once('response', (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    asked.once('timeout', () => asked.destroy(new Error('no answer within 30 s')));
    asked.once('error', reject);
    asked.end();
  });
}
