import { type Channel, checkConfig, type Release, readChannel, renderRelease, versionOf } from '@roadstead/channel';
import {
  type Cluster,
  checkAgainstInputs,
  formatProblem,
  hasErrors,
  type Inputs,
  type ParsedCluster,
  type Problem,
  parseClusterFile,
  sortProblems,
} from '@roadstead/definition';

/** A cluster as its file names it: enough to look at what is there and to take it down, whatever a channel says today. */
export interface DeclaredCluster {
  readonly file: ParsedCluster;
  readonly text: string;
  readonly cluster: Cluster;
}

/** What a person declared: a cluster file and the channel that it is rendered by. */
export interface Target extends DeclaredCluster {
  readonly channel: Channel;
  /** Findings that do not stop anything. */
  readonly warnings: readonly Problem[];
}

export type Checked<T> = { readonly value: T } | { readonly problems: readonly Problem[] };

/** Reads the file alone: a cluster whose version or config item its channel has dropped must still be found. */
export function readDeclared(source: { readonly text: string; readonly file: string }): Checked<DeclaredCluster> {
  const file = parseClusterFile(source.text, source.file);
  const { cluster, problems } = file;
  if (cluster === undefined || hasErrors(problems)) return { problems };
  return { value: { file, text: source.text, cluster } };
}

/** Reads and checks what needs no AWS: the file, the channel, and whether they fit. */
export async function readTarget(source: {
  text: string;
  file: string;
  channelDirectory: string;
  signal: AbortSignal;
}): Promise<Checked<Target>> {
  const file = parseClusterFile(source.text, source.file);
  const channel = await readChannel(source.channelDirectory, { signal: source.signal });
  const problems = [...file.problems, ...channel.problems];
  if (file.cluster === undefined || channel.channel === undefined || hasErrors(problems)) return { problems };
  const unfit = sortProblems([...checkConfig(channel.channel, file), ...versionProblems(file, channel.channel)]);
  if (hasErrors(unfit)) return { problems: unfit };
  const warnings = sortProblems([...problems, ...unfit]);
  return { value: { file, text: source.text, cluster: file.cluster, channel: channel.channel, warnings } };
}

/** Whether the channel supports the version; what EKS offers is asked later. */
function versionProblems(file: ParsedCluster, channel: Channel): Problem[] {
  const offered = { inputs: { zones: [], instanceTypes: {} }, versions: channel.kubernetes };
  return checkAgainstInputs(file, offered).filter(({ code }) => code === 'VERSION_NOT_OFFERED');
}

/** Renders the target for what the world decided. Calls nothing. */
export function renderTarget(target: Target, inputs: Inputs): Checked<Release> {
  const problems = checkInputs(target, inputs);
  if (hasErrors(problems)) return { problems };
  const { channel, cluster } = target;
  const rendered = renderRelease({ channel, cluster, inputs, version: versionOf(channel.source, cluster) });
  return 'release' in rendered ? { value: rendered.release } : { problems: rendered.problems };
}

/** What of the file does not go, or goes badly, with what the world decided: a reservation that takes half a node. */
export function checkInputs({ file, channel }: Target, inputs: Inputs): Problem[] {
  return checkAgainstInputs(file, { inputs, versions: channel.kubernetes });
}

export function warningTexts(problems: readonly Problem[]): string[] {
  return problems.filter(({ severity }) => severity === 'warning').map(formatProblem);
}
