import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { demandSuccess } from './roadstead.ts';
import { type Finished, finish } from './sandbox.ts';

/** A real disk of its own, small enough to fill. It is seen only by programs that are run on it, and goes when it is taken away. */
export interface SmallDisk {
  /** Where it is mounted. */
  readonly directory: string;
  /** The words that run a program where the disk is seen. */
  readonly prefix: readonly [string, ...string[]];
  /** The same directory as this process reaches it. */
  readonly outside: string;
  /** Takes all the space that is left. */
  fill(): Promise<void>;
  /** Gives it back. */
  free(): Promise<void>;
  run(...command: readonly string[]): Promise<Finished>;
  remove(): Promise<void>;
}

/** A tmpfs in a mount namespace that a sleeping process keeps; without root in a user namespace as well (Linux, util-linux). */
export async function makeSmallDisk(mebibytes: number): Promise<SmallDisk> {
  const isRoot = process.getuid?.() === 0;
  const directory = await mkdtemp(join(tmpdir(), 'roadstead-disk-'));
  const script = `mount -t tmpfs -o size=${mebibytes}m tmpfs "$0" && echo ready && exec sleep 100000`;
  const keeper = spawn('unshare', [...(isRoot ? [] : ['-r']), '-m', 'sh', '-c', script, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(keeper, 'exit');
  const said = await Promise.race([once(keeper.stdout, 'data'), ended]);
  if (!String(said[0]).startsWith('ready')) throw new Error('a small disk cannot be mounted on this machine');
  const pid = String(keeper.pid);
  const prefix = ['nsenter', '-t', pid, ...(isRoot ? [] : ['-U', '--preserve-credentials']), '-m', '--'] as const;
  const outside = `/proc/${pid}/root${directory}`;
  const filler = join(outside, 'filler');
  return {
    directory,
    prefix,
    outside,
    fill: () => fill(filler),
    free: () => rm(filler, { force: true }),
    run: async (...command) =>
      demandSuccess(command.join(' '), await finish(prefix[0], [...prefix.slice(1), ...command], process.env)),
    remove: async () => {
      keeper.kill('SIGKILL');
      await ended;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** In smaller and smaller pieces, so that not a byte is left. */
async function fill(file: string): Promise<void> {
  const handle = await open(file, 'a');
  try {
    for (let size = 2 ** 20; size >= 1; size /= 2) {
      while (await handle.write(Buffer.alloc(size)).then(() => true, isFull)) {
        // Until this size no longer fits.
      }
    }
  } finally {
    await handle.close();
  }
}

function isFull(error: NodeJS.ErrnoException): false {
  if (error.code === 'ENOSPC') return false;
  throw error;
}
