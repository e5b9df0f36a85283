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
  wrong('a number for text', file({ 3: 'metadata: {name: 7}' }), '3:18', 'WRONG_TYPE', 'quote it: "7"'),
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
  wrong('a negative quantity', file({}, '      reserve: {system: {cpu: -1}}'), '11:31', 'WRONG_TYPE', 'quote it'),
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
  wrong('an anchor that is not there', file({ 9: '    - name: *app' }), '9:13', 'UNKNOWN_ALIAS', 'stands before'),
  wrong('an alias of what holds it', file({}, '  config: &a {x: *a}'), '11:18', 'ALIAS_CIRCLE', 'cannot hold itself'),
  wrong('a merge of what holds it', file({}, '  config: &a {<<: *a}'), '11:19', 'ALIAS_CIRCLE', 'cannot hold itself'),
  wrong(
    'a merge into unknown keys',
    file({ 9: '    - &p\n      name: app' }, '    - {<<: *p, nme: b}'),
    '12:16',
    'UNKNOWN_KEY',
    '"name"',
  ),
  wrong(
    'aliases that grow without end',
    file(
      {},
      '  config:',
      ...[...'abcdef'].map(
        (name, at, all) =>
          `    ${name}: &${name} [${Array(10)
            .fill(at === 0 ? 'x' : `*${all[at - 1]}`)
            .join()}]`,
      ),
    ),
    '16:11',
    'DOCUMENT_TOO_LARGE',
    'grow fast',
  ),
  wrong('brackets without end', '['.repeat(100_000), '1:', 'TOO_DEEP', 'not closed'),
  wrong(
    'maps 100 deep',
    file({}, `  config: {a: ${'{a: '.repeat(100)}1${'}'.repeat(100)}}`),
    '11:',
    'TOO_DEEP',
    'not closed',
  ),
  wrong('a megabyte', file({}, `# ${'x'.repeat(1_000_000)}`), '1:1', 'DOCUMENT_TOO_LARGE', 'right file'),
  wrong('a tag of a program', file({}, '  config: {a: !!js/function "x"}'), '11:15', 'UNKNOWN_TAG', 'remove'),
  wrong('a tag of bytes', file({ 3: 'metadata: {name: !!binary c2hvcA==}' }), '3:18', 'UNKNOWN_TAG', 'remove'),
  wrong('a tag of CloudFormation', file({ 6: '  region: !Ref AWS::Region' }), '6:11', 'UNKNOWN_TAG', 'remove'),
  wrong('a key twice in a line', file({ 3: 'metadata: {name: shop, name: shop}' }), '3:24', 'DUPLICATE_KEY', 'once'),
  wrong(
    'a key twice, once in quotes',
    file({}, '  criticality: 1', '  "criticality": 2'),
    '12:3',
    'DUPLICATE_KEY',
    'once',
  ),
  wrong('a map for a key', file({}, '  ? [a, b]', '  : 1'), '11:5', 'WRONG_KEY', 'one word'),
  wrong('an empty key', file({}, '  ~: 1'), '11:3', 'UNKNOWN_KEY', 'one of account'),
  wrong('the name of a prototype', file({}, '  __proto__: {a: 1}'), '11:3', 'UNKNOWN_KEY', 'one of account'),
  wrong(
    'a merge conflict',
    file({ 6: '<<<<<<< HEAD\n  region: eu-central-1\n=======\n  region: eu-west-1\n>>>>>>> other' }),
    '6:1',
    'MERGE_CONFLICT',
    'one side',
  ),
  wrong('a space that is none', file({ 6: '  region:\u00a0eu-central-1' }), '6:3', 'YAML_SYNTAX', '6:10 holds U+00A0'),
  wrong(
    'Latin-1 instead of UTF-8',
    file({ 3: 'metadata: {name: shop, owner: M\ufffdller}' }),
    '3:32',
    'NOT_TEXT_FILE',
    'UTF-8',
  ),
  wrong('UTF-16 instead of UTF-8', `\ufffd\ufffda\0p\0i\0`, '1:1', 'NOT_TEXT_FILE', 'UTF-8'),
  wrong(
    'a byte order mark before a mistake',
    `\ufeff${file({ 1: 'apiVersion: v2' })}`,
    '1:13',
    'NOT_ONE_OF',
    'roadstead.dev/v1',
  ),
  wrong(
    'Windows line ends before a mistake',
    file({ 3: 'metadata: {name: Shop}' }).replaceAll('\n', '\r\n'),
    '3:18',
    'WRONG_NAME',
    'lower-case',
  ),
  wrong('something else altogether', '<!doctype html><html></html>', '1:1', 'WRONG_TYPE', 'a map'),
  wrong(
    'a cluster of eksctl',
    file({ 1: 'apiVersion: eksctl.io/v1alpha5', 2: 'kind: ClusterConfig' }),
    '1:13',
    'NOT_ONE_OF',
    'roadstead.dev/v1',
  ),
  wrong('an octal number', file({}, '      size: {max: 0o17}'), '11:19', 'AMBIGUOUS_NUMBER', 'write 15'),
  wrong('a number with a leading zero', file({}, '      size: {max: 017}'), '11:19', 'AMBIGUOUS_NUMBER', 'write 17'),
  wrong('a hexadecimal number', file({}, '  criticality: 0x2'), '11:16', 'AMBIGUOUS_NUMBER', 'write 2'),
  wrong(
    'a number with underscores',
    file({}, '      size: {max: 1_000}'),
    '11:19',
    'WRONG_TYPE',
    'without quotes: 1000',
  ),
  wrong('no number', file({}, '      size: {max: .nan}'), '11:19', 'WRONG_TYPE', 'a number'),
  wrong('a number without end', file({}, '      size: {max: .inf}'), '11:19', 'WRONG_TYPE', 'a number'),
  wrong(
    'a number too large to count to',
    file({}, '      size: {max: 99999999999999999999}'),
    '11:19',
    'OUT_OF_RANGE',
    'at most',
  ),
  wrong('a number in quotes', file({}, '  criticality: "2"'), '11:16', 'NOT_ONE_OF', 'without quotes: 2'),
  wrong('yes for true', file({}, '  deletionProtection: yes'), '11:23', 'WRONG_TYPE', 'write true'),
  wrong('off for false', file({}, '  deletionProtection: Off'), '11:23', 'WRONG_TYPE', 'write false'),
  wrong('true in quotes', file({}, '  deletionProtection: "true"'), '11:23', 'WRONG_TYPE', 'without quotes: true'),
  wrong('true for a label', file({}, '      labels: {spot: true}'), '11:22', 'WRONG_TYPE', 'quote it: "true"'),
  wrong('a date for a name', file({ 3: 'metadata: {name: 2024-01-01}' }), '3:18', 'WRONG_NAME', 'a letter first'),
  wrong(
    'a name like the pool of another cluster',
    file({ 3: 'metadata: {name: shop-pool}' }),
    '3:18',
    'WRONG_NAME',
    'another word',
  ),
  wrong('a name in Cyrillic', file({ 3: 'metadata: {name: "sh\u043ep"}' }), '3:18', 'WRONG_NAME', 'lower-case'),
  wrong('a name that ends in a hyphen', file({ 3: 'metadata: {name: shop-}' }), '3:18', 'WRONG_NAME', 'lower-case'),
  wrong(
    'an owner of 300 letters',
    file({ 3: `metadata: {name: shop, owner: ${'o'.repeat(300)}}` }),
    '3:31',
    'WRONG_OWNER',
    '256',
  ),
  wrong(
    'an account with a leading zero',
    file({ 5: '  account: 012345678901' }),
    '5:12',
    'WRONG_ACCOUNT',
    'aws:012345678901',
  ),
  wrong(
    'an account as the console shows it',
    file({ 5: '  account: aws:1234-5678-9012' }),
    '5:12',
    'WRONG_ACCOUNT',
    'aws:123456789012',
  ),
  wrong(
    'an account in upper case',
    file({ 5: '  account: AWS:123456789012' }),
    '5:12',
    'WRONG_ACCOUNT',
    'account: aws:123456789012',
  ),
  wrong('an octal account', file({ 5: '  account: 0o17' }), '5:12', 'WRONG_ACCOUNT', 'aws:123456789012'),
  wrong('a version that loses its zero', file({}, '  kubernetes: 1.4'), '11:15', 'UNQUOTED_VERSION', '"1.36"'),
  wrong('an IPv6 network', file({}, '  network: {cidr: "fd00::/48"}'), '11:19', 'WRONG_CIDR', 'IPv6 is not supported'),
  wrong('a network without mask', file({}, '  network: {cidr: 10.20.0.0}'), '11:19', 'WRONG_CIDR', '10.20.0.0/16'),
  wrong(
    'a mask with a leading zero',
    file({}, '  network: {cidr: 10.20.0.0/016}'),
    '11:19',
    'WRONG_CIDR',
    '10.20.0.0/16',
  ),
  wrong(
    'an octet with a leading zero',
    file({}, '  network: {cidr: 010.20.0.0/16}'),
    '11:19',
    'WRONG_CIDR',
    '10.20.0.0/16',
  ),
  wrong(
    'a network of loopback',
    file({}, '  network: {cidr: 127.0.0.0/16}'),
    '11:19',
    'CIDR_OVERLAP',
    'another network',
  ),
  wrong(
    'a network of multicast',
    file({}, '  network: {cidr: 224.0.0.0/16}'),
    '11:19',
    'CIDR_OVERLAP',
    'another network',
  ),
  wrong(
    'a part of the services',
    file({}, '  network: {cidr: 172.20.128.0/20}'),
    '11:19',
    'CIDR_OVERLAP',
    'another network',
  ),
  wrong(
    'seven zones',
    file({}, `  network: {zones: [${[...'abcdefg'].map((one) => `eu-central-1${one}`).join()}]}`),
    '11:20',
    'OUT_OF_RANGE',
    'at most 6',
  ),
  wrong('numbers for zones', file({}, '  network: {zones: [1, 2]}'), '11:21', 'WRONG_TYPE', 'quote it'),
  wrong(
    'a Local Zone',
    file({}, '  network: {zones: [eu-central-1a, eu-central-1-ham-1a]}'),
    '11:36',
    'WRONG_ZONE',
    'eu-central-1a',
  ),
  wrong(
    'a network twice in allow',
    file({ 7: '  endpoint: {allow: [203.0.113.0/24, 203.0.113.0/24]}' }),
    '7:38',
    'DUPLICATE_NETWORK',
    'once',
  ),
  wrong(
    'loopback in allow',
    file({ 7: '  endpoint: {allow: [127.0.0.1/32]}' }),
    '7:22',
    'PRIVATE_ALLOW',
    'public addresses',
  ),
  wrong('a log twice', file({}, '  logs: [api, api]'), '11:15', 'DUPLICATE_LOG', 'once'),
  wrong(
    'a type of a database',
    file({ 10: '      instanceTypes: [db.m7g.large]' }),
    '10:23',
    'WRONG_INSTANCE_TYPE',
    'as m7g.large',
  ),
  wrong(
    'a type in upper case',
    file({ 10: '      instanceTypes: [R8G.LARGE]' }),
    '10:23',
    'WRONG_INSTANCE_TYPE',
    'as r8g.large',
  ),
  wrong('nothing for a type', file({ 10: '      instanceTypes: [~]' }), '10:23', 'WRONG_TYPE', 'leave it out'),
  wrong(
    'a label under node.kubernetes.io',
    file({}, '      labels: {node.kubernetes.io/team: a}'),
    '11:16',
    'RESERVED_LABEL',
    'your own',
  ),
  wrong(
    "the pool's own label",
    file({}, '      labels: {roadstead.dev/pool: b}'),
    '11:16',
    'RESERVED_LABEL',
    'your own',
  ),
  wrong('a label without value', file({}, '      labels: {team: ""}'), '11:22', 'WRONG_LABEL', '1 to 63'),
  wrong(
    'a label key of 64 characters',
    file({}, `      labels: {example.org/${'a'.repeat(52)}: b}`),
    '11:16',
    'WRONG_LABEL',
    '63',
  ),
  wrong(
    'a taint of the node controller',
    file({}, '      taints: ["node.kubernetes.io/not-ready:NoExecute"]'),
    '11:16',
    'RESERVED_TAINT',
    'your own',
  ),
  wrong('a taint as a map', file({}, '      taints: [{key: a, effect: NoSchedule}]'), '11:16', 'WRONG_TYPE', 'text'),
  wrong('bytes for CPUs', file({}, '      reserve: {kube: {cpu: 1Gi}}'), '11:29', 'WRONG_QUANTITY', '250m of cpu'),
  wrong(
    'thousandths of a byte',
    file({}, '      reserve: {kube: {memory: 100m}}'),
    '11:32',
    'WRONG_QUANTITY',
    '1Gi of memory',
  ),
  wrong(
    'more memory than there is',
    file({}, '      reserve: {kube: {memory: "1e99"}}'),
    '11:32',
    'WRONG_QUANTITY',
    '1Gi of memory',
  ),
  wrong(
    'a reserve of the whole disk',
    file({}, '      diskGiB: 20', '      reserve: {kube: {disk: 10Gi}, system: {disk: 9Gi}, evict: {disk: 5%}}'),
    '12:16',
    'RESERVE_OVER_NODE',
    'diskGiB',
  ),
  wrong('a mount with an empty step', file({}, '      localStorage: /a//b'), '11:21', 'WRONG_MOUNT', '/ephemeral'),
  wrong('a shell in a mount', file({}, `      localStorage: "/a'; reboot #"`), '11:21', 'WRONG_MOUNT', '/ephemeral'),
  wrong('a mount outside', file({}, '      localStorage: /../etc'), '11:21', 'WRONG_MOUNT', '/ephemeral'),
  wrong(
    'an address for a DNS zone',
    file({}, '  dns: {zone: 10.0.0.1}'),
    '11:15',
    'WRONG_DNS_ZONE',
    'shop.example.org',
  ),
  wrong(
    'a URL for a DNS zone',
    file({}, '  dns: {zone: "https://Shop.Example.net/"}'),
    '11:15',
    'WRONG_DNS_ZONE',
    'as shop.example.net',
  ),
  wrong(
    'a principal of another partition',
    file({}, '  access: [{role: admin, principal: "arn:aws-cn:iam::123456789012:role/a"}]'),
    '11:37',
    'WRONG_PRINCIPAL',
    'arn:aws:iam',
  ),
  wrong(
    'every role of an account',
    file({}, '  access: [{role: admin, principal: "arn:aws:iam::123456789012:role/*"}]'),
    '11:37',
    'WRONG_PRINCIPAL',
    'role/developer',
  ),
  wrong('nothing for config', file({}, '  config:'), '11:10', 'WRONG_TYPE', 'leave it out'),
];

describe('a wrong cluster file', () => {
  it.each(wrongFiles)('with $title is refused at $at as $code', ({ text, at, code, hint }) => {
    const { cluster, problems } = parseClusterFile(text, 'cluster.yaml');
    const found = problems.find((problem) => problem.code === code);
    expect(problems.map(formatProblem).join('\n')).toContain(`cluster.yaml:${at}`);
    const [line = '', column = ''] = at.split(':');
    expect(found && `${found.line}:${column === '' ? '' : found.column}`).toBe(`${line}:${column}`);
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
  [
    'more groups than the quota',
    file({}, ...Array.from({ length: 10 }, (_, at) => `    - {name: p${at}, instanceTypes: [m7g.large]}`)),
    '9:5',
    'OVER_QUOTA',
  ],
  ['half of the world in allow', file({ 7: '  endpoint: {allow: [0.0.0.0/1]}' }), '7:22', 'WORLD_OPEN_ENDPOINT'],
  [
    'an allow list that nobody uses',
    file({ 7: '  endpoint: {public: false, allow: [203.0.113.0/24]}' }),
    '7:36',
    'UNUSED_ALLOW',
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

  it.each<[string, string]>([
    ['with a byte order mark', `\ufeff${file({})}`],
    ['with Windows line ends', file({}).replaceAll('\n', '\r\n')],
    ['with the line ends of old Macs', file({}).replaceAll('\n', '\r')],
    ['between document marks', `---\n---\n${file({})}...\n---\n# nothing more\n`],
    [
      'as JSON',
      JSON.stringify({
        apiVersion: 'roadstead.dev/v1',
        kind: 'Cluster',
        metadata: { name: 'shop' },
        spec: {
          account: 'aws:123456789012',
          region: 'eu-central-1',
          endpoint: { allow: ['203.0.113.0/24'] },
          nodePools: [{ name: 'app', instanceTypes: ['m7g.large'] }],
        },
      }),
    ],
    ['with explicit tags', file({ 3: 'metadata: !!map {name: !!str shop}' })],
    ['named by a word of YAML 1.1', file({ 3: 'metadata: {name: no}' })],
  ])('may be written %s', (_, text) => {
    const { cluster, problems } = parseClusterFile(text, 'cluster.yaml');
    expect(problems.map(formatProblem)).toEqual([]);
    expect(cluster?.nodePools).toHaveLength(1);
  });

  it('may say once what its pools have in common', () => {
    const { cluster, problems } = parseClusterFile(
      file({ 9: '    - &common\n      name: app' }, '    - {<<: *common, name: batch, diskGiB: 100}'),
      'cluster.yaml',
    );
    expect(problems).toEqual([]);
    expect(cluster?.nodePools.map(({ name, instanceTypes, diskGiB }) => [name, ...instanceTypes, diskGiB])).toEqual([
      ['app', 'm7g.large', 80],
      ['batch', 'm7g.large', 100],
    ]);
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
