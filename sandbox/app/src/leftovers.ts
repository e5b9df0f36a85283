import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  identityOf,
  type ProcessIdentity,
  readIdentity,
  whereaboutsOf,
} from '@roadstead/sandbox-control-plane/machine';
import { sweepDirectory } from './state.ts';

/** What a sandbox has outside of the cache, written down where the next one finds it. */
interface Belongings {
  readonly owner: ProcessIdentity;
  /** The sandbox's own; it holds more than one run's files. */
  readonly directory: string;
  /** Beside the machine's temporary files; all of it is one run's. */
  readonly temporary: string;
}

export interface Registration {
  readonly temporary: string;
  /** Removes the temporary folder, and the note about it. */
  release(): Promise<void>;
}

const registryName = 'sandboxes';
const ownerFile = 'owner.json';

/**
 * Gives this run a temporary folder and writes down what it has, first, so that whoever comes after a kill can remove
 * it. The name is short: sockets in it have room for a hundred characters.
 */
export async function registerRun(cacheDirectory: string, directory: string): Promise<Registration> {
  const id = randomBytes(4).toString('hex');
  const belongings: Belongings = { owner: await identityOf(), directory, temporary: join(tmpdir(), `rs-${id}`) };
  const { temporary } = belongings;
  const note = join(cacheDirectory, registryName, `${id}.json`);
  const text = `${JSON.stringify(belongings)}\n`;
  await writeNote(note, text);
  await mkdir(temporary, { mode: 0o700 });
  await writeFile(join(temporary, ownerFile), text, { mode: 0o600 });
  return {
    temporary,
    release: async () => {
      await rm(temporary, { recursive: true, force: true, maxRetries: 5 });
      await rm(note, { force: true }).catch(() => undefined);
    },
  };
}

/** A cache that may only be read is no reason not to run: then nobody sweeps, and the machine's own rules do. */
async function writeNote(note: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(note), { recursive: true });
    await writeFile(note, text, { mode: 0o600, flag: 'wx' });
  } catch {
    await rm(note, { force: true }).catch(() => undefined);
  }
}

/**
 * Removes what sandboxes of this user left whose very process is gone, and nothing else; says what it removed. What
 * cannot be removed is left for the next time.
 */
export async function sweepLeftovers(cacheDirectory: string): Promise<readonly string[]> {
  const registry = join(cacheDirectory, registryName);
  const names = await readdir(registry).catch(() => []);
  const swept = await Promise.all(names.map((name) => sweepNote(join(registry, name)).catch(() => [])));
  return swept.flat();
}

async function sweepNote(note: string): Promise<readonly string[]> {
  const text = await readFile(note, 'utf8');
  const belongings = readBelongings(text);
  if (belongings === undefined || (await whereaboutsOf(belongings.owner)) !== 'gone') return [];
  const { directory, temporary } = belongings;
  const removed: string[] = [];
  if (await sweepDirectory(directory)) removed.push(directory);
  // The folder says itself whose it is: the same name may be another's by now.
  if ((await readFile(join(temporary, ownerFile), 'utf8').catch(() => undefined)) === text) {
    await rm(temporary, { recursive: true, force: true });
    removed.push(temporary);
  }
  await rm(note, { force: true });
  return removed;
}

/** Undefined for a note that is being written, or of something else. */
function readBelongings(text: string): Belongings | undefined {
  try {
    const value: { owner?: unknown; directory?: unknown; temporary?: unknown } = JSON.parse(text);
    const owner = readIdentity(value.owner);
    const { directory, temporary } = value;
    if (owner === undefined || typeof directory !== 'string' || typeof temporary !== 'string') return undefined;
    return { owner, directory, temporary };
  } catch {
    return undefined;
  }
}
