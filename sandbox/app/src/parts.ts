import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import {
  minors as allMinors,
  type Binaries,
  type BinaryProvider,
  isMinor,
  progressLine,
  resolveApart,
  resolveBinaries,
} from '@roadstead/sandbox-control-plane';
import { ensureMoto, type MotoTools } from '@roadstead/sandbox-moto';
import type { SandboxProgress, StartSandboxOptions } from './sandbox-options.ts';

/** What a sandbox is put together from. */
export interface Parts {
  readonly tools: MotoTools;
  readonly binaries: BinaryProvider;
  readonly newest: Binaries;
}

/** Finds or makes everything that may take minutes and the network. Rejects when a part is not to be had. */
export async function ensureParts(
  options: Pick<StartSandboxOptions, 'cacheDirectory' | 'environment' | 'signal' | 'minors'>,
  progress: (line: SandboxProgress) => void,
): Promise<Parts> {
  const { cacheDirectory, environment } = options;
  const failed = new AbortController();
  const signal = options.signal === undefined ? failed.signal : AbortSignal.any([options.signal, failed.signal]);
  const tell = (message: string): void => progress({ step: 'control-plane', message });
  const resolving = { cacheDirectory, env: environment };
  const newest = (options.minors ?? allMinors).filter(isMinor).at(-1) ?? '1.36';
  const making = [
    ensureMoto({ cacheDirectory, environment, signal, onProgress: (message) => progress({ step: 'python', message }) }),
    resolveBinaries({ ...resolving, signal, minor: newest, onProgress: (line) => tell(progressLine(line)) }),
  ] as const;
  // A build of minutes is for nothing when there is no Python; and nothing goes on after this function has rejected.
  const [tools, found] = await Promise.all(making).catch(async (error: unknown) => {
    failed.abort(error);
    await Promise.allSettled(making);
    throw error;
  });
  const known = new Map([[newest, found]]);
  // Other minors are asked for later, from behind the guard.
  const binaries: BinaryProvider = async (minor, until) => {
    const more = until === undefined ? {} : { signal: until };
    const made = known.get(minor) ?? (await resolveApart({ ...resolving, ...more, minor, onLine: tell }));
    known.set(minor, made);
    return made;
  };
  return { tools, binaries, newest: found };
}

/** A folder of its own for PATH: the Python environment's would bring its python along. */
export async function linkPrograms(directory: string, { tools, newest }: Parts): Promise<string> {
  const bin = join(directory, 'bin');
  await mkdir(bin, { recursive: true });
  await symlink(tools.aws, join(bin, 'aws'));
  await symlink(tools.cfnLint, join(bin, 'cfn-lint'));
  await symlink(newest.files.kubectl.path, join(bin, 'kubectl'));
  return bin;
}
