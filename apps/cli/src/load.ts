import { join, resolve } from 'node:path';
import { addAbortSignal } from 'node:stream';
import { type Checked, type DeclaredCluster, readDeclared, readTarget, type Target } from '@roadstead/lifecycle';
import { isStandardInput, sourceName } from './cluster-source.ts';
import type { CommandContext } from './commands/context.ts';
import type { CliConfig } from './config.ts';
import { WrongInput } from './output/failure.ts';
import { readInput } from './read-input.ts';

export interface SourceOptions {
  /** `-` is standard input. */
  readonly file: string;
  /** A folder; absent: the reference channel of this checkout. */
  readonly channel?: string;
}

/** Reads and checks the file and its channel; wrong input ends the command with every problem told. */
export async function loadTarget(context: SourceContext, { file, channel }: SourceOptions): Promise<Target> {
  const source = { text: await readClusterFile(context, file), file: sourceName(file) };
  const { config, abort: signal } = context;
  return valueOrThrow(await readTarget({ ...source, channelDirectory: channelDirectory(config, channel), signal }));
}

/** Reads the file alone, for commands that only need to know which cluster is meant. */
export async function loadDeclared(
  context: SourceContext,
  { file }: Pick<SourceOptions, 'file'>,
): Promise<DeclaredCluster> {
  return valueOrThrow(readDeclared({ text: await readClusterFile(context, file), file: sourceName(file) }));
}

type SourceContext = Pick<CommandContext, 'config' | 'console' | 'input' | 'abort'>;

export function channelDirectory(config: CliConfig, channel: string | undefined): string {
  return channel === undefined ? join(config.root, 'channel') : resolve(channel);
}

function readClusterFile({ config, console, input, abort }: SourceContext, file: string): Promise<string> {
  const named = {
    file: sourceName(file),
    what: 'file',
    hint: 'Name a cluster file with -f; examples/shop.yaml is one.',
  };
  if (!isStandardInput(file)) return readInput(named);
  if (config.interactive) console.err('Reading the cluster file from standard input; Ctrl-D ends it.');
  return readInput({ ...named, bytes: addAbortSignal(abort, input) });
}

export function valueOrThrow<T>(checked: Checked<T>): T {
  if ('value' in checked) return checked.value;
  throw new WrongInput(checked.problems);
}
