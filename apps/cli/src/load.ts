import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { formatProblem, hasErrors, type Problem } from '@roadstead/definition';
import { messageOf, RoadsteadError } from '@roadstead/foundation';
import { type Checked, type DeclaredCluster, readDeclared, readTarget, type Target } from '@roadstead/lifecycle';
import type { CliConfig } from './config.ts';
import { WrongInput } from './output/error-text.ts';

export interface SourceOptions {
  readonly file: string;
  /** A folder; absent: the reference channel of this checkout. */
  readonly channel?: string;
}

/** Reads and checks the file and its channel; wrong input ends the command with every problem told. */
export async function loadTarget(config: CliConfig, options: SourceOptions, signal: AbortSignal): Promise<Target> {
  const text = await readInput(options.file);
  return valueOrThrow(
    await readTarget({ text, file: options.file, channelDirectory: channelDirectory(config, options.channel), signal }),
  );
}

/** Reads the file alone, for commands that only need to know which cluster is meant. */
export async function loadDeclared(options: Pick<SourceOptions, 'file'>): Promise<DeclaredCluster> {
  return valueOrThrow(readDeclared({ text: await readInput(options.file), file: options.file }));
}

export function channelDirectory(config: CliConfig, channel: string | undefined): string {
  return channel === undefined ? join(config.root, 'channel') : resolve(channel);
}

export async function readInput(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new RoadsteadError(`The file ${file} cannot be read: ${messageOf(cause)}`, {
      code: 'FILE_UNREADABLE',
      value: file,
      cause,
      hint: 'Name a cluster file with -f; examples/shop.yaml is one.',
    });
  }
}

export function valueOrThrow<T>(checked: Checked<T>): T {
  if ('value' in checked) return checked.value;
  throw new WrongInput(problemLines(checked.problems));
}

export function problemLines(problems: readonly Problem[]): string[] {
  const lines = problems.map(formatProblem);
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  return hasErrors(problems)
    ? [...lines, `${errors} ${errors === 1 ? 'mistake' : 'mistakes'}; nothing was changed`]
    : lines;
}
