import { describe, expect, it } from 'vitest';
import { formatProblem, hasErrors, parseClusterFile } from './index.ts';

const head = [
  'apiVersion: roadstead.dev/v1',
  'kind: Cluster',
  'metadata: {name: shop}',
  'spec:',
  '  account: aws:123456789012',
  '  region: eu-central-1',
];
const endpoint = '  endpoint: {allow: [203.0.113.0/24]}';
const pools = ['  nodePools:', '    - name: app', '      instanceTypes: [m7g.large]'];
const good = [...head, endpoint, ...pools];

/** The good file with lines in place of its own (counted from 1), or after its last. */
function file(changes: Readonly<Record<number, string>>, ...more: readonly string[]): string {
  return [...good.map((line, index) => changes[index + 1] ?? line), ...more, ''].join('\n');
}

interface Wrong {
  readonly title: string;
  readonly text: string;
  readonly at: string;
  readonly code: string;
  readonly hint: string;
}
const wrong = (title: string, text: string, at: string, code: string, hint: string): Wrong => ({
  title,
  text,
  at,
  code,
  hint,
});

const wrongFiles: readonly Wrong[] = [
  wrong('nothing', '', '1:1', 'EMPTY_FILE', 'apiVersion: roadstead.dev/v1'),
  wrong('a comment only', '# later\n', '1:1', 'EMPTY_FILE', 'roadstead schema'),
  wrong('a list at the root', '- a\n', '1:1', 'WRONG_TYPE', 'a map'),
  wrong('a tab', file({ 3: 'metadata:\n\tname: shop' }), '4:1', 'YAML_SYNTAX', 'spaces'),
  wrong('an open bracket', file({ 9: '      instanceTypes: [m7g.large', 10: '' }), '11:1', 'YAML_SYNTAX', ''),
  wrong('a key twice', file({ 6: '  region: eu-central-1\n  region: eu-west-1' }), '7:3', 'DUPLICATE_KEY', 'once'),
  wrong('two documents', `${file({})}---\nkind: Cluster\n`, '11:1', 'SEVERAL_DOCUMENTS', 'one cluster'),
  wrong('another apiVersion', file({ 1: 'apiVersion: roadstead.dev/v2' }), '1:13', 'NOT_ONE_OF', 'roadstead.dev/v1'),
  wrong('another kind', file({ 2: 'kind: cluster' }), '2:7', 'NOT_ONE_OF', 'Cluster'),
  wrong('no name', file({ 3: 'metadata: {}' }), '3:11', 'MISSING_KEY', 'name: shop'),
  wrong('no account', file({ 5: '' }), '6:3', 'MISSING_KEY', 'aws:123456789012'),
  wrong('no pools', [...head, endpoint, ''].join('\n'), '5:3', 'MISSING_KEY', 'instanceTypes'),
  wrong(
    'an empty list of pools',
    [...head, endpoint, '  nodePools: []'].join('\n'),
    '8:14',
    'OUT_OF_RANGE',
    'at least 1',
  ),
  wrong('a mistyped key', file({ 8: '  nodePool:' }), '8:3', 'UNKNOWN_KEY', '"nodePools"'),
  wrong('a key in another case', file({}, '      instancetypes: [a.b]'), '11:7', 'UNKNOWN_KEY', '"instanceTypes"'),
  wrong('a key of nothing near', file({}, '  karpenter: true'), '11:3', 'UNKNOWN_KEY', 'one of account'),
  wrong(
    'a mistyped key two levels down',
    file({}, '      reserve: {kube: {mem: 1Gi}}'),
    '11:24',
    'UNKNOWN_KEY',
    'memory',
  ),
  wrong('an upper-case name', file({ 3: 'metadata: {name: Shop}' }), '3:18', 'WRONG_NAME', 'lower-case'),
  wrong('a name of 41 letters', file({ 3: `metadata: {name: ${'a'.repeat(41)}}` }), '3:18', 'WRONG_NAME', 'at most 40'),
  wrong(
    'an account without aws:',
    file({ 5: '  account: "123456789012"' }),
    '5:12',
    'WRONG_ACCOUNT',
    'aws:123456789012',
  ),
  wrong('an account as a number', file({ 5: '  account: 123456789012' }), '5:12', 'WRONG_ACCOUNT', 'aws:123456789012'),
  wrong(
    'an account with eleven digits',
    file({ 5: '  account: aws:12345678901' }),
    '5:12',
    'WRONG_ACCOUNT',
    'twelve digits',
  ),
  wrong('a zone as region', file({ 6: '  region: eu-central-1a' }), '6:11', 'WRONG_REGION', 'region: eu-central-1;'),
  wrong('a region without hyphens', file({ 6: '  region: frankfurt' }), '6:11', 'WRONG_REGION', 'eu-central-1'),
  wrong(
    'an unquoted version',
    file({ 6: '  region: eu-central-1\n  kubernetes: 1.30' }),
    '7:15',
    'UNQUOTED_VERSION',
    'kubernetes: "1.30"',
  ),
  wrong(
    'a patch version',
    file({ 6: '  region: eu-central-1\n  kubernetes: v1.36.2' }),
    '7:15',
    'WRONG_VERSION',
    '"1.36"',
  ),
  wrong('an unknown environment', file({}, '  environment: prod'), '11:16', 'NOT_ONE_OF', 'production'),
  wrong('a criticality of 4', file({}, '  criticality: 4'), '11:16', 'NOT_ONE_OF', '1, 2, 3'),
  wrong('a number for text', file({ 3: 'metadata: {name: 7}' }), '3:18', 'WRONG_TYPE', 'text'),
  wrong('text for a number', file({}, '      diskGiB: big'), '11:16', 'WRONG_TYPE', 'a number'),
  wrong('half a node', file({}, '      size: {max: 2.5}'), '11:19', 'WRONG_TYPE', 'whole number'),
  wrong('text for a list', file({ 10: '      instanceTypes: m7g.large' }), '10:22', 'WRONG_TYPE', 'a list'),
  wrong('text for zones', file({}, '  network: {zones: many}'), '11:20', 'WRONG_TYPE', 'a number or a list'),
  wrong('a CIDR that is none', file({}, '  network: {cidr: 10.20/16}'), '11:19', 'WRONG_CIDR', '10.20.0.0/16'),
  wrong(
    'a CIDR with host bits',
    file({}, '  network: {cidr: 10.20.1.0/16}'),
    '11:19',
    'WRONG_CIDR',
    '10.20.0.0/16 is the network',
  ),
  wrong('a VPC of /8', file({}, '  network: {cidr: 10.0.0.0/8}'), '11:19', 'VPC_SIZE', '/16 to /22'),
  wrong('a VPC of /24', file({}, '  network: {cidr: 10.20.30.0/24}'), '11:19', 'VPC_SIZE', '10.20.0.0/16'),
  wrong(
    'a VPC over the services',
    file({}, '  network: {cidr: 172.20.0.0/16}'),
    '11:19',
    'CIDR_OVERLAP',
    'another network',
  ),
  wrong(
    'a VPC over the container bridge',
    file({}, '  network: {cidr: 172.17.0.0/16}'),
    '11:19',
    'CIDR_OVERLAP',
    'another network',
  ),
  wrong('one zone', file({}, '  network: {zones: 1}'), '11:20', 'TOO_FEW_ZONES', 'control plane'),
  wrong(
    'a zone of another region',
    file({}, '  network: {zones: [eu-central-1a, eu-west-1b]}'),
    '11:36',
    'WRONG_ZONE',
    'eu-central-1a',
  ),
  wrong('a zone id', file({}, '  network: {zones: [eu-central-1a, euc1-az1]}'), '11:36', 'WRONG_ZONE', 'not the id'),
  wrong(
    'a zone twice',
    file({}, '  network: {zones: [eu-central-1a, eu-central-1b, eu-central-1a]}'),
    '11:51',
    'DUPLICATE_ZONE',
    'once',
  ),
  wrong(
    'no endpoint',
    file({ 7: '  endpoint: {private: false, public: false}' }),
    '7:13',
    'NO_ENDPOINT',
    'private: true',
  ),
  wrong('an empty allow list', file({ 7: '  endpoint: {allow: []}' }), '7:21', 'EMPTY_ALLOW', 'public: false'),
  wrong(
    'an address instead of a network',
    file({ 7: '  endpoint: {allow: [203.0.113.7]}' }),
    '7:22',
    'WRONG_CIDR',
    '203.0.113.7/32',
  ),
  wrong(
    'a private network in allow',
    file({ 7: '  endpoint: {allow: [10.0.0.0/8]}' }),
    '7:22',
    'PRIVATE_ALLOW',
    'public addresses',
  ),
  wrong(
    'no way to the endpoint',
    file({ 7: '  endpoint: {private: false, allow: [203.0.113.0/24]}\n  network: {nat: none}' }),
    '7:23',
    'UNREACHABLE_ENDPOINT',
    'private: true',
  ),
  wrong('an unknown log type', file({}, '  logs: [api, audits]'), '11:15', 'NOT_ONE_OF', '"audit"'),
  wrong('a retention of 100 days', file({}, '  logRetentionDays: 100'), '11:21', 'NOT_ONE_OF', '90'),
  wrong(
    'a pool twice',
    file({}, '    - name: app', '      instanceTypes: [m7g.large]'),
    '11:13',
    'DUPLICATE_POOL',
    'name of its own',
  ),
  wrong('a pool name with a dot', file({ 9: '    - name: app.1' }), '9:13', 'WRONG_NAME', 'hyphens'),
  wrong('an instance family', file({ 10: '      instanceTypes: [m7g]' }), '10:23', 'WRONG_INSTANCE_TYPE', 'm7g.large'),
  wrong(
    'an instance type twice',
    file({ 10: '      instanceTypes: [m7g.large, m7g.large]' }),
    '10:34',
    'DUPLICATE_INSTANCE_TYPE',
    'once',
  ),
  wrong('min over max', file({}, '      size: {min: 5, max: 3}'), '11:19', 'MIN_OVER_MAX', 'at most 3'),
  wrong('desired over max', file({}, '      size: {max: 3, desired: 4}'), '11:31', 'DESIRED_OUT_OF_RANGE', 'min'),
  wrong('a max of nothing', file({}, '      size: {max: 0}'), '11:19', 'OUT_OF_RANGE', 'at least 1'),
  wrong('a disk too small', file({}, '      diskGiB: 8'), '11:16', 'OUT_OF_RANGE', 'at least 20'),
  wrong('a taint without effect', file({}, '      taints: [slow=true]'), '11:16', 'WRONG_TAINT', 'NoSchedule'),
  wrong(
    'a mistyped effect',
    file({}, '      taints: ["slow=true:NoSchedul"]'),
    '11:16',
    'WRONG_TAINT',
    'key=value:Effect',
  ),
  wrong(
    'a taint twice',
    file({}, '      taints: ["a=1:NoSchedule", "a=2:NoSchedule"]'),
    '11:34',
    'DUPLICATE_TAINT',
    'once',
  ),
  wrong('a label of EKS', file({}, '      labels: {eks.amazonaws.com/team: a}'), '11:16', 'RESERVED_LABEL', 'your own'),
  wrong('a label with a space', file({}, '      labels: {team: "a b"}'), '11:22', 'WRONG_LABEL', 'letters'),
  wrong('a label key with two slashes', file({}, '      labels: {a/b/c: x}'), '11:16', 'WRONG_LABEL', 'one /'),
  wrong('a quantity in GB', file({}, '      reserve: {kube: {memory: 1GB}}'), '11:32', 'WRONG_QUANTITY', '1Gi'),
  wrong('a negative quantity', file({}, '      reserve: {system: {cpu: -1}}'), '11:31', 'WRONG_TYPE', 'text'),
  wrong(
    'a negative quantity in quotes',
    file({}, '      reserve: {system: {cpu: "-1"}}'),
    '11:31',
    'WRONG_QUANTITY',
    'more than nothing',
  ),
  wrong('an eviction at 100 %', file({}, '      reserve: {evict: {disk: 100%}}'), '11:31', 'WRONG_QUANTITY', '10%'),
  wrong('a mount at the root', file({}, '      localStorage: /'), '11:21', 'WRONG_MOUNT', '/ephemeral'),
  wrong(
    'an unknown role',
    file({}, '  access: [{role: poweruser2, principal: "arn:aws:iam::123456789012:role/a"}]'),
    '11:19',
    'NOT_ONE_OF',
    '"PowerUser"',
  ),
  wrong(
    'a principal without ARN',
    file({}, '  access: [{role: admin, principal: developer}]'),
    '11:37',
    'WRONG_PRINCIPAL',
    'arn:aws:iam::123456789012:role/developer',
  ),
  wrong(
    'a session of a role',
    file({}, '  access: [{role: admin, principal: "arn:aws:sts::123456789012:assumed-role/dev/me"}]'),
    '11:37',
    'WRONG_PRINCIPAL',
    'role/dev',
  ),
  wrong(
    'the root of an account',
    file({}, '  access: [{role: admin, principal: "arn:aws:iam::123456789012:root"}]'),
    '11:37',
    'WRONG_PRINCIPAL',
    'a role',
  ),
  wrong(
    'a principal twice',
    file(
      {},
      '  access:',
      '    - {role: admin, principal: "arn:aws:iam::123456789012:role/a"}',
      '    - {role: operator, principal: "arn:aws:iam::123456789012:role/a"}',
    ),
    '13:35',
    'DUPLICATE_ACCESS',
    'one role',
  ),
  wrong(
    'a DNS zone in upper case',
    file({}, '  dns: {zone: Shop.Example.org}'),
    '11:15',
    'WRONG_DNS_ZONE',
    'shop.example.org',
  ),
  wrong('a channel with a space', file({}, '  channel: my stable'), '11:12', 'WRONG_CHANNEL', '--channel DIR'),
  wrong(
    'a secret in config',
    file({}, '  config: {key: AKIAIOSFODNN7EXAMPLE}'),
    '11:17',
    'SECRET_IN_FILE',
    'aws:secretsmanager',
  ),
];

describe('a wrong cluster file', () => {
  it.each(wrongFiles)('with $title is refused at $at as $code', ({ text, at, code, hint }) => {
    const { cluster, problems } = parseClusterFile(text, 'cluster.yaml');
    const found = problems.find((problem) => problem.code === code);
    expect(problems.map(formatProblem).join('\n')).toContain(`cluster.yaml:${at}: `);
    expect(found && `${found.line}:${found.column}`).toBe(at);
    expect(found?.hint ?? '').toContain(hint);
    expect(cluster).toBeUndefined();
  });

  it('never shows the value of what looks like a secret', () => {
    const { problems } = parseClusterFile(file({}, '  config: {key: AKIAIOSFODNN7EXAMPLE}'), 'cluster.yaml');
    expect(JSON.stringify(problems)).not.toContain('AKIA');
  });

  it('has a hint for everything but syntax', () => {
    const without = wrongFiles
      .flatMap(({ text }) => parseClusterFile(text, 'f').problems)
      .filter((problem) => problem.hint === undefined && problem.code !== 'YAML_SYNTAX');
    expect(without).toEqual([]);
  });

  it('reports every mistake at once, in the order of the file', () => {
    const { problems } = parseClusterFile(file({ 3: 'metadata: {nme: shop}', 8: '  nodePool:' }), 'cluster.yaml');
    expect(problems.map(({ line, code }) => `${line} ${code}`)).toEqual([
      '3 MISSING_KEY',
      '3 UNKNOWN_KEY',
      '5 MISSING_KEY',
      '8 UNKNOWN_KEY',
    ]);
  });
});

const warnings: readonly (readonly [title: string, text: string, at: string, code: string])[] = [
  ['an endpoint open to the world', file({ 7: '' }), '5:3', 'WORLD_OPEN_ENDPOINT'],
  [
    'an endpoint opened to the world by hand',
    file({ 7: '  endpoint: {allow: [0.0.0.0/0]}' }),
    '7:22',
    'WORLD_OPEN_ENDPOINT',
  ],
  ['a private endpoint only', file({ 7: '  endpoint: {public: false}' }), '7:22', 'PRIVATE_ONLY'],
  [
    'a public endpoint only',
    file({ 7: '  endpoint: {private: false, allow: [203.0.113.0/24]}' }),
    '7:23',
    'PUBLIC_ONLY',
  ],
  ['two zones in production', file({}, '  network: {zones: 2}'), '11:20', 'TWO_ZONES'],
  ['a single NAT gateway in production', file({}, '  network: {nat: single}'), '11:18', 'SINGLE_NAT'],
  ['no NAT', file({}, '  network: {nat: none}'), '11:18', 'NO_NAT'],
  ['a VPC of /20', file({}, '  network: {cidr: 10.20.0.0/20}'), '11:19', 'SMALL_SUBNETS'],
  ['a public VPC', file({}, '  network: {cidr: 203.0.0.0/16}'), '11:19', 'PUBLIC_VPC'],
  ['spot of one type', file({}, '      discount: spot'), '10:22', 'SPOT_ONE_TYPE'],
  ['nothing but spot', file({}, '      discount: spot'), '9:5', 'ONLY_SPOT'],
  ['nothing but tainted pools', file({}, '      taints: ["a=b:NoSchedule"]'), '9:5', 'ALL_POOLS_TAINTED'],
  ['an unknown region', file({ 6: '  region: eu-centrall-1' }), '6:11', 'UNKNOWN_REGION'],
  [
    'a principal of another account',
    file({}, '  access: [{role: admin, principal: "arn:aws:iam::210987654321:role/a"}]'),
    '11:37',
    'OTHER_ACCOUNT',
  ],
  ['a group over the quota', file({}, '      size: {max: 500}'), '11:19', 'OVER_QUOTA'],
];

describe('a doubtful cluster file', () => {
  it.each(warnings)('with %s is read with a warning', (_, text, at, code) => {
    const { cluster, problems } = parseClusterFile(text, 'cluster.yaml');
    expect(
      problems.map((problem) => `${problem.line}:${problem.column} ${problem.severity} ${problem.code}`),
    ).toContain(`${at} warning ${code}`);
    expect(hasErrors(problems)).toBe(false);
    expect(cluster).toBeDefined();
  });
});

describe('a good cluster file', () => {
  it('needs a name, an account, a region and one pool', () => {
    const { cluster, problems } = parseClusterFile([...head, ...pools].join('\n'), 'cluster.yaml');
    expect(hasErrors(problems)).toBe(false);
    expect(cluster).toEqual({
      name: 'shop',
      account: '123456789012',
      region: 'eu-central-1',
      environment: 'production',
      criticality: 2,
      channel: 'stable',
      kubernetes: '1.36',
      network: { cidr: '10.0.0.0/16', zones: 3, nat: 'per-zone' },
      endpoint: { private: true, public: true, allow: ['0.0.0.0/0'] },
      logs: ['api', 'audit', 'authenticator', 'controllerManager', 'scheduler'],
      logRetentionDays: 90,
      deletionProtection: true,
      nodePools: [
        {
          name: 'app',
          instanceTypes: ['m7g.large'],
          zones: 'each',
          discount: 'none',
          size: { min: 1, max: 3, desired: 1 },
          labels: {},
          taints: [],
          diskGiB: 80,
        },
      ],
      access: [],
      config: {},
    });
  });

  it('gives a test cluster one NAT gateway and no deletion protection', () => {
    const { cluster } = parseClusterFile(file({}, '  environment: test'), 'cluster.yaml');
    expect(cluster?.network.nat).toBe('single');
    expect(cluster?.deletionProtection).toBe(false);
  });

  it('may say everything that there is to say', () => {
    const everything = [
      ...head.slice(0, 2),
      'metadata: {name: shop, owner: team/shop}',
      ...head.slice(3),
      '  environment: production',
      '  criticality: 2',
      '  channel: stable',
      '  kubernetes: "1.36"',
      '  dns: {zone: shop.example.org}',
      '  network: {cidr: 10.20.0.0/16, zones: 3, nat: per-zone}',
      '  endpoint: {private: true, public: true, allow: [203.0.113.0/24]}',
      '  logs: [api, audit, authenticator, controllerManager, scheduler]',
      '  nodePools:',
      '    - name: system',
      '      instanceTypes: [m7g.large]',
      '      zones: each',
      '      size: {min: 1, max: 3}',
      '      labels: {nodeType: systemNode}',
      '      taints: [CriticalAddonsOnly=true:NoSchedule]',
      '    - name: app',
      '      instanceTypes: [m7gd.xlarge, m6gd.xlarge]',
      '      discount: spot',
      '      size: {min: 1, max: 20}',
      '      reserve:',
      '        kube: {cpu: 250m, memory: 1Gi, disk: 1Gi}',
      '        system: {cpu: 250m, memory: 0.2Gi, disk: 1Gi}',
      '        evict: {memory: 1Gi, disk: 10%}',
      '      localStorage: /ephemeral',
      '  access:',
      '    - {role: power-user, principal: "arn:aws:iam::123456789012:role/developer"}',
      '  config: {}',
    ];
    const { cluster, problems } = parseClusterFile(everything.join('\n'), 'cluster.yaml');
    expect(problems).toEqual([]);
    expect(cluster).toMatchObject({ owner: 'team/shop', dns: { zone: 'shop.example.org' } });
  });

  it('takes the spelling of roles in the seeds', () => {
    const rules = ['ReadOnly', 'PowerUser', 'Operator', 'Admin'].map(
      (role, index) => `{role: ${role}, principal: "arn:aws:iam::123456789012:role/r${index}"}`,
    );
    const { cluster } = parseClusterFile(file({}, `  access: [${rules.join(', ')}]`), 'cluster.yaml');
    expect(cluster?.access.map(({ role }) => role)).toEqual(['read-only', 'power-user', 'operator', 'admin']);
  });

  it('reads the taints, the reserves and the rest of a pool', () => {
    const { cluster } = parseClusterFile(
      file(
        {},
        '      size: {min: 0, max: 20}',
        '      taints: [CriticalAddonsOnly=true:NoSchedule, "slow:NoExecute"]',
        '      reserve: {system: {memory: 0.2Gi}, evict: {disk: 10%}}',
        '      localStorage: /ephemeral',
      ),
      'cluster.yaml',
    );
    expect(cluster?.nodePools[0]).toMatchObject({
      size: { min: 0, max: 20, desired: 0 },
      taints: [
        { key: 'CriticalAddonsOnly', value: 'true', effect: 'NoSchedule' },
        { key: 'slow', value: '', effect: 'NoExecute' },
      ],
      reserve: { system: { memory: '0.2Gi' }, evict: { disk: '10%' } },
      localStorage: '/ephemeral',
    });
  });
});
