import { join, resolve } from 'node:path';
import { type Checked, type DeclaredCluster, readDeclared, readTarget, type Target } from '@roadstead/lifecycle';
import type { CliConfig } from './config.ts';
import { WrongInput } from './output/failure.ts';
import { readInput } from './read-input.ts';

export interface SourceOptions {
  readonly file: string;
  /** A folder; absent: the reference channel of this checkout. */
  readonly channel?: string;
}

/** Reads and checks the file and its channel; wrong input ends the command with every problem told. */
export async function loadTarget(config: CliConfig, options: SourceOptions, signal: AbortSignal): Promise<Target> {
  const { file } = options;
  const text = await readClusterFile(file);
  return valueOrThrow(
    await readTarget({ text, file, channelDirectory: channelDirectory(config, options.channel), signal }),
  );
}

/** Reads the file alone, for commands that only need to know which cluster is meant. */
export async function loadDeclared({ file }: Pick<SourceOptions, 'file'>): Promise<DeclaredCluster> {
  return valueOrThrow(readDeclared({ text: await readClusterFile(file), file }));
}

export function channelDirectory(config: CliConfig, channel: string | undefined): string {
  return channel === undefined ? join(config.root, 'channel') : resolve(channel);
}

function readClusterFile(file: string): Promise<string> {
  return readInput({ file, what: 'file', hint: 'Name a cluster file with -f; examples/shop.yaml is one.' });
}

export function valueOrThrow<T>(checked: Checked<T>): T {
  if ('value' in checked) return checked.value;
  throw new WrongInput(checked.problems);
}
