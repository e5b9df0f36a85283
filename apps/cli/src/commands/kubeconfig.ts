import { delimiter, join, resolve } from 'node:path';
import { RoadsteadError } from '@roadstead/foundation';
import { type KubeconfigEntry, type WrittenEntry, writeKubeconfigEntry } from '@roadstead/kubernetes';
import { observe, signEksToken } from '@roadstead/provisioning';
import { sourceFlag } from '../cluster-source.ts';
import { loadDeclared, type SourceOptions } from '../load.ts';
import { shellQuote } from '../output/program-name.ts';
import { awsOf, openReader, type Place } from '../wire.ts';
import type { CommandContext, OutputFormat } from './context.ts';

export interface KubeconfigOptions extends SourceOptions {
  /** Where to write; absent: KUBECONFIG, which must name one file. */
  readonly kubeconfig?: string;
  /** What the entry is called; absent: the first name that does not lead to another cluster. */
  readonly context?: string;
  /** Makes the entry the current context. Never unasked. */
  readonly use: boolean;
  readonly output: OutputFormat;
}

/** `roadstead kubeconfig`: adds this cluster's entry to an explicit file and touches no other entry. */
export async function kubeconfigCommand(context: CommandContext, options: KubeconfigOptions): Promise<number> {
  const { clock, abort } = context;
  const target = await loadDeclared(context, options);
  const file = fileFor(context, options);
  const opened = await openReader(context, target.cluster);
  try {
    const { name, account, region } = target.cluster;
    const { eks } = await observe(
      opened.world,
      { cluster: { name, account, region } },
      { drift: false, clock, signal: abort },
    );
    if (eks?.endpoint === undefined || eks.certificateAuthority === undefined) throw missing(name, options.file);
    const { endpoint: server, certificateAuthority, arn } = eks;
    await writeEntry(context, options, { file, cluster: target.cluster, server, certificateAuthority, arn });
    return 0;
  } finally {
    await opened.close();
  }
}

/** What goes into a kubeconfig, and which. `certificateAuthority` is base64, as EKS gives it. */
interface Reachable {
  readonly file: string;
  readonly cluster: Place & { readonly name: string };
  readonly server: string;
  readonly certificateAuthority: string;
  readonly arn: string;
}

/** Writes the entry and says under which name. */
export async function writeEntry(
  { config, console }: Pick<CommandContext, 'config' | 'console'>,
  { context, use, output }: Pick<KubeconfigOptions, 'context' | 'use' | 'output'>,
  { file, cluster, server, certificateAuthority, arn }: Reachable,
): Promise<void> {
  const [best, ...otherNames] = context === undefined ? namesOf(cluster) : [context];
  const entry: KubeconfigEntry = {
    name: best,
    server,
    caPem: Buffer.from(certificateAuthority, 'base64').toString('utf8'),
    user: { exec: execOf(config.root, cluster.name, cluster.region) },
    ...(arn === '' ? {} : { arn }),
  };
  const written = await writeKubeconfigEntry(file, entry, { setCurrent: use, otherNames });
  if (output === 'json') {
    console.json({ kubeconfig: file, context: written.name, current: use, server, avoided: written.avoided }, 2);
  } else for (const line of writtenText(written, file, use)) console.err(line);
}

/** What its entry may be called, the best first. A cluster's name is its own in one region of one account alone. */
function namesOf({ name, region, account }: Place & { readonly name: string }): [string, ...string[]] {
  const short = `roadstead-${name}`;
  return [short, `${short}.${region}`, `${short}.${region}.${account}`];
}

function writtenText({ name, avoided }: WrittenEntry, file: string, isCurrent: boolean): string[] {
  const flag = isCurrent ? '' : ` --context ${shellQuote(name)}`;
  return [
    `Wrote context ${name} to ${file}`,
    ...avoided.map(
      (other) =>
        `  ${other.name} is of another cluster there${other.server === undefined ? '' : ` (${other.server})`} and stays so; --context NAME chooses a name`,
    ),
    `  kubectl --kubeconfig ${shellQuote(file)}${flag} get nodes`,
  ];
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
    awsOf(context.config, options.region).credentials,
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
  const files = (config.kubeconfig ?? '').split(delimiter).filter((file) => file !== '');
  const [only] = files;
  if (only !== undefined && files.length === 1) return resolve(only);
  const why = files.length === 0 ? 'KUBECONFIG is not set' : `KUBECONFIG names ${files.length} files`;
  throw new RoadsteadError(`Nothing says which kubeconfig to write: --kubeconfig is not given, and ${why}`, {
    code: 'WRONG_INPUT',
    hint: 'Name one file: --kubeconfig FILE. Roadstead edits none unasked.',
  });
}

function missing(name: string, file: string): RoadsteadError {
  return new RoadsteadError(`The cluster ${name} is not there, or not yet reachable`, {
    code: 'CLUSTER_MISSING',
    value: name,
    hint: `roadstead up ${sourceFlag(file)} makes it; roadstead status ${sourceFlag(file)} says how far it is`,
  });
}
