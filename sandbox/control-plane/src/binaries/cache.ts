import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, mkdir, readdir, readFile, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isInUse, markUse, outdated, removeEntry, stagingPrefix } from '../machine/cache-use.ts';
import { storageError } from '../machine/storage-error.ts';

/** Regular files with what they must be, and links among them. */
interface Manifest {
  readonly files: Readonly<Record<string, CachedFile>>;
  readonly links: Readonly<Record<string, string>>;
}

interface CachedFile {
  readonly size: number;
  readonly sha256: string;
  readonly isExecutable?: boolean;
}

export type CacheState =
  | { readonly kind: 'good'; readonly directory: string }
  | { readonly kind: 'absent' }
  | { readonly kind: 'damaged'; readonly reason: string };

const manifestName = 'manifest.json';

/** Reads every byte (134 MB in 0.1 to 0.3 s), because a binary that changed on disk fails in ways nobody understands. */
export async function checkEntry(directory: string): Promise<CacheState> {
  const manifest = await readManifest(directory);
  if (manifest === undefined) return { kind: 'absent' };
  for (const [name, wanted] of Object.entries(manifest.files)) {
    const path = join(directory, name);
    const status = await lstat(path).catch(() => undefined);
    if (status?.size !== wanted.size) return { kind: 'damaged', reason: `${path} has not the size it was cached with` };
    if (wanted.isExecutable === true && !isExecutable(status.mode))
      return { kind: 'damaged', reason: `${path} may not be run` };
    if ((await sha256Of(path)) !== wanted.sha256)
      return { kind: 'damaged', reason: `${path} has changed since cached` };
  }
  for (const [name, target] of Object.entries(manifest.links)) {
    const actual = await readlink(join(directory, name)).catch(() => undefined);
    if (actual !== target) return { kind: 'damaged', reason: `${join(directory, name)} is not a link to ${target}` };
  }
  return { kind: 'good', directory };
}

async function readManifest(directory: string): Promise<Manifest | undefined> {
  try {
    const parsed: unknown = JSON.parse(await readFile(join(directory, manifestName), 'utf8'));
    return isManifest(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function isManifest(value: unknown): value is Manifest {
  return typeof value === 'object' && value !== null && 'files' in value && 'links' in value;
}

/**
 * Lets `make` fill a new folder and puts it in place as a whole: a reader sees the old entry, none, or the new one.
 * Whoever calls holds the build lock.
 */
export async function publishEntry(
  directory: string,
  links: Readonly<Record<string, string>>,
  make: (staging: string) => Promise<void>,
): Promise<void> {
  const parent = join(directory, '..');
  const staging = join(parent, `${stagingPrefix}${process.pid}`);
  try {
    await rm(staging, { recursive: true, force: true });
    await mkdir(staging, { recursive: true });
    await markUse(staging);
    await make(staging);
    const names = (await readdir(staging, { withFileTypes: true })).filter((entry) => entry.isFile());
    const files = await Promise.all(
      names.map(async ({ name }) => [name, await describe(join(staging, name))] as const),
    );
    await Promise.all(Object.entries(links).map(([name, target]) => symlink(target, join(staging, name))));
    const manifest: Manifest = { files: Object.fromEntries(files), links };
    await writeFile(join(staging, manifestName), `${JSON.stringify(manifest, undefined, 2)}\n`);
    await rm(directory, { recursive: true, force: true });
    await rename(staging, directory);
  } catch (error) {
    await rm(staging, { recursive: true, force: true }).catch(() => undefined);
    throw cacheError(error, parent);
  }
}

/** Removes what killed processes left. Whoever calls holds the build lock. */
export async function sweepStaging(parent: string): Promise<void> {
  const names = await readdir(parent).catch(() => []);
  for (const name of names.filter((found) => found.startsWith(stagingPrefix))) {
    const path = join(parent, name);
    if (!(await isInUse(path))) await rm(path, { recursive: true, force: true });
  }
}

const keptOfEach = 2;

/**
 * Removes the entries that no checkout is likely to ask for again: of each minor the two used last stay, and whatever a
 * living process uses. Whoever calls holds the build lock.
 */
export async function removeOutdated(parent: string): Promise<readonly string[]> {
  const names = await readdir(parent).catch(() => []);
  const alternatives = Map.groupBy(
    names.filter((name) => minorOfEntry(name) !== undefined),
    minorOfEntry,
  );
  const removed: string[] = [];
  for (const group of alternatives.values()) {
    const entries = group.map((name) => join(parent, name));
    for (const entry of await outdated(entries, keptOfEach)) {
      await removeEntry(entry);
      removed.push(entry);
    }
  }
  return removed;
}

/** `build-v1.36.3-linux-amd64-…` and `download-v1.36.3-linux-amd64` are of `1.36 linux-amd64`. */
export function minorOfEntry(name: string): string | undefined {
  const [, minor, platform] = /^(?:build|download)-v(\d+\.\d+)\.[^-]+-([^-]+-[^-]+)/.exec(name) ?? [];
  return minor === undefined ? undefined : `${minor} ${platform}`;
}

async function describe(path: string): Promise<CachedFile> {
  const { size, mode } = await lstat(path);
  return { size, sha256: await sha256Of(path), isExecutable: isExecutable(mode) };
}

function isExecutable(mode: number): boolean {
  return (mode & 0o100) !== 0;
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** What storage says, in the words of this cache. */
export function cacheError(error: unknown, directory: string): unknown {
  return storageError(error, {
    directory,
    needs:
      'The control plane needs 0.6 GB in the cache and, while it is built, 4 GB in Go’s caches (`go env GOCACHE GOMODCACHE`).',
  });
}
