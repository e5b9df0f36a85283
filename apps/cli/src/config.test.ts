import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { programOf, readConfig } from './config.ts';

const terminals = { in: true, out: true, err: true };
const none = { in: false, out: false, err: false };

describe('the terminal', () => {
  it.each<[string, NodeJS.ProcessEnv, Partial<typeof terminals>, object]>([
    ['all there', {}, {}, { interactive: true, live: true, colours: { out: true, err: true } }],
    ['output in a file', {}, { out: false }, { interactive: true, live: true, colours: { out: false, err: true } }],
    ['talk in a file', {}, { err: false }, { interactive: false, live: false, colours: { out: true, err: false } }],
    ['input from a file', {}, { in: false }, { interactive: false, live: true, colours: { out: true, err: true } }],
    ['NO_COLOR', { NO_COLOR: '1' }, {}, { interactive: true, live: true, colours: { out: false, err: false } }],
    ['an empty NO_COLOR', { NO_COLOR: '' }, {}, { colours: { out: true, err: true } }],
    ['a dumb one', { TERM: 'dumb' }, {}, { interactive: true, live: false, colours: { out: false, err: false } }],
    ['CI=true', { CI: 'true' }, {}, { interactive: false, live: false, colours: { out: true, err: true } }],
    ['CI=1', { CI: '1' }, {}, { interactive: false, live: false }],
    ['CI=false', { CI: 'false' }, {}, { interactive: true, live: true }],
    ['an empty CI', { CI: '' }, {}, { interactive: true, live: true }],
  ])('%s', (_what, env, missing, expected) => {
    expect(readConfig(env, { ...terminals, ...missing })).toMatchObject(expected);
  });
});

describe('where things are', () => {
  it.each<[string, NodeJS.ProcessEnv, string]>([
    ['by default', {}, join(homedir(), '.local/state/roadstead')],
    ['by XDG', { XDG_STATE_HOME: '/x' }, '/x/roadstead'],
    ['by an empty XDG, which counts as none', { XDG_STATE_HOME: '' }, join(homedir(), '.local/state/roadstead')],
    ['by its own variable', { XDG_STATE_HOME: '/x', ROADSTEAD_STATE: '/y' }, '/y'],
    ['by an empty one of its own', { ROADSTEAD_STATE: '' }, join(homedir(), '.local/state/roadstead')],
  ])('the state %s', (_what, env, expected) => {
    expect(readConfig(env, none).stateDirectory).toBe(expected);
  });

  it('what is set to nothing is not set', () => {
    const config = readConfig({ DATABASE_URL: '', AWS_ENDPOINT_URL: '', KUBECONFIG: '' }, none);
    expect(Object.keys(config)).not.toEqual(expect.arrayContaining([expect.stringMatching(/database|aws|kube/)]));
    expect(readConfig({ DATABASE_URL: 'a', AWS_ENDPOINT_URL: 'b', KUBECONFIG: 'c' }, none)).toMatchObject({
      databaseUrl: 'a',
      awsEndpoint: 'b',
      kubeconfig: 'c',
    });
  });
});

it.each([
  [undefined, 1],
  ['', 1],
  ['0.5', 0.5],
  ['200', 200],
])('ROADSTEAD_POLL_FACTOR=%s is %d', (given, expected) => {
  expect(readConfig({ ROADSTEAD_POLL_FACTOR: given }, none).pollFactor).toBe(expected);
});

it.each(['0', '-1', 'fast', 'Infinity'])('ROADSTEAD_POLL_FACTOR=%s is refused', (given) => {
  expect(() => readConfig({ ROADSTEAD_POLL_FACTOR: given }, none)).toThrow(`is ${given}, not a number above 0`);
});

describe('proxies', () => {
  it.each<[string, NodeJS.ProcessEnv, string | undefined, string | undefined, string]>([
    ['both', { HTTPS_PROXY: 'http://s.example:1', HTTP_PROXY: 'http://p.example:2' }, 's.example:1', 'p.example:2', ''],
    ['without a scheme', { HTTPS_PROXY: 's.example:1' }, 's.example:1', undefined, ''],
    ['lower case', { https_proxy: 'http://s.example:1', no_proxy: 'a,b' }, 's.example:1', undefined, 'a,b'],
    ['lower case first', { https_proxy: 'l.example:1', HTTPS_PROXY: 'u.example:1' }, 'l.example:1', undefined, ''],
    ['an empty lower case', { https_proxy: '', HTTPS_PROXY: 'u.example:1' }, 'u.example:1', undefined, ''],
    ['NO_PROXY', { HTTP_PROXY: 'p.example:1', NO_PROXY: 'A', no_proxy: '' }, undefined, 'p.example:1', 'A'],
  ])('%s', (_what, env, https, http, noProxy) => {
    const { proxy } = readConfig(env, none);
    expect([proxy?.https?.host, proxy?.http?.host, proxy?.noProxy]).toEqual([https, http, noProxy]);
  });

  it.each([{}, { HTTPS_PROXY: '', http_proxy: '' }, { NO_PROXY: 'a' }])('none: %j', (env) => {
    expect(readConfig(env, none)).not.toHaveProperty('proxy');
  });

  it.each([
    [
      'HTTPS_PROXY',
      'socks5://user:geheim@proxy.example:1080',
      /^the proxy in HTTPS_PROXY cannot be used: socks5:\/\/proxy\.example:1080 is/,
    ],
    [
      'http_proxy',
      'http://user:geheim@',
      /^the proxy in http_proxy cannot be used: http:\/\/…@ is no address of a proxy$/,
    ],
  ])('%s=%s is refused by name, without its password', (name, value, message) => {
    let thrown: unknown;
    try {
      readConfig({ [name]: value }, none);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: 'WRONG_INPUT', message: expect.stringMatching(message) });
    expect(thrown).toMatchObject({ hint: expect.stringMatching(/\w/) });
    expect(JSON.stringify([String(thrown), thrown])).not.toContain('geheim');
  });
});

describe('the program', () => {
  let root = '';
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'roadstead-root-'));
    for (const folder of ['bin', 'linked', 'other']) await mkdir(join(root, folder));
    await writeFile(join(root, 'bin/roadstead'), '');
    await symlink('../bin/roadstead', join(root, 'linked/roadstead'));
    await writeFile(join(root, 'other/roadstead'), '');
  });
  afterAll(() => rm(root, { recursive: true }));

  it.each<[string, { started?: string; path?: string[]; from?: string }, string]>([
    ['is what was typed', { started: 'bin/roadstead' }, 'bin/roadstead'],
    ['is its bare name where PATH leads to it', { started: '/x/linked/roadstead', path: ['linked'] }, 'roadstead'],
    [
      'is what was typed where PATH leads to another',
      { started: '../bin/roadstead', path: ['other', 'linked'] },
      '../bin/roadstead',
    ],
    ['is quoted for a shell', { started: '/my files/roadstead' }, "'/my files/roadstead'"],
    ['is its path from here when nobody says', {}, 'bin/roadstead'],
    ['is its whole path from elsewhere when nobody says', { from: 'other' }, 'ROOT/bin/roadstead'],
  ])('%s', (_what, { started, path = [], from = '.' }, expected) => {
    const given = { started, path: ['', '/none', ...path.map((folder) => join(root, folder))].join(':'), root };
    expect(programOf(given, join(root, from))).toBe(expected.replace('ROOT', root));
  });
});
