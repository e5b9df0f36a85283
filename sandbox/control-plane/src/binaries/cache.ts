import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, mkdir, readdir, readFile, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RoadsteadError } from '@roadstead/foundation';

/** Regular files with what they must be, and links among them. */
interface Manifest {
  readonly files: Readonly<Record<string, { readonly size: number; readonly sha256: string }>>;
  readonly links: Readonly<Record<string, string>>;
}

export type CacheState =
  | { readonly kind: 'good'; readonly directory: string }
  | { readonly kind: 'absent' }
  | { readonly kind: 'damaged'; readonly reason: string };

const manifestName = 'manifest.json';
const stagingPrefix = '.staging-';

/** Reads every byte (134 MB in 0.1 to 0.3 s), because a binary that changed on disk fails in ways nobody understands. */
export async function checkEntry(directory: string): Promise<CacheState> {
  const manifest = await readManifest(directory);
  if (manifest === undefined) return { kind: 'absent' };
  for (const [name, wanted] of Object.entries(manifest.files)) {
    const path = join(directory, name);
    const status = await lstat(path).catch(() => undefined);
    if (status?.size !== wanted.size) return { kind: 'damaged', reason: `${path} has not the size it was cached with` };
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
    await make(staging);
    const names = await readdir(staging);
    const files = await Promise.all(names.map(async (name) => [name, await describe(join(staging, name))] as const));
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
  const left = names.filter((name) => name.startsWith(stagingPrefix));
  await Promise.all(left.map((name) => rm(join(parent, name), { recursive: true, force: true })));
}

async function describe(path: string): Promise<{ size: number; sha256: string }> {
  return { size: (await lstat(path)).size, sha256: await sha256Of(path) };
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** A full disk and a folder that is not ours are said in one sentence; all else passes as it is. */
export function cacheError(error: unknown, directory: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const text = String(error);
  if (code === 'ENOSPC' || code === 'EDQUOT' || /no space left on device|disk quota exceeded/i.test(text)) {
    return new RoadsteadError('the disk is full', {
      code: 'DISK_FULL',
      value: directory,
      hint: 'the control plane needs 0.6 GB in the cache and, while it is built, 4 GB in Go’s caches (`go env GOCACHE GOMODCACHE`)',
      cause: error,
    });
  }
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM' || code === 'ENOTDIR') {
    return new RoadsteadError(`${directory} cannot be written`, {
      code: 'CACHE_NOT_WRITABLE',
      value: directory,
      hint: 'set XDG_CACHE_HOME to a folder of yours',
      cause: error,
    });
  }
  return error;
}
