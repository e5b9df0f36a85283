import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from '../config.ts';
import { runCli } from '../run-cli.ts';
import { RecordedStream } from '../testing/recorded-console.ts';

let root = '';
let directory = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'roadstead-sandbox-'));
  directory = join(root, 'place');
  await mkdir(join(root, 'sandbox/app/src'), { recursive: true });
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** The program that is started as the sandbox: its directory is `directory`, what it says goes by `say`. */
async function sandboxIs(program: string): Promise<void> {
  const start = `const fs = require('node:fs'); const directory = process.argv[process.argv.indexOf('--directory') + 1];
    const say = (event) => console.log(JSON.stringify(event));`;
  await writeFile(join(root, 'sandbox/app/src/main.ts'), `${start}\n${program}`);
}

/** `onText` sees all that was said whenever more is. */
async function cli(args: string, onText: (said: string, signals: EventEmitter) => void = () => undefined) {
  const out = new RecordedStream();
  const err = new RecordedStream();
  const signals = new EventEmitter();
  for (const stream of [out, err]) stream.on('text', () => onText(out.text + err.text, signals));
  const config = readConfig({ ROADSTEAD_PROGRAM: 'bin/roadstead' }, { in: false, out: false, err: false });
  const code = await runCli(['sandbox', ...args.split(' '), '--directory', directory], {
    ...{ input: Readable.from([]), out, err, signals },
    readConfig: () => ({ ...config, root, program: 'bin/roadstead' }),
  });
  return { code, out: out.text, err: err.text };
}

const untilStopped = `
  process.once('SIGTERM', () => { say({ event: 'stopping', message: 'SIGTERM' }); process.exit(0); });
  setInterval(() => undefined, 1000);`;
const failing = `
  say({ event: 'progress', message: 'looking for Python' });
  say({ event: 'failed', code: 'PYTHON_MISSING', message: 'No Python found on PATH', hint: 'install it' });
  console.error('No Python found on PATH');
  process.exitCode = 1;`;

describe('an attached sandbox', () => {
  const ready = `say({ event: 'progress', message: 'starting moto' }); say({ event: 'ready', url: 'http://127.0.0.1:1' });`;
  /** Ctrl-C, once. */
  const stopWhenReady = () => {
    let isStopped = false;
    return (said: string, signals: EventEmitter): void => {
      if (isStopped || !/ready/.test(said)) return;
      isStopped = true;
      signals.emit('SIGINT', 'SIGINT');
    };
  };

  it('tells what it does, and ends well by Ctrl-C', async () => {
    await sandboxIs(untilStopped + ready);
    expect(await cli('up', stopWhenReady())).toEqual({
      code: 0,
      out: '',
      err: 'starting moto\nThe sandbox is ready: http://127.0.0.1:1. Ctrl-C ends it, with everything in it.\nStopping the sandbox (SIGTERM) …\n',
    });
  });

  it('as JSON passes its own events on', async () => {
    await sandboxIs(untilStopped + ready);
    const { code, out, err } = await cli('up -o json', stopWhenReady());
    const events = out
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { event: string }).event);
    expect({ code, events, err }).toEqual({ code: 0, events: ['progress', 'ready', 'stopping'], err: '' });
  });

  it.each(['up', 'up --detach'])('that does not start (%s) is told once, by its own code and hint', async (line) => {
    await sandboxIs(failing);
    const { code, err } = await cli(line);
    expect(err).toContain('✗ No Python found on PATH [PYTHON_MISSING]\n  install it\n');
    expect(err.match(/No Python/g)).toHaveLength(1);
    expect(code).toBe(1);
  });

  it.each(['up -o json', 'up --detach -o json'])('that does not start (%s) is one error', async (line) => {
    await sandboxIs(failing);
    const { code, err } = await cli(line);
    expect(JSON.parse(err)).toMatchObject({ type: 'error', exitCode: 1, code: 'PYTHON_MISSING' });
    expect(code).toBe(1);
  });

  it('that ends by itself later is a failure, with the reason', async () => {
    await sandboxIs(`${ready} say({ event: 'stopping', message: 'moto has ended' }); process.exitCode = 1;`);
    const { code, err } = await cli('up -o json');
    expect(JSON.parse(err)).toMatchObject({
      code: 'SANDBOX_ENDED',
      message: 'The sandbox has ended by itself: moto has ended',
    });
    expect(code).toBe(1);
  });

  it('that breaks says the end of its log', async () => {
    await sandboxIs(`console.error('Segmentation fault'); process.exitCode = 9;`);
    const { code, err } = await cli('up');
    expect(err).toContain('✗ The sandbox did not start:\nSegmentation fault [SANDBOX_FAILED]');
    expect(code).toBe(1);
  });
});

describe('a detached sandbox', () => {
  it('is left running; a second one is not started beside it', async () => {
    await sandboxIs(`
      fs.writeFileSync(directory + '/sandbox.json', JSON.stringify({ url: 'http://127.0.0.1:1', controlToken: 't', pid: process.pid }));
      ${untilStopped}`);
    const first = await cli('up --detach -o json');
    const { event, pid } = JSON.parse(first.out) as { event: string; pid: number };
    try {
      expect([event, first.code]).toEqual(['ready', 0]);
      expect(JSON.parse((await cli('up --detach -o json')).out)).toMatchObject({ event: 'running', pid });
      expect(await readdir(directory)).toContain('sandbox.log');
    } finally {
      process.kill(pid, 'SIGTERM');
    }
  });
});

it('a detached sandbox in a place of its own is named with it', async () => {
  await sandboxIs(`
    fs.writeFileSync(directory + '/sandbox.json', JSON.stringify({ url: 'http://127.0.0.1:1', controlToken: 't', pid: process.pid }));
    ${untilStopped}`);
  const { err } = await cli('up --detach');
  process.kill(Number(/process (\d+)/.exec(err)?.[1]), 'SIGTERM');
  expect(err).toContain(`eval "$(bin/roadstead sandbox env --directory ${directory})"`);
  expect(err).toContain(`Stop it: bin/roadstead sandbox down --directory ${directory}\n`);
});

describe('a sandbox that runs', () => {
  let server: Server;
  let held: ChildProcess;
  let asked: string[] = [];
  let answers: Record<string, { status?: number; body: unknown }> = {};

  beforeEach(async () => {
    asked = [];
    server = createServer((request, response) => {
      const key = `${request.method} ${request.url}`;
      asked.push(key);
      if (key.endsWith('/stop')) held.kill('SIGKILL');
      const { status = 200, body } = answers[key] ?? { status: 404, body: { error: 'no such route' } };
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
    held = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { stdio: 'ignore' });
    await mkdir(directory);
    const state = { url, controlToken: 'token', pid: held.pid };
    await writeFile(join(directory, 'sandbox.json'), JSON.stringify(state));
  });
  afterEach(async () => {
    held.kill('SIGKILL');
    await new Promise((resolve) => server.close(resolve));
  });

  const fault = '{"service":"eks","action":{"kind":"throttle"}}';

  it('says its status in words, and all of it as JSON', async () => {
    const body = { phase: 'ready', url: 'u', pid: 7, more: { nodes: 3 }, clusters: [] };
    answers = { 'GET /_roadstead/status': { body } };
    expect((await cli('status')).out).toMatch(/^sandbox ready\n {2}endpoint/);
    expect(JSON.parse((await cli('status -o json')).out)).toEqual(body);
  });

  it.each<[string, { faults: object[] }, string, string[]]>([
    ['fault', { faults: [] }, 'No fault is set.\n', ['GET']],
    ['fault', { faults: [{ id: '1', rule: {} }] }, '{"id":"1","rule":{}}\n', ['GET']],
    [`fault ${fault}`, { faults: [{ id: '1' }] }, '{"id":"1"}\n', ['POST', 'GET']],
    ['fault --clear', { faults: [] }, 'No fault is set.\n', ['DELETE', 'GET']],
    [`fault ${fault} --clear`, { faults: [{ id: '2' }] }, '{"id":"2"}\n', ['DELETE', 'POST', 'GET']],
  ])('takes %s and says what is set then', async (line, body, out, methods) => {
    answers = Object.fromEntries(['GET', 'POST', 'DELETE'].map((method) => [`${method} /_roadstead/faults`, { body }]));
    expect(await cli(line)).toEqual({ code: 0, out, err: '' });
    expect(asked).toEqual(methods.map((method) => `${method} /_roadstead/faults`));
  });

  it('that cannot mean a fault says why: wrong input', async () => {
    answers = { 'POST /_roadstead/faults': { status: 400, body: { error: 'A fault rule needs an action.' } } };
    const { code, err } = await cli('fault {}');
    expect(err).toMatch(/^✗ A fault rule needs an action\. \[WRONG_INPUT\]\n {2}The user guide/);
    expect(code).toBe(2);
  });

  it('that has no such route is another version', async () => {
    answers = {};
    const { code, err } = await cli('status');
    expect(err).toMatch(/^✗ The sandbox refused: no such route \[SANDBOX_REFUSED\]\n.*bin\/roadstead sandbox down/);
    expect(code).toBe(1);
  });

  it('ends when it is told to', async () => {
    answers = { 'POST /_roadstead/stop': { body: {} } };
    expect(await cli('down')).toEqual({ code: 0, out: '', err: 'The sandbox has ended; nothing of it is left.\n' });
    expect(asked).toEqual(['POST /_roadstead/stop']);
  });

  it('prints what a shell evaluates, as the sandbox itself says it', async () => {
    await sandboxIs(`console.log(process.argv.includes('--json') ? '{"A":null}' : "unset A");`);
    expect(await cli('env')).toEqual({ code: 0, out: 'unset A\n', err: '' });
    expect(JSON.parse((await cli('env --output json')).out)).toEqual({ A: null });
  });

  it('that ends while it is asked is told with what it said', async () => {
    await sandboxIs(`console.error('No sandbox runs in this directory.'); process.exitCode = 1;`);
    const { code, err } = await cli('env');
    expect(err).toContain('does not say how to reach it: No sandbox runs in this directory. [SANDBOX_UNREACHABLE]');
    expect(code).toBe(1);
  });
});
