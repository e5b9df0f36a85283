import { spawn } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { productRequests, productWrites } from './audit.ts';
import { createRole } from './cluster-in.ts';
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
import { temporaryFolder } from './temporary.ts';

/** One cluster's life: from nothing up, looked at, changed behind its back and mended, and back to nothing. */
let sandbox: Sandbox;
let roadstead: Roadstead;
let file = '';
let before: unknown;

let developer = '';

beforeAll(async () => {
  sandbox = await startSandbox();
  developer = await createRole(sandbox, 'developer');
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
    const shown = await roadstead.run('plan', '-f', file, '--exit-code');
    expect(shown.code).toBe(0);
    const { Arn } = await aws<{ Arn: string }>(sandbox, 'sts', 'get-caller-identity');
    const endpoint = sandbox.environment['AWS_ENDPOINT_URL'];
    expect(shown.stdout).toContain(`road · account 123456789012 · eu-central-1 · endpoint ${endpoint}\nas ${Arn}\n`);
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
    const [known, told] = [await statusOf(), JSON.parse(stdout) as Status];
    expect(told).toMatchObject({ controlPlane: 'ACTIVE' });
    expect(told.nodes).toEqual(known.nodes);
    expect(told.stacks).toEqual(known.stacks);
    expect(told.addons).toEqual(known.addons);
    expect(told.stacks.length * told.addons.length * told.nodes.length).toBeGreaterThan(0);
  });

  it('asks nobody in render, and renders the same bytes', async () => {
    const seq = await lastSeq(sandbox);
    const asked = await productRequests(sandbox);
    const [one, two] = [await roadstead.ok('render', '-f', file), await roadstead.ok('render', '-f', file)];
    expect(one.stdout).toBe(two.stdout);
    expect(one.stdout).toContain('roadstead-road-network');
    expect(await lastSeq(sandbox)).toBe(seq);
    expect(asked).toBeGreaterThan(0);
    expect(await productRequests(sandbox)).toBe(asked);
  });
});

interface Drift {
  readonly what: string;
  readonly disturb: () => Promise<unknown>;
  /** The one line of the plan, and the fields that it shows. */
  readonly id: RegExp;
  readonly fields?: readonly string[];
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
      fields: ['scalingConfig.maxSize'],
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
        const { addon } = await aws<{ addon: { addonVersion: string; configurationValues?: string } }>(
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
          // Left out, they would be taken off.
          ...(addon.configurationValues === undefined ? [] : ['--configuration-values', addon.configurationValues]),
        );
        await aws(sandbox, 'eks', 'wait', 'addon-active', '--cluster-name', 'road', '--addon-name', 'coredns');
      },
      id: /^eks\/add-on\/coredns$/,
      fields: ['addonVersion'],
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
      fields: ['kubernetesGroups'],
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
      fields: ['spec.limits[0].defaultRequest.cpu'],
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
      fields: ['spec.template.spec.containers[name=external-dns].image'],
    },
    {
      what: 'a deleted object',
      disturb: () => kubectl(sandbox, 'delete', 'priorityclass', 'batch'),
      id: /^object\/priority-classes\/PriorityClass/,
    },
  ];

  it.each(drifts)('$what: is the one line of the plan, and up mends it', async ({ disturb, id, fields }) => {
    await disturb();
    const seq = await lastSeq(sandbox);
    const writes = (await productWrites(sandbox)).length;
    const lines = await planLines(roadstead, '-f', file);
    expect(lines.map((line) => line.id)).toEqual([expect.stringMatching(id)]);
    if (fields !== undefined) expect(lines[0]?.fields.map((field) => field.path)).toEqual(fields);
    expect(await mutations(sandbox, seq)).toEqual([]);
    expect(await productWrites(sandbox)).toHaveLength(writes);
    await roadstead.ok('up', '-f', file, '--yes');
    expect(await planLines(roadstead, '-f', file)).toEqual([]);
  });
});

describe('changes of the file', () => {
  it('shows and makes a change in place, and keeps a plan that apply then follows', async () => {
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace('max: 4', 'max: 5'));
    const kept = join(await temporaryFolder('plan'), 'plan.json');
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
  it('takes everything away with the state directory lost, says what stays, and leaves what was there before', async () => {
    await rm(roadstead.state, { recursive: true, force: true });
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
  readonly stacks: readonly object[];
  readonly addons: readonly object[];
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
