import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { RoadsteadError } from '@roadstead/foundation';
import type { Binaries } from '../components.ts';
import { endGroupWithParent } from '../machine/watchdog.ts';
import { findBinaries, type ResolveOptions } from './resolve-binaries.ts';

const program = fileURLToPath(new URL('../ensure-cli.ts', import.meta.url));

export interface ResolveApartOptions extends Omit<ResolveOptions, 'platform' | 'clock' | 'onProgress'> {
  /** What the other process says. */
  readonly onLine: (line: string) => void;
}

/**
 * `resolveBinaries` for a process that may not use the network: what is not on this machine yet is downloaded or built by
 * another one, which ends with this. Rejects with `CONTROL_PLANE_NOT_AVAILABLE`.
 */
export async function resolveApart(options: ResolveApartOptions): Promise<Binaries> {
  const found = await findBinaries(options);
  if (found !== undefined) return found;
  const said = await ensure(options);
  const made = await findBinaries(options);
  if (made !== undefined) return made;
  throw new RoadsteadError(`Kubernetes ${options.minor} is not to be had on this machine: ${said.join(' ')}`, {
    code: 'CONTROL_PLANE_NOT_AVAILABLE',
    value: options.minor,
    hint: 'Make it ready by hand: node sandbox/control-plane/src/ensure-cli.ts <minor>',
    retry: 'backoff',
  });
}

/** The last lines that it said, when it has ended. */
async function ensure({ minor, cacheDirectory, env, sites, signal, onLine }: ResolveApartOptions): Promise<string[]> {
  const mirrors = sites === undefined ? [] : ['--releases', sites.releases, '--index', sites.index];
  const child = spawn(process.execPath, [program, ...mirrors, minor], {
    env: { ...env, ROADSTEAD_CACHE: cacheDirectory },
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  const release = endGroupWithParent(child, signal);
  const last: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    onLine(line);
    last.push(line);
    if (last.length > 2) last.shift();
  });
  try {
    await once(child, 'close');
    signal?.throwIfAborted();
    return last;
  } finally {
    release();
  }
}
