import { spawn } from 'node:child_process';
import { type Clock, messageOf, RoadsteadError } from '@roadstead/foundation';
import { type Credential, type CredentialSource, refreshingCredentials } from '../client/credentials.ts';
import { isRecord, stringAt } from '../objects/kubernetes-object.ts';

export interface ExecPlugin {
  /** `client.authentication.k8s.io/v1` or `…/v1beta1`. */
  readonly apiVersion: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly installHint?: string;
  /** Tells the plugin the cluster's address and CA. */
  readonly provideClusterInfo: boolean;
}

export interface ExecCluster {
  readonly server: string;
  readonly caPem?: string;
  readonly tlsServerName?: string;
}

export interface ExecContext {
  readonly cluster: ExecCluster;
  /** The environment that the plugin inherits; its own `env` is laid over it. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Default 60 s. */
  readonly timeoutMs?: number;
}

const known = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];

/** Credentials from a kubeconfig's exec plugin, asked again when they expire or are refused. Never asks on a terminal. */
export function execCredentials(plugin: ExecPlugin, context: ExecContext): CredentialSource {
  if (!known.includes(plugin.apiVersion)) {
    throw new RoadsteadError(`exec plugin ${plugin.command} speaks ${plugin.apiVersion}`, {
      code: 'KUBECONFIG_EXEC_VERSION',
      value: plugin.apiVersion,
      hint: `Kubernetes knows ${known.join(' and ')}: update the plugin and its entry in the kubeconfig.`,
    });
  }
  return refreshingCredentials(() => runPlugin(plugin, context), context.clock);
}

/** What `KUBERNETES_EXEC_INFO` holds. */
export function execInfoOf(plugin: ExecPlugin, cluster: ExecCluster): unknown {
  const info = {
    server: cluster.server,
    ...(cluster.tlsServerName === undefined ? {} : { 'tls-server-name': cluster.tlsServerName }),
    ...(cluster.caPem === undefined
      ? {}
      : { 'certificate-authority-data': Buffer.from(cluster.caPem).toString('base64') }),
  };
  return {
    apiVersion: plugin.apiVersion,
    kind: 'ExecCredential',
    spec: { interactive: false, ...(plugin.provideClusterInfo ? { cluster: info } : {}) },
  };
}

/** Reads what a plugin printed. The text itself is never part of an error: it holds a token. */
export function parseExecCredential(plugin: ExecPlugin, stdout: string): Credential {
  const answer = parseJson(stdout);
  const wrong = (message: string) =>
    new RoadsteadError(`exec plugin ${plugin.command} ${message}`, {
      code: 'KUBECONFIG_EXEC_ANSWER',
      value: plugin.command,
      hint: `Run it by hand: ${[plugin.command, ...plugin.args].join(' ')}`,
    });
  if (!isRecord(answer) || answer.kind !== 'ExecCredential') throw wrong('printed no ExecCredential');
  if (answer.apiVersion !== plugin.apiVersion)
    throw wrong(`answered in ${String(answer.apiVersion)}, asked in ${plugin.apiVersion}`);
  const token = stringAt(answer, 'status', 'token');
  const clientCertificatePem = stringAt(answer, 'status', 'clientCertificateData');
  const clientKeyPem = stringAt(answer, 'status', 'clientKeyData');
  if (token === undefined && (clientCertificatePem === undefined || clientKeyPem === undefined))
    throw wrong('gave neither a token nor a certificate with its key');
  const expiresAtMs = Date.parse(stringAt(answer, 'status', 'expirationTimestamp') ?? '');
  return {
    ...(token === undefined ? {} : { token }),
    ...(clientCertificatePem === undefined || clientKeyPem === undefined ? {} : { clientCertificatePem, clientKeyPem }),
    ...(Number.isNaN(expiresAtMs) ? {} : { expiresAtMs }),
  };
}

function runPlugin(plugin: ExecPlugin, context: ExecContext): Promise<Credential> {
  const info = JSON.stringify(execInfoOf(plugin, context.cluster));
  const inherited = Object.fromEntries(Object.entries(context.env).filter(([, value]) => value !== undefined));
  const timeoutMs = context.timeoutMs ?? 60_000;
  return new Promise((resolve, reject) => {
    const child = spawn(plugin.command, [...plugin.args], {
      env: { ...inherited, ...plugin.env, KUBERNETES_EXEC_INFO: info },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output.stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output.stderr = (output.stderr + text).slice(-2000);
    });
    // What the program left running may hold its pipes open: then it never closes, and nobody waits for that.
    const late = setTimeout(() => {
      child.kill('SIGKILL');
      child.stdout.destroy();
      child.stderr.destroy();
      reject(cannotRun(plugin, `it did not end within ${timeoutMs / 1000} s`));
    }, timeoutMs);
    child.on('error', (error) => {
      clearTimeout(late);
      reject(cannotRun(plugin, messageOf(error)));
    });
    child.on('close', (code, signal) => {
      clearTimeout(late);
      if (code !== 0) {
        const why = signal === null ? `exit code ${code}: ${output.stderr.trim()}` : `ended by ${signal}`;
        return reject(cannotRun(plugin, why));
      }
      try {
        resolve(parseExecCredential(plugin, output.stdout));
      } catch (error) {
        reject(error);
      }
    });
  });
}

function cannotRun(plugin: ExecPlugin, why: string): RoadsteadError {
  return new RoadsteadError(`exec plugin ${plugin.command} failed: ${why}`, {
    code: 'KUBECONFIG_EXEC_FAILED',
    value: plugin.command,
    hint: plugin.installHint ?? `Run it by hand: ${[plugin.command, ...plugin.args].join(' ')}`,
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
