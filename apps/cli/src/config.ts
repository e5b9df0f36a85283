import { homedir, hostname, userInfo } from 'node:os';
import { join, resolve } from 'node:path';

/** What the environment and the terminal say. Read once, here; everything else gets it as an argument. */
export interface CliConfig {
  /** Where the embedded store lives. */
  readonly stateDirectory: string;
  /** A PostgreSQL store instead of the embedded one. */
  readonly databaseUrl?: string;
  /** AWS's endpoint when it is not AWS's own. */
  readonly awsEndpoint?: string;
  /** Polls are this many times as frequent as on AWS: the sandbox's clock is faster. */
  readonly pollFactor: number;
  readonly cacheDirectory: string;
  readonly interactive: boolean;
  readonly colours: boolean;
  readonly host: string;
  readonly user: string;
  readonly kubeconfig?: string;
  /** The checkout this CLI runs from. */
  readonly root: string;
}

export function readConfig(env: NodeJS.ProcessEnv = process.env): CliConfig {
  const home = homedir();
  const dataHome = env.XDG_STATE_HOME ?? join(home, '.local', 'state');
  const cacheHome = env.XDG_CACHE_HOME ?? join(home, '.cache');
  const interactive = process.stdin.isTTY === true && process.stdout.isTTY === true;
  return {
    stateDirectory: resolve(env.ROADSTEAD_STATE ?? join(dataHome, 'roadstead')),
    pollFactor: positive(env.ROADSTEAD_POLL_FACTOR, 1),
    cacheDirectory: resolve(env.ROADSTEAD_CACHE ?? join(cacheHome, 'roadstead')),
    interactive,
    colours: process.stdout.isTTY === true && env.NO_COLOR === undefined,
    host: hostname(),
    user: userName(),
    root: resolve(import.meta.dirname, '..', '..', '..'),
    ...optional('databaseUrl', env.DATABASE_URL),
    ...optional('awsEndpoint', env.AWS_ENDPOINT_URL),
    ...optional('kubeconfig', env.KUBECONFIG),
  };
}

/** An account without an entry in the password file, as CI runs with, is named by its number. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid-${process.getuid?.() ?? 'unknown'}`;
  }
}

function optional<K extends string>(key: K, value: string | undefined): { [P in K]?: string } {
  return value === undefined || value === '' ? {} : ({ [key]: value } as { [P in K]?: string });
}

function positive(text: string | undefined, otherwise: number): number {
  const value = Number(text);
  return text !== undefined && Number.isFinite(value) && value > 0 ? value : otherwise;
}
