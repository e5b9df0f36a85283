import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { productWrites } from './audit.ts';
import {
  aws,
  clusterFile,
  kubectl,
  lastSeq,
  mutations,
  planLines,
  program,
  type Roadstead,
  roadsteadIn,
  smallCluster,
} from './roadstead.ts';
import { comparable, type Sandbox, startSandbox } from './sandbox.ts';

/** One cluster's life: from nothing up, looked at, changed behind its back and mended, and back to nothing. */
let sandbox: Sandbox;
let roadstead: Roadstead;
let file = '';
let before: unknown;

const developer = 'arn:aws:iam::123456789012:role/developer';

beforeAll(async () => {
  sandbox = await startSandbox();
  await aws(sandbox, 'iam', 'create-role', '--role-name', 'developer', '--assume-role-policy-document', trust);
  roadstead = await roadsteadIn(sandbox);
  file = await clusterFile(
    smallCluster(
      'road',
      `  dns: {zone: road.example.org}\n  access:\n    - {role: power-user, principal: "${developer}"}\n`,
    ),
  );
  before = comparable(await sandbox.control('GET', 'inventory'));
});
afterAll(() => sandbox?.stop());

const trust = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::123456789012:root' }, Action: 'sts:AssumeRole' }],
});

describe('up', () => {
  it('brings a cluster from nothing to ready nodes, while a second terminal looks on and a second up is refused', async () => {
    const first = spawn(program, ['up', '-f', file, '--yes'], {
      env: { ...sandbox.environment, ROADSTEAD_STATE: roadstead.state },
      stdio: 'ignore',
    });
    const ended = new Promise<number | null>((resolve) => first.once('exit', resolve));
    await until(async () => (await statusOf()).working !== undefined);
    const status = await statusOf();
    expect(status.working).toMatchObject({ purpose: 'up', pid: first.pid });
    const second = await roadstead.run('up', '-f', file, '--yes');
    expect(second.code).toBe(1);
    expect(second.stderr).toMatch(/is working on this cluster: `up` since \d{4}-.*\(process \d+ on /);
    expect(await ended).toBe(0);
    const done = await statusOf();
    expect(done).toMatchObject({ controlPlane: 'ACTIVE', run: { kind: 'up', state: 'done' } });
    expect(done.nodes.reduce((sum, { ready }) => sum + ready, 0)).toBe(2);
    expect(done.currentVersion).toBe(done.nextVersion);
  });

  it('leaves nothing to plan, and planning writes nothing anywhere', async () => {
    const seq = await lastSeq(sandbox);
    const writes = (await productWrites(sandbox)).length;
    expect(writes).toBeGreaterThan(0);
    expect(await planLines(roadstead, '-f', file)).toEqual([]);
    expect((await roadstead.run('plan', '-f', file, '--exit-code')).code).toBe(0);
    expect(await mutations(sandbox, seq)).toEqual([]);
    expect(await productWrites(sandbox)).toHaveLength(writes);
  });

  it('changes nothing when it is run again', async () => {
    const seq = await lastSeq(sandbox);
    const writes = (await productWrites(sandbox)).length;
    await roadstead.ok('up', '-f', file, '--yes');
    expect(await mutations(sandbox, seq)).toEqual([]);
    expect(await productWrites(sandbox)).toHaveLength(writes);
  });

  it('is right with the state directory deleted', async () => {
    const elsewhere = await roadsteadIn(sandbox);
    expect(await planLines(elsewhere, '-f', file)).toEqual([]);
    const { stdout } = await elsewhere.ok('status', '-f', file, '--output', 'json');
    expect(JSON.parse(stdout)).toMatchObject({ controlPlane: 'ACTIVE' });
  });

  it('asks nobody in render, and renders the same bytes', async () => {
    const seq = await lastSeq(sandbox);
    const [one, two] = [await roadstead.ok('render', '-f', file), await roadstead.ok('render', '-f', file)];
    expect(one.stdout).toBe(two.stdout);
    expect(one.stdout).toContain('roadstead-road-network');
    expect(await lastSeq(sandbox)).toBe(seq);
  });
});

interface Drift {
  readonly what: string;
  readonly disturb: () => Promise<unknown>;
  /** The one line of the plan, and a field of it. */
  readonly id: RegExp;
  readonly path?: string;
}

describe('what was changed behind our back', () => {
  beforeAll(() => roadstead.ok('kubeconfig', '-f', file, '--use'));

  const drifts: Drift[] = [
    {
      what: "a node group's maximum",
      disturb: async () =>
        aws(
          sandbox,
          'eks',
          'update-nodegroup-config',
          '--cluster-name',
          'road',
          '--nodegroup-name',
          await groupName(),
          '--scaling-config',
          'minSize=2,maxSize=9',
        ),
      id: /^eks\/node-group\/app-/,
      path: 'scalingConfig.maxSize',
    },
    {
      what: 'the version of an add-on',
      disturb: async () => {
        const { addons } = await aws<{ addons: { addonVersions: { addonVersion: string }[] }[] }>(
          sandbox,
          'eks',
          'describe-addon-versions',
          '--addon-name',
          'coredns',
          '--kubernetes-version',
          '1.36',
        );
        const { addon } = await aws<{ addon: { addonVersion: string } }>(
          sandbox,
          'eks',
          'describe-addon',
          '--cluster-name',
          'road',
          '--addon-name',
          'coredns',
        );
        const other = addons[0]?.addonVersions
          .map(({ addonVersion }) => addonVersion)
          .find((version) => version !== addon.addonVersion);
        await aws(
          sandbox,
          'eks',
          'update-addon',
          '--cluster-name',
          'road',
          '--addon-name',
          'coredns',
          '--addon-version',
          other ?? '',
          '--resolve-conflicts',
          'OVERWRITE',
        );
        await aws(sandbox, 'eks', 'wait', 'addon-active', '--cluster-name', 'road', '--addon-name', 'coredns');
      },
      id: /^eks\/add-on\/coredns$/,
      path: 'addonVersion',
    },
    {
      what: 'an access entry',
      disturb: () =>
        aws(
          sandbox,
          'eks',
          'update-access-entry',
          '--cluster-name',
          'road',
          '--principal-arn',
          developer,
          '--kubernetes-groups',
          'roadstead:admin',
        ),
      id: /^eks\/access-entry\//,
      path: 'kubernetesGroups',
    },
    {
      what: 'an access entry that was deleted',
      disturb: () => aws(sandbox, 'eks', 'delete-access-entry', '--cluster-name', 'road', '--principal-arn', developer),
      id: /^eks\/access-entry\//,
    },
    {
      what: 'a route',
      disturb: async () => {
        const { StackResources } = await aws<{
          StackResources: { LogicalResourceId: string; PhysicalResourceId: string }[];
        }>(sandbox, 'cloudformation', 'describe-stack-resources', '--stack-name', 'roadstead-road-network');
        const table = StackResources.find(({ LogicalResourceId }) => /^PrivateRouteTable/.test(LogicalResourceId));
        await aws(
          sandbox,
          'ec2',
          'delete-route',
          '--route-table-id',
          table?.PhysicalResourceId ?? '',
          '--destination-cidr-block',
          '0.0.0.0/0',
        );
      },
      id: /^stack\/network$/,
    },
    {
      what: 'a LimitRange',
      disturb: () =>
        kubectl(
          sandbox,
          'patch',
          'limitrange',
          'limits',
          '--type=json',
          '-p',
          '[{"op":"replace","path":"/spec/limits/0/defaultRequest/cpu","value":"900m"}]',
        ),
      id: /^object\/default-limits\/LimitRange\/default\/limits$/,
      path: 'spec.limits',
    },
    {
      what: "a Deployment's image",
      disturb: () =>
        kubectl(
          sandbox,
          'set',
          'image',
          '-n',
          'external-dns',
          'deployment/external-dns',
          'external-dns=registry.k8s.io/external-dns/external-dns:v0.1.0',
        ),
      id: /^object\/external-dns\/Deployment.apps\/external-dns\/external-dns$/,
      path: 'image',
    },
    {
      what: 'a deleted object',
      disturb: () => kubectl(sandbox, 'delete', 'priorityclass', 'batch'),
      id: /^object\/priority-classes\/PriorityClass/,
    },
  ];

  it.each(drifts)('$what: is the one line of the plan, and up mends it', async ({ disturb, id, path }) => {
    await disturb();
    const lines = await planLines(roadstead, '-f', file);
    expect(lines.map((line) => line.id)).toEqual([expect.stringMatching(id)]);
    if (path !== undefined) expect(lines[0]?.fields.map((field) => field.path).join(' ')).toContain(path);
    await roadstead.ok('up', '-f', file, '--yes');
    expect(await planLines(roadstead, '-f', file)).toEqual([]);
  });
});

describe('changes of the file', () => {
  it('shows and makes a change in place, and keeps a plan that apply then follows', async () => {
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace('max: 4', 'max: 5'));
    const kept = join(await mkdtemp(join(tmpdir(), 'roadstead-plan-')), 'plan.json');
    expect((await roadstead.run('plan', '-f', file, '--out', kept, '--exit-code')).code).toBe(3);
    await roadstead.ok('apply', kept, '-f', file, '--yes');
    expect(await planLines(roadstead, '-f', file)).toEqual([]);
    await writeFile(file, text.replace('max: 4', 'max: 6'));
    const moved = await roadstead.run('apply', kept, '-f', file, '--yes');
    expect(moved.code).toBe(2);
    expect(moved.stderr).toContain('no longer says what would be done');
    await writeFile(file, text.replace('max: 4', 'max: 5'));
  });

  it('replaces a node group whose instance type changes beside the old one', async () => {
    const old = await groupName();
    await writeFile(file, (await readFile(file, 'utf8')).replace('m6i.large', 'm6i.xlarge'));
    const lines = await planLines(roadstead, '-f', file);
    expect(lines.map(({ id, action }) => [id.replace(/-[0-9a-f]{8}$/, ''), action])).toEqual([
      ['eks/node-group/app', 'replace'],
    ]);
    await roadstead.ok('up', '-f', file, '--yes');
    expect(await groupName()).not.toBe(old);
    expect(await planLines(roadstead, '-f', file)).toEqual([]);
  });
});

describe('down', () => {
  it('takes everything away, says what stays, and leaves what was there before', async () => {
    const { stderr } = await roadstead.ok('down', '-f', file, '--yes', '--delete-logs');
    expect(stderr).toContain('cluster road');
    expect(comparable(await sandbox.control('GET', 'inventory'))).toEqual(before);
    expect((await sandbox.control<{ violations: unknown[] }>('GET', 'violations')).violations).toEqual([]);
    expect((await sandbox.control<{ unimplemented: unknown[] }>('GET', 'unimplemented')).unimplemented).toEqual([]);
  });

  it('has nothing to do the second time', async () => {
    const seq = await lastSeq(sandbox);
    await rm(roadstead.state, { recursive: true, force: true });
    await roadstead.ok('down', '-f', file, '--yes');
    expect(await mutations(sandbox, seq)).toEqual([]);
  });
});

interface Status {
  readonly working?: { readonly pid: number; readonly purpose: string };
  readonly controlPlane: string;
  readonly currentVersion?: string;
  readonly nextVersion?: string;
  readonly nodes: readonly { readonly ready: number }[];
}

async function statusOf(): Promise<Status> {
  return JSON.parse((await roadstead.ok('status', '-f', file, '--output', 'json')).stdout) as Status;
}

async function groupName(): Promise<string> {
  const { nodegroups } = await aws<{ nodegroups: string[] }>(
    sandbox,
    'eks',
    'list-nodegroups',
    '--cluster-name',
    'road',
  );
  return nodegroups[0] ?? '';
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 60; attempt++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error('did not come to hold within 15 s and more');
}
