import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { aws, clusterFile, kubectl, planLines, type Roadstead, roadsteadIn, smallCluster } from './roadstead.ts';
import { comparable, type Sandbox, startSandbox } from './sandbox.ts';

/** A cluster that changes in place: what nodes keep for themselves, then the Kubernetes version. */
let sandbox: Sandbox;
let roadstead: Roadstead;
let file = '';
let before: unknown;

beforeAll(async () => {
  sandbox = await startSandbox({ factor: 200 });
  before = comparable(await sandbox.control('GET', 'inventory'));
  roadstead = await roadsteadIn(sandbox);
  file = await clusterFile(smallCluster('updates').replace('"1.36"', '"1.35"'));
  await roadstead.ok('up', '-f', file, '--yes');
  await roadstead.ok('kubeconfig', '-f', file, '--use');
});
afterAll(() => sandbox?.stop());

async function edit(from: string, to: string): Promise<void> {
  const text = await readFile(file, 'utf8');
  if (!text.includes(from)) throw new Error(`the file holds no ${from}`);
  await writeFile(file, text.replace(from, to));
}

async function nodeNames(): Promise<string[]> {
  return (await kubectl(sandbox, 'get', 'nodes', '-o', 'name')).trim().split('\n').sort();
}

it('rolls the nodes of a pool whose reservations change, and says so before', async () => {
  const before = await nodeNames();
  await edit('      zones: spread', '      zones: spread\n      reserve: {kube: {cpu: 300m, memory: 1Gi, disk: 1Gi}}');
  const lines = await planLines(roadstead, '-f', file);
  expect(lines.map(({ id, action }) => [id.replace(/-[0-9a-f]{8}$/, ''), action])).toEqual([
    ['stack/pool-app', 'update'],
    ['eks/node-group/app', 'update'],
  ]);
  expect(lines.some((line) => line.class === 'rolling')).toBe(true);
  await roadstead.ok('up', '-f', file, '--yes');
  expect(await planLines(roadstead, '-f', file)).toEqual([]);
  const after = await nodeNames();
  expect(after).toHaveLength(2);
  expect(after.filter((name) => before.includes(name))).toEqual([]);
  const [node = ''] = after;
  const { kubeletconfig } = JSON.parse(
    await kubectl(sandbox, 'get', '--raw', `/api/v1/nodes/${node.replace('node/', '')}/proxy/configz`),
  ) as { kubeletconfig: { kubeReserved: object } };
  expect(kubeletconfig.kubeReserved).toMatchObject({ cpu: '300m', memory: '1Gi' });
});

it('goes up one Kubernetes version: control plane first, then add-ons and nodes', async () => {
  await edit('"1.35"', '"1.36"');
  const lines = await planLines(roadstead, '-f', file);
  expect(lines.map(({ id }) => id)).toContain('eks/cluster/version');
  const unnamed = await roadstead.run('up', '-f', file, '--yes');
  expect([unnamed.code, unnamed.stderr]).toEqual([2, expect.stringContaining('--one-way updates')]);
  await roadstead.ok('up', '-f', file, '--yes', '--one-way', 'updates');
  expect(await planLines(roadstead, '-f', file)).toEqual([]);
  const { cluster } = await aws<{ cluster: { version: string } }>(
    sandbox,
    'eks',
    'describe-cluster',
    '--name',
    'updates',
  );
  expect(cluster.version).toBe('1.36');
  expect(await kubectl(sandbox, 'get', 'nodes', '-o', 'jsonpath={.items[*].status.nodeInfo.kubeletVersion}')).toMatch(
    /^v1\.36\S* v1\.36\S*$/,
  );
});

it('refuses to go back more than EKS would', async () => {
  await edit('"1.36"', '"1.34"');
  const refused = await roadstead.run('plan', '-f', file);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain(`${file}:8:15: `);
  expect(refused.stderr).toMatch(/1\.36.*1\.34|1\.34.*1\.36/);
  await edit('"1.34"', '"1.36"');
});

it('goes down to what was there before, whatever it was before it was updated', async () => {
  await roadstead.ok('down', '-f', file, '--yes', '--delete-logs');
  expect(comparable(await sandbox.control('GET', 'inventory'))).toEqual(before);
});
