import { describe, expect, it } from 'vitest';
import { parseKubectlYaml } from './kubectl-yaml.ts';
import { parseManifests, withoutDuplicates } from './parse-manifests.ts';

const head = (kind: string, name: string) => `apiVersion: v1\nkind: ${kind}\nmetadata: {name: ${name}, namespace: a}\n`;
const problemsOf = (text: string) =>
  parseManifests(text, 'x.yaml').problems.map(({ line, column, message }) => `${line}:${column} ${message}`);

describe('YAML as kubectl reads it', () => {
  // Compared with kubectl's own output: see npm.md, trap 9.
  it.each([
    ['no', false],
    ['on', true],
    ['Yes', true],
    ['y', true],
    ['012', 10],
    ['0o14', 12],
    ['1_000', 1000],
    ['1:30', '1:30'],
    ['2001-01-01', '2001-01-01'],
    ['0x10', 16],
    ['0b11', 3],
    ['1e3', 1000],
    ['1.5', 1.5],
    ['~', null],
    ['"012"', '012'],
    ['!!binary aGVsbG8=', 'hello'],
    ['1.2.3', '1.2.3'],
    ['09', 9],
  ])('%s', (text, expected) => {
    expect(parseKubectlYaml(`v: ${text}`)[0]?.value).toEqual({ v: expected });
  });

  it('follows anchors and merge keys, and does not explode on them', () => {
    expect(parseKubectlYaml('a: &x {p: 1}\nb: {<<: *x, q: 2}')[0]?.value).toEqual({ a: { p: 1 }, b: { p: 1, q: 2 } });
    const bomb = Array.from(
      { length: 12 },
      (_, at) => `l${at + 1}: &l${at + 1} [${Array(10).fill(`*l${at}`).join(', ')}]`,
    );
    expect(problemsOf(['l0: &l0 [x]', ...bomb].join('\n'))).toEqual([expect.stringMatching(/^1:1 not YAML: .*alias/i)]);
  });
});

describe('parseManifests', () => {
  it('reads many documents, empty ones and comments, with positions', () => {
    const { objects, problems } = parseManifests(
      `# a note\n---\n${head('ConfigMap', 'one')}---\n---\n# nothing\n---\n${head('ConfigMap', 'two')}`,
      'x.yaml',
    );
    expect(problems).toEqual([]);
    expect(objects.map(({ object, line }) => [object.metadata.name, line])).toEqual([
      ['one', 3],
      ['two', 10],
    ]);
  });

  it('opens lists of either kind, also in each other', () => {
    const text = JSON.stringify({
      apiVersion: 'v1',
      kind: 'List',
      items: [
        { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one' } },
        { apiVersion: 'v1', kind: 'ConfigMapList', items: [{ metadata: { name: 'two' } }] },
      ],
    });
    expect(
      parseManifests(text, 'x.json').objects.map(({ object }) => [
        object.kind,
        object.apiVersion,
        object.metadata.name,
      ]),
    ).toEqual([
      ['ConfigMap', 'v1', 'one'],
      ['ConfigMap', 'v1', 'two'],
    ]);
  });

  it('leaves out what generators leave behind', () => {
    const { objects } = parseManifests(
      'apiVersion: v1\nkind: Service\nmetadata: {name: x, creationTimestamp: null, labels: null}\nspec: {}\nstatus: {loadBalancer: {}}\n',
      'x.yaml',
    );
    expect(objects[0]?.object).toEqual({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'x' }, spec: {} });
  });

  it('carries a ConfigMap of 1 MiB and names that need escaping', () => {
    const { objects, problems } = parseManifests(
      `${head('ConfigMap', 'big')}data:\n  text: |\n${'    some line of text\n'.repeat(50_000)}---\n${head('ClusterRole', '"system:a+b@c"')}`,
      'x.yaml',
    );
    expect(problems).toEqual([]);
    expect(objects.map(({ object }) => object.metadata.name)).toEqual(['big', 'system:a+b@c']);
  });

  it.each([
    [
      'generateName',
      'apiVersion: batch/v1\nkind: Job\nmetadata:\n  generateName: once-\n',
      '4:17 Job of batch/v1 has generateName, so every apply would make another object',
    ],
    ['no name', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n', '3:11 ConfigMap of v1 has no metadata.name'],
    ['no kind', 'apiVersion: v1\nmetadata: {name: x}\n', '1:1 kind is missing'],
    ['a number for a version', 'apiVersion: 1\nkind: X\n', '1:13 apiVersion is not text'],
    ['not a map', '- a\n- b\n', '1:1 a manifest is a map with apiVersion, kind and metadata'],
    [
      'a name that YAML reads as a number',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: 012}\n',
      '3:18 metadata.name is 10, not text',
    ],
    [
      'a label that YAML reads as a boolean',
      'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n  labels: {on-call: yes}\n',
      '5:21 metadata.labels.on-call is true, not text',
    ],
    ['a name with a slash', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a/b}\n', '3:18 "a/b" cannot be a name'],
    [
      'a name with a percent sign',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "a%b"}\n',
      '3:18 "a%b" cannot be a name',
    ],
    [
      'a key twice',
      'apiVersion: v1\nkind: ConfigMap\nkind: Secret\nmetadata: {name: x}\n',
      '3:1 not YAML: Map keys must be unique',
    ],
    ['an open bracket', 'apiVersion: v1\nkind: [ConfigMap\n', expect.stringMatching(/^\d+:\d+ not YAML: /)],
    [
      'in a list',
      'apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: {generateName: x}\n',
      expect.stringMatching(/^6:28 Pod of v1 has generateName/),
    ],
  ])('refuses %s', (_name, text, expected) => {
    expect(problemsOf(text)).toContainEqual(expected);
  });

  it('reads on after a problem', () => {
    const { objects, problems } = parseManifests(`kind: X\n---\n${head('ConfigMap', 'fine')}`, 'x.yaml');
    expect(problems).toHaveLength(1);
    expect(objects).toHaveLength(1);
  });

  it('refuses the second of two, in one file or in two, and says where the first is', () => {
    expect(problemsOf(`${head('ConfigMap', 'x')}---\n${head('ConfigMap', 'x')}`)).toEqual([
      '5:1 ConfigMap a/x is declared twice',
    ]);
    const parts = ['one.yaml', 'two.yaml'].map((file) => parseManifests(head('Secret', 's'), file));
    const all = withoutDuplicates({ objects: parts.flatMap((part) => part.objects), problems: [] });
    expect(all.objects).toHaveLength(1);
    expect(all.problems).toMatchObject([
      { file: 'two.yaml', line: 1, hint: 'The first is at one.yaml:1:1; keep one of them.' },
    ]);
  });

  it('knows an object by group, not by version, and takes no namespace for default', () => {
    const role = (version: string, namespace: string) =>
      `apiVersion: apps/${version}\nkind: Deployment\nmetadata: {name: x${namespace}}\n`;
    expect(problemsOf(`${role('v1', '')}---\n${role('v1beta1', ', namespace: default')}`)).toHaveLength(1);
    expect(problemsOf(`${role('v1', '')}---\n${role('v1', ', namespace: other')}`)).toEqual([]);
  });
});
