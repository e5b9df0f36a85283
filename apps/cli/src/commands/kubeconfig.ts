import { join, resolve } from 'node:path';
import { RoadsteadError } from '@roadstead/foundation';
import { type KubeconfigEntry, writeKubeconfigEntry } from '@roadstead/kubernetes';
import { defaultCredentials, observe, signEksToken, whoAmI } from '@roadstead/provisioning';
import { loadDeclared, type SourceOptions } from '../load.ts';
import { openReadingWorld } from '../wire.ts';
import type { CommandContext } from './context.ts';

export interface KubeconfigOptions extends SourceOptions {
  /** Where to write; absent: KUBECONFIG, which must name one file. */
  readonly kubeconfig?: string;
  /** Makes the entry the current context. Never unasked. */
  readonly use: boolean;
}

/** `roadstead kubeconfig`: adds this cluster's entry to an explicit file and touches no other entry. */
export async function kubeconfigCommand(context: CommandContext, options: KubeconfigOptions): Promise<number> {
  const { config, console, abort } = context;
  const target = await loadDeclared(options);
  const file = fileFor(context, options);
  const opened = await openReadingWorld(context, target.cluster);
  try {
    const { name, account, region } = target.cluster;
    await whoAmI(opened.world.reader, account, abort);
    const { eks } = await observe(
      opened.world.reader,
      { cluster: { name, account, region } },
      { drift: false, clock: opened.world.clock, signal: abort },
    );
    if (eks?.endpoint === undefined || eks.certificateAuthority === undefined) throw missing(name, options.file);
    const entry: KubeconfigEntry = {
      name: `roadstead-${name}`,
      server: eks.endpoint,
      caPem: Buffer.from(eks.certificateAuthority, 'base64').toString('utf8'),
      user: { exec: execOf(config.root, name, region) },
    };
    await writeKubeconfigEntry(file, entry, { setCurrent: options.use });
    console.err(`Wrote context ${entry.name} to ${file}`);
    const flag = options.use ? '' : ` --context ${entry.name}`;
    console.err(`  kubectl --kubeconfig ${file}${flag} get nodes`);
    return 0;
  } finally {
    await opened.close();
  }
}

/** `roadstead token`: what the written kubeconfig runs. An ExecCredential on standard output. */
export async function tokenCommand(
  context: CommandContext,
  options: { cluster: string; region: string },
): Promise<number> {
  // No store and no AWS call: kubectl runs this again and again, also while either is down.
  const { token, expiresAt } = await signEksToken(
    options.cluster,
    options.region,
    defaultCredentials(),
    new Date(context.clock.now()),
  );
  const credential = {
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    status: { token, expirationTimestamp: new Date(expiresAt).toISOString().replace(/\.\d+Z$/, 'Z') },
  };
  context.console.out(JSON.stringify(credential));
  return 0;
}

function execOf(root: string, cluster: string, region: string) {
  return {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: join(root, 'bin', 'roadstead'),
    args: ['token', '--cluster', cluster, '--region', region],
    interactiveMode: 'Never',
  };
}

function fileFor({ config }: CommandContext, options: KubeconfigOptions): string {
  if (options.kubeconfig !== undefined) return resolve(options.kubeconfig);
  if (config.kubeconfig !== undefined && !config.kubeconfig.includes(':')) return resolve(config.kubeconfig);
  throw new RoadsteadError('Which kubeconfig?', {
    code: 'WRONG_INPUT',
    hint: 'Name one file: --kubeconfig FILE, or KUBECONFIG. Roadstead edits none unasked.',
  });
}

function missing(name: string, file: string): RoadsteadError {
  return new RoadsteadError(`The cluster ${name} is not there`, {
    code: 'CLUSTER_MISSING',
    value: name,
    hint: `roadstead up -f ${file} makes it`,
  });
}
