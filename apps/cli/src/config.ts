import { realpathSync } from 'node:fs';
import { homedir, hostname, tmpdir, userInfo } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { type ProxySettings, RoadsteadError, readProxyUrl } from '@roadstead/foundation';
import { shellQuote } from './output/program-name.ts';

/** What the environment and the terminal say. Read once, here; everything else gets it as an argument. */
export interface CliConfig {
  /** How a person types this program: `roadstead`, `bin/roadstead`, a whole path. Quoted for a shell. */
  readonly program: string;
  /** Where the embedded store lives. */
  readonly stateDirectory: string;
  /** A PostgreSQL store instead of the embedded one. */
  readonly databaseUrl?: string;
  /** AWS's endpoint when it is not AWS's own. */
  readonly awsEndpoint?: string;
  /** The ways to AWS and to API servers that are not direct; absent when there is none. */
  readonly proxy?: ProxySettings;
  /** Polls are this many times as frequent as on AWS: the sandbox's clock is faster. */
  readonly pollFactor: number;
  /** Whether there is somebody to ask. */
  readonly interactive: boolean;
  /** By standard stream. */
  readonly colours: { readonly out: boolean; readonly err: boolean };
  /** Whether progress may be drawn over. */
  readonly live: boolean;
  readonly host: string;
  readonly user: string;
  readonly kubeconfig?: string;
  /** The checkout this CLI runs from. */
  readonly root: string;
}

/** Where a sandbox keeps its files unless a directory is named. */
export function sandboxDirectory({ stateDirectory }: Pick<CliConfig, 'stateDirectory'>): string {
  return join(stateDirectory, 'sandbox');
}

/** Which standard streams are a terminal. */
export interface Terminals {
  readonly in: boolean;
  readonly out: boolean;
  readonly err: boolean;
}

const ownTerminals = (): Terminals => ({
  in: process.stdin.isTTY === true,
  out: process.stdout.isTTY === true,
  err: process.stderr.isTTY === true,
});

/** A variable that is set to nothing counts as not set. Throws WRONG_INPUT for one that cannot be meant. */
export function readConfig(env: NodeJS.ProcessEnv = process.env, terminals: Terminals = ownTerminals()): CliConfig {
  const root = resolve(import.meta.dirname, '..', '..', '..');
  const coloured = given(env.NO_COLOR) === undefined && env.TERM !== 'dumb';
  const isCi = !['', 'false', '0'].includes(env.CI ?? '');
  return {
    program: programOf({ started: given(env.ROADSTEAD_PROGRAM), path: env.PATH ?? '', root }),
    stateDirectory: resolve(given(env.ROADSTEAD_STATE) ?? join(stateHome(env), 'roadstead')),
    pollFactor: pollFactorOf(given(env.ROADSTEAD_POLL_FACTOR)),
    // The question stands on standard error. A CI's terminal has nobody in front of it.
    interactive: terminals.in && terminals.err && !isCi,
    colours: { out: terminals.out && coloured, err: terminals.err && coloured },
    live: terminals.err && env.TERM !== 'dumb' && !isCi,
    host: hostname(),
    user: userName(),
    root,
    ...optional('databaseUrl', env.DATABASE_URL),
    ...optional('awsEndpoint', env.AWS_ENDPOINT_URL),
    ...optional('kubeconfig', env.KUBECONFIG),
    ...proxyOf(env),
  };
}

/**
 * How a person types this program: its bare name where PATH leads to it, else as it was `started`, else its path, from
 * here where it lies below.
 */
export function programOf(
  { started, path, root }: { readonly started: string | undefined; readonly path: string; readonly root: string },
  directory: string = process.cwd(),
): string {
  const own = join(root, 'bin', 'roadstead');
  const found = path
    .split(':')
    .filter((folder) => folder !== '')
    .map((folder) => realPathOf(join(folder, 'roadstead')))
    .find((file) => file !== undefined);
  if (found !== undefined && found === realPathOf(own)) return 'roadstead';
  if (started !== undefined) return shellQuote(started);
  const below = relative(directory, own);
  return shellQuote(below.startsWith('..') ? own : below);
}

function realPathOf(file: string): string | undefined {
  try {
    return realpathSync(file);
  } catch {
    return undefined;
  }
}

function stateHome(env: NodeJS.ProcessEnv): string {
  return given(env.XDG_STATE_HOME) ?? join(homeOf(), '.local', 'state');
}

/** An account without a home, as CI runs with, keeps its state beside other temporary files: it is a cache. */
function homeOf(): string {
  try {
    return homedir();
  } catch {
    return join(tmpdir(), userName());
  }
}

/** An account without an entry in the password file, as CI runs with, is named by its number. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid-${process.getuid?.() ?? 'unknown'}`;
  }
}

/** As curl, Python and Node have it: of two spellings the lower case counts, and a scheme has a variable of its own. */
function proxyOf(env: NodeJS.ProcessEnv): Pick<CliConfig, 'proxy'> {
  const https = proxyUrlOf(env, 'HTTPS_PROXY');
  const http = proxyUrlOf(env, 'HTTP_PROXY');
  if (https === undefined && http === undefined) return {};
  const noProxy = given(env.no_proxy) ?? env.NO_PROXY ?? '';
  return { proxy: { noProxy, ...(https === undefined ? {} : { https }), ...(http === undefined ? {} : { http }) } };
}

function proxyUrlOf(env: NodeJS.ProcessEnv, upper: 'HTTPS_PROXY' | 'HTTP_PROXY'): URL | undefined {
  const lower = upper.toLowerCase();
  const name = given(env[lower]) === undefined ? upper : lower;
  const text = given(env[name]);
  if (text === undefined) return undefined;
  const read = readProxyUrl(text);
  if ('url' in read) return read.url;
  throw new RoadsteadError(`the proxy in ${name} cannot be used: ${read.problem}`, {
    code: 'WRONG_INPUT',
    value: name,
    hint: read.hint,
  });
}

function given(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

function optional<K extends string>(key: K, value: string | undefined): { [P in K]?: string } {
  return given(value) === undefined ? {} : ({ [key]: value } as { [P in K]?: string });
}

function pollFactorOf(text: string | undefined): number {
  const value = Number(text ?? 1);
  if (Number.isFinite(value) && value > 0) return value;
  throw new RoadsteadError(`ROADSTEAD_POLL_FACTOR is ${text}, not a number above 0`, {
    code: 'WRONG_INPUT',
    value: text,
    hint: 'Unset it: 1 is right for AWS, and `roadstead sandbox env` sets it for the sandbox.',
  });
}
