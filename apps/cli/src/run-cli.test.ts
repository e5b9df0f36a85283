import { EventEmitter } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from './config.ts';
import { runCli } from './run-cli.ts';
import { RecordedStream } from './testing/recorded-console.ts';

/** Every command with what it refuses, in one process: AWS is a port that counts who knocks and hangs up. */
let aws: Server;
let knocks = 0;
let endpoint = '';
let directory = '';
let state = '';

beforeAll(async () => {
  aws = createServer((socket) => {
    knocks += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => aws.listen(0, '127.0.0.1', resolve));
  const address = aws.address();
  endpoint = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  directory = await mkdtemp(join(tmpdir(), 'roadstead-cli-'));
  state = join(directory, 'state');
  const files = {
    'shop.yaml': cluster,
    'typo.yaml': cluster.replace('nodePools', 'nodePool'),
    'latin.yaml': Buffer.from(`# Größe\n${cluster}`, 'latin1'),
    'plan.json': JSON.stringify({ kind: 'up', header: {}, changes: [] }),
    'kept.json': JSON.stringify(kept),
    'inputs.json': '{"zones": 7}',
    'two.yaml': 'a: b',
  };
  for (const [name, content] of Object.entries(files)) await writeFile(join(directory, name), content);
  await mkdir(join(directory, 'empty'));
});
afterAll(async () => {
  await new Promise((resolve) => aws.close(resolve));
  await rm(directory, { recursive: true });
});
beforeEach(async () => {
  knocks = 0;
  await rm(state, { recursive: true, force: true });
});

const cluster = `apiVersion: roadstead.dev/v1
kind: Cluster
metadata: {name: shop}
spec:
  account: aws:123456789012
  region: eu-central-1
  kubernetes: "1.36"
  nodePools: [{name: app, instanceTypes: [m6i.large]}]
`;

const kept = { kind: 'up', header: { account: 'a', region: 'r', cluster: 'shop' }, changes: [] };

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

interface Given {
  readonly env?: NodeJS.ProcessEnv;
  readonly interactive?: boolean;
  /** Standard input, piece by piece. */
  readonly input?: readonly (string | Uint8Array)[];
}

/** Nobody is there to ask, unless `interactive`. `@` in an argument is the directory with the files. */
async function cli(line: string, { env = {}, interactive = false, input = [] }: Given = {}): Promise<Ended> {
  const out = new RecordedStream();
  const err = new RecordedStream();
  const surroundings = {
    ROADSTEAD_STATE: state,
    ROADSTEAD_PROGRAM: 'bin/roadstead',
    AWS_ENDPOINT_URL: endpoint,
    ...env,
  };
  const argv = line
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => word.replace('@', directory));
  const code = await runCli(argv, {
    input: Readable.from(
      input.map((piece) => Buffer.from(piece)),
      { objectMode: false },
    ),
    out,
    err,
    signals: new EventEmitter(),
    readConfig: () => readConfig(surroundings, { in: interactive, out: false, err: interactive }),
  });
  return { code, out: out.text, err: err.text };
}

const place = (file: string) => join(directory, file);

describe('a command line that cannot be meant', () => {
  const wrong: readonly (readonly [line: string, code: string, says: string | RegExp, hint: string | RegExp])[] = [
    ['upp', 'WRONG_USAGE', "unknown command 'upp'", /^Did you mean up\?\nbin\/roadstead --help/],
    [
      'sandbox statsu',
      'WRONG_USAGE',
      "unknown command 'statsu'",
      /^Did you mean status\?\nbin\/roadstead sandbox --help/,
    ],
    ['channel chekc', 'WRONG_USAGE', "unknown command 'chekc'", /check\?\nbin\/roadstead channel --help/],
    ['plan', 'WRONG_USAGE', /required option '-f, --file <file>'/, 'bin/roadstead plan --help says what it takes'],
    ['plan -f @/shop.yaml --exitcode', 'WRONG_USAGE', "unknown option '--exitcode'", /^Did you mean --exit-code\?/],
    ['plan -f @/shop.yaml more', 'WRONG_USAGE', /too many arguments/, /plan --help/],
    ['plan -f @/shop.yaml --output yaml', 'WRONG_USAGE', /Allowed choices are text, json/, /plan --help/],
    ['schema --output yaml', 'WRONG_USAGE', /Allowed choices are json/, /schema --help/],
    ['apply -f @/shop.yaml', 'WRONG_USAGE', "missing required argument 'plan'", /apply --help/],
    ['token --cluster shop', 'WRONG_USAGE', /required option '--region <region>'/, /token --help/],
    ['history -f @/shop.yaml --limit 0', 'WRONG_USAGE', /It is a whole number from 1/, /history --help/],
    ['kubeconfig -f @/shop.yaml --context=', 'WRONG_USAGE', /It is empty/, /kubeconfig --help/],
    ['sandbox up --factor fast', 'WRONG_USAGE', /'fast' is invalid. It is a number above 0/, /sandbox up --help/],
    ['sandbox up --factor Infinity', 'WRONG_USAGE', /It is a number above 0/, /sandbox up --help/],
    ['sandbox up --port 70000', 'WRONG_USAGE', /from 1 to 65535/, /sandbox up --help/],
    [
      'up -f @/missing.yaml',
      'FILE_UNREADABLE',
      /missing\.yaml cannot be read: there is no such file/,
      /Name a cluster file/,
    ],
    ['status -f @/empty', 'FILE_UNREADABLE', /empty cannot be read: it is a folder/, /Name a cluster file/],
    [
      'apply @/none.json -f @/shop.yaml',
      'FILE_UNREADABLE',
      /The plan .*none\.json cannot be read/,
      /bin\/roadstead plan --out FILE/,
    ],
    ['render -f @/shop.yaml --inputs @/none.json', 'FILE_UNREADABLE', /The file of inputs/, /examples\/inputs\.json/],
    [
      'up -f @/shop.yaml',
      'NOT_CONFIRMED',
      /Nobody can be asked here/,
      /`bin\/roadstead plan`, then run this again with --yes\.$/,
    ],
    ['down -f @/shop.yaml', 'NOT_CONFIRMED', /Nobody can be asked here/, /again with --yes\.$/],
    ['up -f @/shop.yaml --one-way shop', 'NOT_CONFIRMED', /Nobody can be asked here/, /again with --yes\.$/],
    [
      'up -f @/shop.yaml --yes --one-way shoe',
      'NOT_CONFIRMED',
      '--one-way names shoe, and this is the cluster shop',
      /--one-way shop\.$/,
    ],
    [
      'kubeconfig -f @/shop.yaml',
      'WRONG_INPUT',
      /--kubeconfig is not given, and KUBECONFIG is not set/,
      /--kubeconfig FILE/,
    ],
    [
      'render -f @/shop.yaml',
      'WRONG_INPUT',
      /Nothing is recorded of this cluster yet/,
      /or run `bin\/roadstead up` first/,
    ],
    ['channel check --channel @/none', 'CHANNEL_UNREADABLE', /none cannot be read/, /--channel names a folder/],
    ['plan -f @/shop.yaml --channel @/none', 'CHANNEL_UNREADABLE', /none cannot be read/, /--channel names a folder/],
    ['sandbox fault {', 'WRONG_INPUT', 'The fault is not JSON', /For example: '\{"service":"eks"/],
  ];

  it.each(wrong)('%s: exit 2, cause and next step; nothing is asked or made', async (line, code, says, hint) => {
    const words = await cli(line);
    expect(words.err).toContain(`[${code}]`);
    const json = await cli(`${line} -o json`);
    expect([words.code, json.code, words.out, json.out]).toEqual([2, 2, '', '']);
    const error = JSON.parse(json.err) as Record<string, unknown>;
    expect(error).toMatchObject({ type: 'error', code, exitCode: 2 });
    expect(error['message']).toEqual(typeof says === 'string' ? says : (expect.stringMatching(says) as unknown));
    expect(error['hint']).toEqual(typeof hint === 'string' ? hint : (expect.stringMatching(hint) as unknown));
    expect(knocks).toBe(0);
    expect(await readdir(directory)).not.toContain('state');
  });
});

describe('a file that is wrong', () => {
  it.each([
    ['up -f @/typo.yaml --yes', 'typo.yaml', { line: 8, column: 3, code: 'UNKNOWN_KEY' }],
    ['down -f @/typo.yaml --yes', 'typo.yaml', { line: 8, column: 3, code: 'UNKNOWN_KEY' }],
    ['up -f @/typo.yaml', 'typo.yaml', { line: 8, column: 3, code: 'UNKNOWN_KEY' }],
    ['plan -f @/latin.yaml', 'latin.yaml', { line: 1, column: 5, code: 'NOT_UTF8' }],
    ['apply @/shop.yaml -f @/shop.yaml --yes', 'shop.yaml', { line: 1, column: 1, code: 'NOT_A_PLAN' }],
    ['apply @/plan.json -f @/shop.yaml --yes', 'plan.json', { line: 1, column: 1, code: 'NOT_A_PLAN' }],
    ['render -f @/shop.yaml --inputs @/inputs.json', 'inputs.json', { line: 1, column: 1, code: 'WRONG_INPUTS' }],
  ])('%s: exit 2 and every place, in words and as data', async (line, file, problem) => {
    const words = await cli(line);
    expect(words.err).toContain(`${place(file)}:${problem.line}:${problem.column}: `);
    expect(words.err).toMatch(/\d mistakes?; nothing was changed\n$/);
    const json = await cli(`${line} --output=json`);
    const error = JSON.parse(json.err) as { problems: unknown[] };
    expect(error).toMatchObject({ type: 'error', code: 'WRONG_INPUT', exitCode: 2 });
    expect(error.problems).toContainEqual(
      expect.objectContaining({ file: place(file), severity: 'error', ...problem }),
    );
    expect([words.code, json.code, words.out, json.out, knocks]).toEqual([2, 2, '', '', 0]);
    expect(await readdir(directory)).not.toContain('state');
  });

  it('a variable that cannot be meant is wrong input too', async () => {
    const { code, err } = await cli('schema', { env: { ROADSTEAD_POLL_FACTOR: 'fast' } });
    expect(err).toContain('ROADSTEAD_POLL_FACTOR is fast, not a number above 0 [WRONG_INPUT]');
    expect(code).toBe(2);
  });
});

describe('a cluster file on standard input', () => {
  const inputs = join(import.meta.dirname, '../../../examples/inputs.json');

  it('is the same as in a file, however it comes in pieces', async () => {
    const named = await cli(`render -f @/shop.yaml --inputs ${inputs}`);
    expect(named.code, named.err).toBe(0);
    const half = Math.floor(cluster.length / 2);
    const piped = await cli(`render -f - --inputs ${inputs}`, { input: [cluster.slice(0, half), cluster.slice(half)] });
    expect(piped).toEqual(named);
  });

  it.each(['up -f - --yes', 'plan --file -', 'apply @/kept.json -f - --yes', 'down -f - --yes', 'status --file=-'])(
    '%s: mistakes are placed in <stdin>',
    async (line) => {
      const { code, err } = await cli(line, { input: [cluster.replace('nodePools', 'nodePool')] });
      expect(err).toMatch(/^<stdin>:8:3: .*nodePool/m);
      expect([code, knocks]).toEqual([2, 0]);
    },
  );

  it.each([
    ['that is empty', [], /^<stdin>:1:1: /m],
    ['that is no UTF-8', [Buffer.from('# Größe', 'latin1')], /^<stdin>:1:5: the byte 0xf6 is not UTF-8/m],
  ])('%s is told at its place', async (_what, input, told) => {
    const { code, err } = await cli('plan -f -', { input });
    expect(err).toMatch(told);
    expect(code).toBe(2);
  });

  it.each(['up -f -', 'apply @/kept.json -f -', 'down -f -'])(
    '%s cannot ask, for the answer would have to come from there: exit 2',
    async (line) => {
      const { code, err } = await cli(line, { input: [cluster], interactive: true, env: { NO_COLOR: '1' } });
      expect(err).toContain('Nobody can be asked here: standard input was the cluster file [NOT_CONFIRMED]');
      expect([code, knocks]).toEqual([2, 0]);
    },
  );

  it('is asked for where somebody types it', async () => {
    const { err } = await cli('up -f -', { input: [cluster], interactive: true });
    expect(err).toMatch(/^\r?Reading the cluster file from standard input; Ctrl-D ends it\.\n/);
  });
});

it('a cluster file that does not come is not waited for after Ctrl-C', async () => {
  const signals = new EventEmitter();
  const input = new Readable({ read: () => void setImmediate(() => signals.emit('SIGINT', 'SIGINT')) });
  const surroundings = { input, out: new RecordedStream(), err: new RecordedStream(), signals };
  const code = await runCli(['plan', '-f', '-'], {
    ...surroundings,
    readConfig: () => readConfig({ ROADSTEAD_STATE: state }, { in: false, out: false, err: false }),
  });
  expect(code).toBe(130);
  expect(surroundings.err.text).toBe('Stopped.\n');
});

describe('a world that does not answer', () => {
  // Keys, so that nobody is asked for any.
  const env = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'example' };

  it.each(['sandbox status', 'sandbox env', 'sandbox fault', 'sandbox fault --clear'])(
    '%s without a sandbox: exit 1, and how to start one',
    async (line) => {
      const { code, out, err } = await cli(`${line} --directory @/empty`, { env });
      expect(err).toBe(
        '✗ No sandbox is running [SANDBOX_NOT_RUNNING]\n  Start one: bin/roadstead sandbox up --detach\n',
      );
      expect([code, out]).toEqual([1, '']);
    },
  );

  it('sandbox down without a sandbox has nothing to do', async () => {
    expect(await cli('sandbox down --directory @/empty')).toEqual({
      code: 0,
      out: '',
      err: 'No sandbox is running.\n',
    });
    expect(await cli('sandbox down --directory @/empty -o json')).toEqual({
      code: 0,
      out: '{"ended":false,"removed":[]}\n',
      err: '',
    });
  });
});

describe('what needs nobody', () => {
  it.each([
    ['schema', 'properties'],
    ['schema -o json', 'properties'],
    ['permissions', 'Statement'],
    ['channel check -o json', 'components'],
  ])('%s answers JSON on standard output', async (line, member) => {
    const { code, out, err } = await cli(line);
    expect(JSON.parse(out)).toHaveProperty(member);
    expect([code, err, knocks]).toEqual([0, '', 0]);
  });
});

const commands = [
  'up',
  'plan',
  'apply',
  'down',
  'status',
  'history',
  'kubeconfig',
  'token',
  'render',
  'schema',
  'channel',
  'channel check',
  'permissions',
  'sandbox',
  'sandbox up',
  'sandbox env',
  'sandbox status',
  'sandbox down',
  'sandbox fault',
];

describe('help', () => {
  it.each(commands)(
    'of %s is on standard output, names the program as it was started, and ends with 0',
    async (name) => {
      const { code, out, err } = await cli(`${name} --help`);
      expect(out).toMatch(new RegExp(`^Usage: bin/roadstead ${name} `));
      expect([code, err]).toEqual([0, '']);
    },
  );

  it.each(['', 'sandbox', 'channel'])(
    'of a group of commands that was named alone (%j) is on standard error: exit 2',
    async (name) => {
      const { code, out, err } = await cli(name);
      expect(err).toMatch(/^Usage: bin\/roadstead /);
      expect([code, out]).toEqual([2, '']);
    },
  );

  it('offers --output json wherever something is answered', async () => {
    for (const name of commands.filter((each) => !['token', 'sandbox', 'channel'].includes(each))) {
      expect((await cli(`${name} --help`)).out, name).toMatch(/-o, --output <format>.*json/s);
    }
  });

  it('says how to begin, and what the exit codes mean', async () => {
    const { out } = await cli('--help');
    expect(out).toContain('bin/roadstead sandbox up --detach');
    expect(out).toContain('Exit codes:');
  });
});
