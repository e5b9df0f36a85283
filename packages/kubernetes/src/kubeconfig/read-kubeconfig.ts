import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type Clock, type ProxySettings, RoadsteadError, readProxyUrl } from '@roadstead/foundation';
import { parse } from 'yaml';
import {
  anonymous,
  type CredentialSource,
  clientCertificate,
  refreshingCredentials,
  staticToken,
} from '../client/credentials.ts';
import { isRecord, type JsonRecord, recordAt, recordsAt, stringAt, valueAt } from '../objects/kubernetes-object.ts';
import { type ExecPlugin, execCredentials } from './exec-credentials.ts';

export interface KubeconfigOptions {
  /** Which context; the file's current one when absent. */
  readonly context?: string;
  /** What exec plugins inherit. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
}

/** What a client needs of one context. */
export interface KubeconfigAccess {
  readonly context: string;
  readonly server: string;
  readonly caPem?: string;
  readonly tlsServerName?: string;
  /** Of the cluster's `proxy-url`. */
  readonly proxy?: ProxySettings;
  readonly namespace?: string;
  readonly credentials: CredentialSource;
}

/** Reads one context of one kubeconfig file. Reads only this file: no merging, no default location. */
export async function readKubeconfig(file: string, options: KubeconfigOptions): Promise<KubeconfigAccess> {
  const config = parseConfig(await readText(file), file);
  const context = options.context ?? stringAt(config, 'current-context') ?? '';
  const chosen = entryOf(config, 'contexts', 'context', context, file);
  const cluster = entryOf(config, 'clusters', 'cluster', stringAt(chosen, 'cluster') ?? '', file);
  const user = entryOf(config, 'users', 'user', stringAt(chosen, 'user') ?? '', file);
  const server = stringAt(cluster, 'server');
  if (server === undefined)
    throw wrong(file, `the cluster of context "${context}" has no server`, 'Set clusters[].cluster.server.');
  if (!isHttps(server))
    throw wrong(
      file,
      `"${server}", the server of context "${context}", is no https address`,
      'Write it as https://host:port.',
    );
  if (cluster['insecure-skip-tls-verify'] === true)
    throw wrong(
      file,
      `context "${context}" switches TLS verification off`,
      'Put the CA into certificate-authority-data instead.',
    );
  const proxy = proxyOf(cluster, file);
  const caPem = await dataOrFile(cluster, 'certificate-authority', file);
  const tlsServerName = stringAt(cluster, 'tls-server-name');
  const namespace = stringAt(chosen, 'namespace');
  const reach = {
    server,
    ...(caPem === undefined ? {} : { caPem }),
    ...(tlsServerName === undefined ? {} : { tlsServerName }),
    ...(proxy === undefined ? {} : { proxy }),
  };
  const credentials = await credentialsOf(user, reach, file, options);
  return { context, ...reach, ...(namespace === undefined ? {} : { namespace }), credentials };
}

function proxyOf(cluster: JsonRecord, file: string): ProxySettings | undefined {
  const text = stringAt(cluster, 'proxy-url') ?? '';
  if (text === '') return undefined;
  const read = readProxyUrl(text);
  if ('url' in read) return { https: read.url };
  throw wrong(file, `its proxy-url cannot be used: ${read.problem}`, read.hint);
}

async function credentialsOf(
  user: JsonRecord,
  cluster: { readonly server: string; readonly caPem?: string },
  file: string,
  options: KubeconfigOptions,
): Promise<CredentialSource> {
  const acting = ['as', 'as-uid', 'as-groups', 'as-user-extra'].find((name) => user[name] !== undefined);
  if (acting !== undefined)
    throw wrong(
      file,
      `its user acts as another (users[].user.${acting}), which is not supported`,
      'Use a context whose user has the rights itself.',
    );
  const exec = recordAt(user, 'exec');
  if (exec !== undefined)
    return execCredentials(execPluginOf(exec, file), { cluster, env: options.env, clock: options.clock });
  const token = stringAt(user, 'token');
  if (token !== undefined) return staticToken(token);
  const tokenFile = stringAt(user, 'tokenFile');
  if (tokenFile !== undefined) return tokenFromFile(resolve(dirname(file), tokenFile), options.clock);
  const certificate = await dataOrFile(user, 'client-certificate', file);
  const key = await dataOrFile(user, 'client-key', file);
  if (certificate !== undefined && key !== undefined) return clientCertificate(certificate, key);
  for (const name of ['auth-provider', 'username', 'password']) {
    if (user[name] !== undefined)
      throw wrong(
        file,
        `users[].user.${name} is no longer spoken by Kubernetes`,
        'Use an exec plugin, a token or a client certificate.',
      );
  }
  return anonymous;
}

/** Tokens in files are rotated under us: read again every minute. */
function tokenFromFile(path: string, clock: Clock): CredentialSource {
  return refreshingCredentials(
    async () => ({ token: (await readText(path)).trim(), expiresAtMs: clock.now() + 120_000 }),
    clock,
  );
}

function execPluginOf(exec: JsonRecord, file: string): ExecPlugin {
  const command = stringAt(exec, 'command');
  if (command === undefined)
    throw wrong(file, 'users[].user.exec has no command', 'Name the program that prints an ExecCredential.');
  const args = valueAt(exec, 'args');
  const installHint = stringAt(exec, 'installHint');
  return {
    apiVersion: stringAt(exec, 'apiVersion') ?? '',
    // As kubectl: a command with a slash is relative to the kubeconfig, any other is looked up on PATH.
    command: command.includes('/') ? resolve(dirname(file), command) : command,
    args: Array.isArray(args) ? args.map(String) : [],
    env: Object.fromEntries(recordsAt(exec, 'env').map((entry) => [String(entry.name), String(entry.value ?? '')])),
    provideClusterInfo: exec.provideClusterInfo === true,
    ...(installHint === undefined ? {} : { installHint }),
  };
}

function isHttps(server: string): boolean {
  return URL.canParse(server) && new URL(server).protocol === 'https:';
}

function entryOf(config: JsonRecord, list: string, member: string, name: string, file: string): JsonRecord {
  const entries = recordsAt(config, list);
  const found = entries.find((entry) => entry.name === name);
  const entry = found === undefined ? undefined : recordAt(found, member);
  if (entry !== undefined) return entry;
  const names = entries.map((each) => String(each.name)).join(', ') || 'none';
  throw wrong(file, name === '' ? `no ${member} is chosen` : `it has no ${member} "${name}"`, `It has: ${names}.`);
}

async function dataOrFile(entry: JsonRecord, name: string, file: string): Promise<string | undefined> {
  const data = stringAt(entry, `${name}-data`);
  if (data !== undefined) return Buffer.from(data, 'base64').toString('utf8');
  const path = stringAt(entry, name);
  return path === undefined ? undefined : readText(resolve(dirname(file), path));
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new RoadsteadError(`${file} cannot be read`, {
      code: 'KUBECONFIG_UNREADABLE',
      value: file,
      hint: 'Does it exist, and may you read it?',
      cause,
    });
  }
}

function parseConfig(text: string, file: string): JsonRecord {
  try {
    const config: unknown = parse(text);
    if (isRecord(config) && config.kind === 'Config') return config;
  } catch {
    // Falls through: the parser's message may quote a token.
  }
  throw wrong(file, 'it is not a kubeconfig', 'A kubeconfig is YAML with kind: Config.');
}

function wrong(file: string, message: string, hint: string): RoadsteadError {
  return new RoadsteadError(`${file}: ${message}`, { code: 'KUBECONFIG_INVALID', value: file, hint });
}
