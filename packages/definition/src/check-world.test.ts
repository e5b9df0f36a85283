import { describe, expect, it } from 'vitest';
import {
  type ClusterFacts,
  checkAgainstInputs,
  checkTransition,
  formatProblem,
  type InstanceTypeFacts,
  parseClusterFile,
} from './index.ts';

const zones = ['a', 'b', 'c'].map((letter, index) => ({
  name: `eu-central-1${letter}`,
  id: `euc1-az${[2, 3, 1][index]}`,
}));
const facts = (
  architecture: InstanceTypeFacts['architecture'],
  more: Partial<InstanceTypeFacts> = {},
): InstanceTypeFacts => ({
  vcpus: 2,
  memoryMiB: 8192,
  architecture,
  maxEnis: 3,
  ipv4PerEni: 10,
  localDisks: 0,
  zones: zones.map((zone) => zone.name),
  ...more,
});
const instanceTypes = {
  'm7g.large': facts('arm64'),
  'm7g.medium': facts('arm64', { vcpus: 1 }),
  'm6i.large': facts('x86_64'),
  'm8g.large': facts('arm64', { zones: ['eu-central-1a'] }),
};
const world = { inputs: { zones, instanceTypes }, versions: ['1.36', '1.35'] };

const parse = (...more: string[]) =>
  parseClusterFile(
    [
      'apiVersion: roadstead.dev/v1',
      'kind: Cluster',
      'metadata: {name: shop}',
      'spec:',
      '  account: aws:123456789012',
      '  region: eu-central-1',
      '  endpoint: {allow: [203.0.113.0/24]}',
      ...more,
    ].join('\n'),
    'cluster.yaml',
  );
const pool = (types: string, ...more: string[]) => [
  '  nodePools:',
  '    - name: app',
  `      instanceTypes: [${types}]`,
  ...more,
];

describe('a file against the world', () => {
  it.each([
    [
      'a version that is not offered',
      ['  kubernetes: "1.30"', ...pool('m7g.large')],
      '8:15',
      'VERSION_NOT_OFFERED',
      '1.36, 1.35',
    ],
    [
      'more zones than the region has',
      ['  network: {zones: 4}', ...pool('m7g.large')],
      '8:20',
      'TOO_MANY_ZONES',
      'at most 3',
    ],
    [
      'an unknown zone',
      ['  network: {zones: [eu-central-1a, eu-central-1f]}', ...pool('m7g.large')],
      '8:36',
      'UNKNOWN_ZONE',
      'eu-central-1c',
    ],
    ['a type that does not exist', pool('m7q.large'), '10:23', 'TYPE_NOT_OFFERED', '"m7g.large"'],
    ['a type that a zone has not', pool('m8g.large'), '10:23', 'TYPE_NOT_IN_ZONE', 'eu-central-1a'],
    ['mixed architectures', pool('m7g.large, m6i.large'), '10:34', 'MIXED_ARCHITECTURES', 'second pool'],
    [
      'a reserve larger than the node',
      pool('m7g.large', '      reserve: {system: {memory: 8Gi}}'),
      '11:16',
      'RESERVE_OVER_NODE',
      'reserve less',
    ],
    [
      'a reserve of more CPUs than the smaller of two types has',
      pool('m7g.large, m7g.medium', '      reserve: {system: {cpu: "1"}}'),
      '11:16',
      'RESERVE_OVER_NODE',
      'reserve less',
    ],
    [
      'a pool too large for its subnets',
      ['  network: {cidr: 10.0.0.0/20}', ...pool('m7g.large', '      size: {max: 200}')],
      '12:19',
      'SUBNETS_TOO_SMALL',
      'larger network',
    ],
  ])('refuses %s', (_, lines, at, code, hint) => {
    const parsed = parse(...lines);
    expect(parsed.problems.filter((problem) => problem.severity === 'error')).toEqual([]);
    const problems = checkAgainstInputs(parsed, world);
    expect(problems.map(formatProblem).join('\n')).toContain(`cluster.yaml:${at}: `);
    const found = problems.find((problem) => problem.code === code);
    expect(found && `${found.line}:${found.column}`).toBe(at);
    expect(found?.hint).toContain(hint);
  });

  it('warns of reserves over a quarter of the node', () => {
    const problems = checkAgainstInputs(
      parse(...pool('m7g.large', '      reserve: {kube: {memory: 2Gi}, evict: {memory: 10%}}')),
      world,
    );
    expect(problems.map(({ severity, code }) => `${severity} ${code}`)).toEqual(['warning LARGE_RESERVE']);
    expect(problems[0]?.message).toContain('35 %');
  });

  it('has nothing to say of a good file', () => {
    expect(checkAgainstInputs(parse(...pool('m7g.large')), world)).toEqual([]);
  });

  it('has nothing to add to a file that is wrong by itself', () => {
    expect(checkAgainstInputs(parse('  kubernetes: "1.30"'), world)).toEqual([]);
  });
});

describe('a change of a cluster that is there', () => {
  const there: ClusterFacts = {
    name: 'shop',
    account: '123456789012',
    region: 'eu-central-1',
    cidr: '10.0.0.0/16',
    zones: 3,
    kubernetes: '1.34',
  };
  const next = (...lines: string[]) => parse('  kubernetes: "1.35"', ...lines, ...pool('m7g.large'));

  it.each<[string, ClusterFacts, ReturnType<typeof parse>, string, string, string]>([
    ['another name', { ...there, name: 'store' }, next(), '3:18', 'ONE_WAY_CHANGE', 'put store back'],
    ['another account', { ...there, account: '210987654321' }, next(), '5:12', 'ONE_WAY_CHANGE', 'second cluster'],
    ['another region', { ...there, region: 'eu-west-1' }, next(), '6:11', 'ONE_WAY_CHANGE', 'put eu-west-1 back'],
    [
      'another network',
      there,
      next('  network: {cidr: 10.9.0.0/16}'),
      '9:19',
      'ONE_WAY_CHANGE',
      'put 10.0.0.0/16 back',
    ],
    ['fewer zones', there, next('  network: {zones: 2}'), '9:20', 'ONE_WAY_CHANGE', 'keep them'],
    [
      'a named zone less',
      { ...there, zones: ['eu-central-1a', 'eu-central-1b', 'eu-central-1c'] },
      next('  network: {zones: [eu-central-1a, eu-central-1b]}'),
      '9:20',
      'ONE_WAY_CHANGE',
      'keep them',
    ],
    ['an older version', { ...there, kubernetes: '1.36' }, next(), '8:15', 'VERSION_DOWNGRADE', '"1.36"'],
    ['a version skipped', { ...there, kubernetes: '1.33' }, next(), '8:15', 'VERSION_SKIP', '"1.34"'],
  ])('to %s is refused', (_, before, after, at, code, hint) => {
    const [problem, ...others] = checkTransition(before, after);
    expect(others).toEqual([]);
    expect(problem && `${problem.line}:${problem.column} ${problem.code}`).toBe(`${at} ${code}`);
    expect(problem?.hint).toContain(hint);
  });

  it.each<[string, ClusterFacts, ReturnType<typeof parse>]>([
    ['nothing', there, next()],
    ['more zones', { ...there, zones: 2 }, next()],
    ['one version up', there, next()],
    ['anything, where nothing is known', {}, next('  network: {cidr: 10.9.0.0/16}')],
  ])('of %s is allowed', (_, before, after) => {
    expect(checkTransition(before, after)).toEqual([]);
  });
});
