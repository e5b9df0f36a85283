import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
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
import { type Finished, finish, root, type Sandbox, startSandbox } from './sandbox.ts';
import { temporaryFolder } from './temporary.ts';
import { setTrap, type Trap } from './trap.ts';

/** What is said to wrong input, and that nothing comes of it. */
const file = smallCluster('refused');

/** The file with one text replaced; a text that is not there is a mistake of the story. */
function withChange(from: string | RegExp, to: string, text: string = file): string {
  const changed = text.replace(from, to);
  if (changed === text) throw new Error(`nothing to replace: ${String(from)}`);
  return changed;
}

describe('with AWS out of reach', () => {
  let trap: Trap;
  let environment: NodeJS.ProcessEnv;

  beforeAll(async () => {
    trap = await setTrap();
    environment = {
      PATH: process.env['PATH'],
      HOME: await temporaryFolder('home'),
      AWS_ENDPOINT_URL: trap.url,
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'example',
      AWS_EC2_METADATA_DISABLED: 'true',
    };
  });
  afterAll(() => trap.close());

  const run = (...args: readonly string[]): Promise<Finished> => finish(program, args, environment);

  const wrong: readonly (readonly [title: string, text: string, place: string, says: RegExp, hint: RegExp])[] = [
    ['broken YAML', withChange('environment: test', 'environment: [test'), '8:3', /YAML_SYNTAX/, /hint: /],
    [
      'a key that is nearly right',
      withChange('nodePools:', 'nodePool:'),
      '11:3',
      /unknown key "nodePool"/,
      /did you mean "nodePools"/,
    ],
    [
      'a name that AWS does not take',
      withChange('name: refused', 'name: Shop_1'),
      '3:18',
      /"Shop_1" cannot be used/,
      /lower-case/,
    ],
    [
      'a zone for a region',
      withChange('eu-central-1', 'eu-central-1a'),
      '6:11',
      /is not a region/,
      /region: eu-central-1;/,
    ],
    [
      'an account without its kind',
      withChange('aws:123456789012', '123456789012'),
      '5:12',
      /not an account/,
      /aws:123456789012/,
    ],
    ['a text for a number', withChange('max: 4', 'max: "4"'), '15:27', /not a number/, /without quotes: 4/],
    [
      'more nodes at least than at most',
      withChange('min: 2', 'min: 9'),
      '15:19',
      /min 9 is more than max 4/,
      /at most 4/,
    ],
    ['a version that is not offered', withChange('"1.36"', '"1.19"'), '8:15', /1\.19 is not offered/, /one of 1\.36/],
    ['a network too small', withChange('/16', '/26'), '9:19', /too small/, /\/16 to \/22/],
    ['more zones than there are', withChange('zones: 2', 'zones: 9'), '9:40', /zones is 9/, /at most 6/],
    [
      "a label of Kubernetes' own",
      withChange('zones: spread', 'labels: {kubernetes.io/team: x}'),
      '14:16',
      /belongs to Kubernetes/,
      /a domain of your own/,
    ],
    ['a taint without effect', withChange('zones: spread', 'taints: [batch]'), '14:16', /is not a taint/, /Effect/],
  ];

  it.each(wrong)(
    '%s: place, cause and hint, exit 2, and nothing was written or asked',
    async (_title, text, place, says, hint) => {
      const named = await clusterFile(text);
      const before = trap.caught();
      const { code, stdout, stderr } = await run('up', '-f', named, '--yes');
      expect(stderr).toContain(`${named}:${place}: `);
      expect(stderr).toMatch(says);
      expect(stderr).toMatch(hint);
      expect(stderr).toContain('nothing was changed');
      expect(stdout).toBe('');
      expect(code).toBe(2);
      expect(trap.caught()).toBe(before);
      expect(await readdir(environment['HOME'] ?? '')).toEqual([]);
    },
  );

  it('a channel that is not there is wrong input', async () => {
    const { code, stderr } = await run('plan', '-f', await clusterFile(file), '--channel', '/nowhere/at/all');
    expect(code).toBe(2);
    expect(stderr).toContain('/nowhere/at/all cannot be read');
    expect(await readdir(environment['HOME'] ?? '')).toEqual([]);
  });

  it('a manifest with generateName is refused at its place', async () => {
    const channel = await channelWith({
      'jobs/job.yaml':
        'apiVersion: batch/v1\nkind: Job\nmetadata:\n  generateName: load-\n  namespace: default\nspec: {}\n',
    });
    const before = trap.caught();
    const { code, stderr } = await run('plan', '-f', await clusterFile(file), '--channel', channel);
    expect(stderr).toMatch(/jobs\/job\.yaml:4:3: .*generateName: each apply would make another one/);
    expect(stderr).toContain('hint: metadata.name');
    expect(code).toBe(2);
    expect(trap.caught()).toBe(before);
  });

  it('a channel for a later Roadstead is refused at its place', async () => {
    const channel = await channelWith({});
    const about = await readFile(join(channel, 'channel.yaml'), 'utf8');
    await writeFile(join(channel, 'channel.yaml'), withChange('">=0.0.0"', '">=999"', about));
    const before = trap.caught();
    const { code, stderr } = await run('plan', '-f', await clusterFile(file), '--channel', channel);
    expect(stderr).toMatch(/channel\.yaml:5:25: the channel requires Roadstead >=999, this is /);
    expect(code).toBe(2);
    expect(trap.caught()).toBe(before);
  });

  it('an AWS that does not answer is one message and no stack trace', async () => {
    const { code, stderr } = await run('plan', '-f', await clusterFile(file));
    expect(code).toBe(1);
    expect(trap.caught()).toBeGreaterThan(0);
    expect(stderr).toContain('AWS_UNREACHABLE');
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});

describe('on a cluster', () => {
  let sandbox: Sandbox;
  let roadstead: Roadstead;
  let named = '';
  let channel = '';

  beforeAll(async () => {
    sandbox = await startSandbox({ factor: 200 });
    roadstead = await roadsteadIn(sandbox);
    named = await clusterFile(file);
    channel = await channelWith(foreign());
  });
  afterAll(() => sandbox?.stop());

  /** Runs what must be refused as wrong input, and sees that AWS was not written to. */
  async function refused(...args: readonly string[]): Promise<string> {
    const seq = await lastSeq(sandbox);
    const { code, stderr } = await roadstead.run(...args);
    expect(code, stderr).toBe(2);
    expect(await mutations(sandbox, seq)).toEqual([]);
    return stderr;
  }

  it('is not brought up where nobody can be asked and --yes was not said', async () => {
    const said = await refused('up', '-f', named);
    expect(said).toContain('Nobody can be asked here');
    expect(said).toContain('--yes');
  });

  it("is not looked for in another account than the file's: both are named", async () => {
    const other = await clusterFile(withChange('aws:123456789012', 'aws:999999999999'));
    const state = join(roadstead.state, 'not-made');
    const elsewhere = await roadsteadIn(sandbox, state);
    const seq = await lastSeq(sandbox);
    const { code, stderr } = await elsewhere.run('up', '-f', other, '--yes');
    expect(code).toBe(2);
    expect((await sandbox.journal(seq)).map(({ operation }) => operation)).toEqual(['GetCallerIdentity']);
    await expect(readdir(state)).rejects.toThrow('ENOENT');
    expect(stderr).toContain("the caller's account is 123456789012, the cluster's is 999999999999");
  });

  it('takes a folder of manifests that was written for some other system as it is', async () => {
    await roadstead.ok('up', '-f', named, '--channel', channel, '--yes');
    await roadstead.ok('kubeconfig', '-f', named, '--use');
    const text = await kubectl(sandbox, 'get', 'configmap', 'big', '-n', 'legacy', '-o', 'json');
    const big = JSON.parse(text) as { data: Record<string, string> };
    expect(big.data['blob']).toHaveLength(1_048_000);
    expect(big.data['script']).toContain('${HOME} ${{ not.an.expression }}');
    expect(await kubectl(sandbox, 'get', 'widgets.example.org', 'first', '-n', 'legacy', '-o', 'name')).toContain(
      'first',
    );
    expect(await kubectl(sandbox, 'get', 'clusterrole', 'legacy:reader:all', '-o', 'name')).toContain(
      'legacy:reader:all',
    );
    for (const name of ['listed-one', 'listed-two', 'second.document'])
      expect(await kubectl(sandbox, 'get', 'configmap', name, '-n', 'legacy', '-o', 'name')).toContain(name);
    expect(await planLines(roadstead, '-f', named, '--channel', channel)).toEqual([]);
  });

  it('keeps its network: another CIDR is refused where it stands in the file', async () => {
    const moved = await clusterFile(withChange('10.40.0.0/16', '10.41.0.0/16'));
    const said = await refused('up', '-f', moved, '--channel', channel, '--yes');
    expect(said).toContain(
      `${moved}:9:19: the network of a cluster cannot change, here from 10.40.0.0/16 to 10.41.0.0/16`,
    );
    expect(said).toContain('ONE_WAY_CHANGE');
  });

  it('keeps its version: going back is refused where it stands in the file', async () => {
    const back = await clusterFile(withChange('"1.36"', '"1.35"'));
    expect(await refused('up', '-f', back, '--channel', channel, '--yes')).toContain(`${back}:8:15: `);
  });

  it('is not replaced, whatever a channel asks for', async () => {
    const other = await channelWith(foreign());
    const request = join(other, 'eks/cluster.yaml');
    await writeFile(request, withChange('172.20.0.0/16', '172.30.0.0/16', await readFile(request, 'utf8')));
    const said = await refused('up', '-f', named, '--channel', other, '--yes');
    expect(said).toContain('WOULD_REPLACE_CLUSTER');
    expect(said).toContain('172.20.0.0/16');
  });

  it('leaves fields of others alone: a conflict names object, field and manager, and nothing of the plan is done', async () => {
    const theirs = await clusterFile(
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shared, namespace: default}\ndata: {level: theirs}\n',
    );
    await kubectl(sandbox, 'apply', '--server-side', '--field-manager', 'other-team', '-f', theirs);
    const contested = await channelWith({
      ...foreign(),
      'shared/config.yaml':
        'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shared, namespace: default}\ndata: {level: ours}\n',
    });
    const seq = await lastSeq(sandbox);
    const { code, stderr } = await roadstead.run('up', '-f', named, '--channel', contested, '--yes');
    expect(code).toBe(1);
    expect(stderr).toContain('shared');
    expect(stderr).toContain('.data.level');
    expect(stderr).toContain('other-team');
    expect(await mutations(sandbox, seq)).toEqual([]);
    const data = await kubectl(sandbox, 'get', 'configmap', 'shared', '-o', 'jsonpath={.data.level}');
    expect(data).toBe('theirs');
  });
});

/** The reference channel with more components. */
async function channelWith(manifests: Readonly<Record<string, string>>): Promise<string> {
  const channel = await temporaryFolder('channel');
  await cp(join(root, 'channel'), channel, { recursive: true });
  for (const [path, text] of Object.entries(manifests)) {
    const target = join(channel, 'manifests', path);
    await mkdir(join(target, '..'), { recursive: true });
    await writeFile(target, text);
  }
  return channel;
}

/** What a folder of some other system holds: objects before their kinds and namespaces, lists, several documents, odd names. */
function foreign(): Readonly<Record<string, string>> {
  const configMap = (name: string) =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, namespace: legacy}\ndata: {a: b}\n`;
  const listed = (name: string) =>
    `  - apiVersion: v1\n    kind: ConfigMap\n    metadata: {name: ${name}, namespace: legacy}\n    data: {n: "1"}\n`;
  return {
    'legacy/component.yaml': 'expressions: false\n',
    'legacy/10-widgets.yaml': `apiVersion: example.org/v1
kind: Widget
metadata: {name: first, namespace: legacy}
spec: {size: 3}
---
# nothing here
---
${configMap('second.document')}`,
    'legacy/20-list.yaml': `apiVersion: v1\nkind: List\nitems:\n${listed('listed-one')}${listed('listed-two')}`,
    'legacy/30-big.yaml': `apiVersion: v1
kind: ConfigMap
metadata: {name: big, namespace: legacy}
data:
  script: |
    echo \${HOME} \${{ not.an.expression }}
  blob: ${'x'.repeat(1_048_000)}
`,
    'legacy/40-role.yaml': `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: "legacy:reader:all"}
rules: [{apiGroups: [""], resources: [configmaps], verbs: [get]}]
`,
    'legacy/90-crd.yaml': `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.org}
spec:
  group: example.org
  scope: Namespaced
  names: {kind: Widget, plural: widgets, singular: widget}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties: {spec: {type: object, properties: {size: {type: integer}}}}
`,
    'legacy/99-namespace.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata: {name: legacy}\n',
  };
}
