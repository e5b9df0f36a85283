import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { checkAgainstInputs, formatProblem, type Inputs, type NodePool, parseClusterFile } from '@roadstead/definition';
import { digestOf } from '@roadstead/foundation';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Channel,
  checkChannel,
  compareReleases,
  parseChannel,
  type Release,
  readChannel,
  renderRelease,
  versionOf,
} from './index.ts';
import { filesWith, sample } from './test-channel.ts';

const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

function rendered(channel: Channel, { cluster, inputs }: ReturnType<typeof sample>): Release {
  const result = renderRelease({ channel, cluster, inputs, version: versionOf(channel.source, cluster) });
  if ('problems' in result) throw new Error(result.problems.map(formatProblem).join('\n'));
  return result.release;
}

/** The value with the keys of all its maps in another order. */
function shuffled<T>(value: T, rank: (key: string) => number): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item: unknown) => shuffled(item, rank)) as T;
  const entries = Object.entries(value).toSorted(([a], [b]) => rank(a) - rank(b));
  return Object.fromEntries(entries.map(([key, member]) => [key, shuffled(member, rank)])) as T;
}

let small: Channel;
beforeAll(async () => {
  const { channel, problems } = await readChannel(folder('../fixtures/small'), { root: 'small' });
  if (channel === undefined) throw new Error(problems.map(formatProblem).join('\n'));
  small = channel;
});

describe('the small channel', () => {
  it('is right', () => {
    expect(checkChannel(small).map(formatProblem)).toEqual([]);
  });

  it.each([0, 1] as const)('renders sample %i to the release that is written down', async (index) => {
    const { version: _, ...release } = rendered(small, sample(index));
    await expect(`${JSON.stringify(release, null, 2)}\n`).toMatchFileSnapshot(`../fixtures/small.sample-${index}.json`);
  });

  it('is the same bytes each time, and its digest covers all but the version', () => {
    const first = rendered(small, sample(1));
    expect(rendered(small, sample(1))).toEqual(first);
    const { digest, version: _, ...content } = first;
    expect(digest).toBe(digestOf(content));
  });

  it('does not depend on the order of keys, wherever they stand', { timeout: 60_000 }, () => {
    const { cluster, inputs } = sample(1, { config: { replicas: 3 } });
    const labels = { nodeType: 'systemNode', a: '1', z: '2' };
    const nodePools = cluster.nodePools.map((pool) => ({ ...pool, labels }));
    const listing =
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\ndata: {keys: "${{cluster.nodePools[0].labels.map(key, key).join()}}", all: "${{toYaml(cluster.nodePools[0].labels)}}"}\n';
    const { channel } = parseChannel({ root: 'channel', files: filesWith({ 'manifests/b/b.yaml': listing }) });
    if (channel === undefined) throw new Error('the channel is wrong');
    const first = JSON.stringify(rendered(channel, { cluster: { ...cluster, nodePools }, inputs }));
    const anyOrder = fc.func(fc.integer());
    fc.assert(
      fc.property(anyOrder, (rank) => {
        const turned = shuffled({ cluster: { ...cluster, nodePools }, inputs }, rank);
        expect(JSON.stringify(rendered(channel, turned))).toBe(first);
      }),
      { numRuns: 20 },
    );
  });

  it('does not depend on the order in which zones were recorded', () => {
    const { cluster, inputs } = sample(1);
    expect(rendered(small, { cluster, inputs: { ...inputs, zones: inputs.zones.toReversed() } })).toEqual(
      rendered(small, sample(1)),
    );
  });

  it('has a version of the folder and the configuration', () => {
    const release = rendered(small, sample(1));
    expect(release.version).toMatch(/^dir-[0-9a-f]{40}#[0-9a-f]{40}$/);
    expect(rendered(small, sample(1, { criticality: 1 })).version).not.toBe(release.version);
    expect(versionOf({ kind: 'git', commit: 'c0ffee' }, sample(1).cluster)).toMatch(/^c0ffee#[0-9a-f]{40}$/);
  });

  it('orders components by their needs, then by name', () => {
    expect(rendered(small, sample(1)).components.map(({ name, needs }) => [name, needs])).toEqual([
      ['base', []],
      ['foreign', []],
      ['web', ['base']],
    ]);
  });

  it('gives namespaces to what has one, and to nothing else', () => {
    const objects = rendered(small, sample(1)).components.flatMap((component) => component.objects);
    const places = objects.map(({ kind, metadata }) => {
      const { name, namespace } = metadata as { readonly name: string; readonly namespace?: string };
      return `${String(kind)} ${namespace ?? '-'}/${name}`;
    });
    expect(places).toEqual([
      'Namespace -/web',
      'Widget default/a:b',
      'ConfigMap other/one',
      'ConfigMap default/two',
      'CustomResourceDefinition -/widgets.example.org',
      'Deployment web/web',
      'ConfigMap web/pool-app',
      'ConfigMap web/pool-rich',
      'ClusterRole -/web',
    ]);
  });

  it('makes a node group in each zone, or one over all', () => {
    const groups = rendered(small, sample(1)).eks.nodeGroups.map(({ pool, zone, request }) => [
      pool,
      zone,
      request.nodegroupName,
    ]);
    expect(groups).toEqual([
      ['app', 'eu-central-1c', expect.stringMatching(/^app-eu-central-1c-[0-9a-f]{8}$/)],
      ['app', 'eu-central-1a', expect.stringMatching(/^app-eu-central-1a-[0-9a-f]{8}$/)],
      ['app', 'eu-central-1b', expect.stringMatching(/^app-eu-central-1b-[0-9a-f]{8}$/)],
      ['rich', undefined, expect.stringMatching(/^rich-[0-9a-f]{8}$/)],
    ]);
  });

  const names = (change: Partial<NodePool>): (string | undefined)[] => {
    const { cluster } = sample(0);
    return rendered(
      small,
      sample(0, { nodePools: cluster.nodePools.map((pool) => ({ ...pool, ...change })) }),
    ).eks.nodeGroups.map(({ request }) => request.nodegroupName);
  };
  it('renames a node group when what cannot change in place does, and only then', () => {
    expect(names({ size: { min: 0, max: 9, desired: 0 }, labels: { a: 'b' } })).toEqual(names({}));
    expect(names({ instanceTypes: ['arm.large'] })).not.toEqual(names({}));
  });

  it('knows outputs only where the cluster has them', () => {
    const outputs = (index: 0 | 1) =>
      rendered(small, sample(index)).stacks.find(({ id }) => id === 'foundation')?.outputs;
    expect(outputs(0)).toEqual(['RoleArn']);
    expect(outputs(1)).toEqual(['RoleArn', 'ZoneRole']);
  });

  it.each([
    ['an unknown item', { replica: 3 }, 'UNKNOWN_CONFIG', '"replicas"'],
    ['a wrong type', { replicas: 'two' }, 'WRONG_CONFIG', ''],
    ['a value that is not on the list', { tier: 'medium' }, 'WRONG_CONFIG', 'one of small, large'],
    ['a secret that is no reference', { token: 'hunter2' }, 'SECRET_VALUE', 'aws:secretsmanager:'],
  ])('refuses config with %s', (_, config, code, hint) => {
    const { cluster, inputs } = sample(0, { config });
    const result = renderRelease({ channel: small, cluster, inputs, version: 'v' });
    const problems = 'problems' in result ? result.problems : [];
    expect(problems.map((problem) => problem.code)).toEqual([code]);
    expect(problems[0]?.hint ?? '').toContain(hint);
    expect(JSON.stringify(problems)).not.toContain('hunter2');
  });

  it('fails with the place in the channel when this cluster lacks what an expression wants', () => {
    const files = filesWith({
      'manifests/a/a.yaml':
        'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  zone: ${{cluster.dns.zone}}\n',
    });
    const { channel } = parseChannel({ root: 'channel', files });
    if (channel === undefined) throw new Error('the channel is right');
    const { cluster, inputs } = sample(0);
    const result = renderRelease({ channel, cluster, inputs, version: 'v' });
    expect('problems' in result && result.problems.map(formatProblem).join()).toContain(
      'channel/manifests/a/a.yaml:5:12: cluster.dns.zone',
    );
  });

  it('carries a ConfigMap of a megabyte', () => {
    const data = 'x'.repeat(1023).concat('\n').repeat(1024);
    const files = filesWith({
      'manifests/a/big.yaml': `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: big}\ndata:\n  all: |\n${data.replaceAll(/^/gm, '    ').trimEnd()}\n`,
    });
    const { channel } = parseChannel({ root: 'channel', files });
    if (channel === undefined) throw new Error('the channel is right');
    const big = rendered(channel, sample(0)).components[0]?.objects.find(
      ({ metadata }) => (metadata as { readonly name: string }).name === 'big',
    );
    expect(big?.['data']).toEqual({ all: data });
  });
});

describe('two releases', () => {
  it('are compared part by part and field by field', () => {
    const before = rendered(small, sample(0));
    const { cluster } = sample(0);
    const [pool] = cluster.nodePools;
    if (pool === undefined) throw new Error('the sample has a pool');
    const after = rendered(
      small,
      sample(0, { config: { replicas: 5 }, nodePools: [{ ...pool, size: { min: 1, max: 1, desired: 1 } }] }),
    );
    expect(compareReleases(before, after)).toEqual([
      {
        id: 'eks/add-on/coredns',
        action: 'update',
        fields: [
          { path: 'configurationValues', from: '{"a":2,"b":1,"replicaCount":2}', to: '{"a":2,"b":1,"replicaCount":5}' },
        ],
      },
      ...['a', 'b', 'c'].map((zone) => ({
        id: `eks/node-group/app/eu-central-1${zone}`,
        action: 'update',
        fields: [{ path: 'scalingConfig.maxSize', from: 3, to: 1 }],
      })),
      { id: 'object/web//ConfigMap/web/pool-app', action: 'delete', fields: [] },
      {
        id: 'object/web/apps/Deployment/web/web',
        action: 'update',
        fields: [{ path: 'spec.replicas', from: 2, to: 5 }],
      },
    ]);
    expect(compareReleases(before, before)).toEqual([]);
  });

  it('name the fields of lists by name', () => {
    const before = rendered(small, sample(0));
    const other = JSON.parse(JSON.stringify(before).replace('example.org/web:1', 'example.org/web:2')) as Release;
    expect(compareReleases(before, other)[0]?.fields).toEqual([
      { path: 'spec.template.spec.containers[name=web].image', from: 'example.org/web:1', to: 'example.org/web:2' },
    ]);
  });
});

describe('the reference channel', () => {
  it('is right, and renders every sample', async () => {
    const { channel, problems } = await readChannel(folder('../../../channel'), { root: 'channel' });
    expect(problems.map(formatProblem)).toEqual([]);
    expect(channel && checkChannel(channel).map(formatProblem)).toEqual([]);
    for (const index of [0, 1, 2] as const)
      expect(channel && rendered(channel, sample(index)).stacks.length).toBeGreaterThan(2);
  });
});

describe('the examples', () => {
  it.each(['shop', 'per-zone'])('%s renders on the reference channel', async (name) => {
    const { channel } = await readChannel(folder('../../../channel'), { root: 'channel' });
    const inputs = JSON.parse(readFileSync(folder('../../../examples/inputs.json'), 'utf8')) as Inputs;
    const parsed = parseClusterFile(readFileSync(folder(`../../../examples/${name}.yaml`), 'utf8'), `${name}.yaml`);
    const errors = [
      ...parsed.problems,
      ...checkAgainstInputs(parsed, { inputs, versions: channel?.kubernetes ?? [] }),
    ].filter(({ severity }) => severity === 'error');
    expect(errors.map(formatProblem)).toEqual([]);
    if (channel === undefined || parsed.cluster === undefined) throw new Error('both are right');
    const release = rendered(channel, { cluster: parsed.cluster, inputs });
    expect(release.eks.nodeGroups).toHaveLength(6);
    expect(release.eks.nodeGroups.every(({ request }) => request.nodegroupName.length <= 63)).toBe(true);
  });
});

describe('reading a folder', () => {
  it('throws a stable code where there is none', async () => {
    await expect(readChannel(folder('../fixtures/nowhere'))).rejects.toMatchObject({ code: 'CHANNEL_UNREADABLE' });
  });

  it('reads what the folder holds', async () => {
    const text = readFileSync(folder('../fixtures/small/channel.yaml'), 'utf8');
    expect(text).toContain(`name: ${small.name}`);
  });
});
