import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type CliConfig, readConfig } from '../config.ts';
import { control, isAlive, stateOf } from './sandbox-control.ts';
import { runAttached, startDetached } from './sandbox-process.ts';

const state = { url: 'http://127.0.0.1:1', controlToken: 'token', pid: 1 };

let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'roadstead-process-'));
  await mkdir(join(root, 'sandbox/app/src'), { recursive: true });
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** A CLI whose sandbox is this program. It is told its directory as its second argument. */
async function cliWith(program: string): Promise<CliConfig> {
  await writeFile(join(root, 'sandbox/app/src/main.ts'), program);
  return { ...readConfig({}), root };
}

/** Says its id, and cleans up at the first signal: the second would end it before it could. */
const orderly = `
  const fs = require('node:fs');
  const directory = process.argv[3];
  const stop = () => setTimeout(() => { fs.writeFileSync(directory + '/cleaned', ''); process.exit(0); }, 50);
  process.once('SIGTERM', stop);
  setInterval(() => undefined, 1000);
  fs.writeFileSync(directory + '/pid', String(process.pid));
  console.log(process.pid);
`;

describe('the state of a sandbox', () => {
  it.each([
    ['a whole one', JSON.stringify({ ...state, region: 'eu-central-1' }), state],
    ['one cut short', JSON.stringify(state).slice(0, -5), undefined],
    ['nothing', '', undefined],
    ['another thing', '"text"', undefined],
    ['null', 'null', undefined],
    ['one without its process', JSON.stringify({ ...state, pid: undefined }), undefined],
  ])('is read from %s', (_, text, expected) => {
    expect(stateOf(text)).toEqual(expected);
  });
});

describe('the control port', () => {
  it('that refuses the connection is told, with what to do', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    await new Promise((resolve) => server.close(resolve));
    const asked = control(
      { ...state, url: `http://127.0.0.1:${port}`, pid: 42 },
      { method: 'GET', path: 'status' },
      new AbortController().signal,
    );
    await expect(asked).rejects.toMatchObject({
      code: 'SANDBOX_UNREACHABLE',
      message: expect.stringContaining('ECONNREFUSED') as string,
      hint: expect.stringContaining('kill -9 42') as string,
    });
  });
});

describe('an attached sandbox', () => {
  it('is in a group of its own, and is let clean up', async () => {
    const stop = new AbortController();
    let grouped = false;
    const config = await cliWith(orderly);
    const signals = { stop: stop.signal, abort: new AbortController().signal };
    const code = await runAttached(config, { directory: root }, signals, (line) => {
      grouped = isAlive(-Number(line));
      stop.abort();
    });
    expect({ grouped, code }).toEqual({ grouped: true, code: 0 });
    expect(await readFile(join(root, 'cleaned'), 'utf8')).toBe('');
  });
});

describe('a detached sandbox', () => {
  it('that is stopped while it starts is let clean up, and nothing of it is left', async () => {
    const abort = new AbortController();
    const started = startDetached(await cliWith(orderly), { directory: root }, join(root, 'log'), abort.signal);
    const pid = await vi.waitFor(async () => {
      const text = await readFile(join(root, 'pid'), 'utf8');
      expect(text).not.toBe('');
      return text;
    });
    abort.abort(new Error('stopped'));
    await expect(started).rejects.toThrow('stopped');
    expect(await readFile(join(root, 'cleaned'), 'utf8')).toBe('');
    expect(isAlive(Number(pid))).toBe(false);
  });

  it('that is ended by a signal while it starts did not start: its log says more', async () => {
    const config = await cliWith(`console.log('no memory'); process.kill(process.pid, 'SIGKILL');`);
    const started = startDetached(config, { directory: root }, join(root, 'log'), new AbortController().signal);
    await expect(started).rejects.toMatchObject({
      code: 'SANDBOX_FAILED',
      message: expect.stringContaining('no memory') as string,
    });
  });
});
