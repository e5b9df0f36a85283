import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, messageOf, systemClock } from '@roadstead/foundation';
import {
  type Binaries,
  type Binary,
  type BinaryProvider,
  type BinarySource,
  type Component,
  components,
  type Minor,
  minors,
  releases,
} from '../components.ts';
import { lastUseOf, markUse } from '../machine/cache-use.ts';
import { withLock } from '../machine/lock.ts';
import { build, builtName, contentKey, findToolchain, goMissing, readSources, type Toolchain } from './build.ts';
import { cacheError, checkEntry, publishEntry, removeOutdated, sweepStaging } from './cache.ts';
import { type DownloadContext, type DownloadSites, download, planDownload, upstreamSites } from './download.ts';
import { type Environment, findInstalled, type PartialFiles } from './installed.ts';
import { type OnProgress, reporter } from './progress.ts';

export interface ResolveOptions {
  readonly minor: Minor;
  /** Such as `~/.cache/roadstead`; made when missing. */
  readonly cacheDirectory: string;
  /** Read for TEST_ASSET_*, KUBEBUILDER_ASSETS, PATH, proxies and Go's settings. */
  readonly env: Environment;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  readonly sites?: DownloadSites;
  /** In Go's words; this machine's by default. */
  readonly platform?: Platform;
}

export interface Platform {
  readonly os: string;
  readonly arch: string;
}

interface Context {
  readonly options: ResolveOptions;
  readonly parent: string;
  readonly platform: Platform;
  readonly clock: Clock;
  readonly onProgress: OnProgress;
  readonly installed: PartialFiles;
  /** Why no source had it so far, for the one message at the end. */
  readonly tried: string[];
}

const usualCompileMs = 5 * 60_000;
const usualLinkMs = 10_000;
const reportEveryMs = 5_000;

/**
 * The five binaries of one minor: installed ones first, then the cache, then a download by checksum, then a build. What
 * is in the cache is read whole and made again if it changed. Rejects with `GO_MISSING`, `DISK_FULL`,
 * `CACHE_NOT_WRITABLE`, `GO_TOO_OLD`, `GO_MODULES_UNREACHABLE` or `CONTROL_PLANE_BUILD_FAILED`.
 */
export async function resolveBinaries(options: ResolveOptions): Promise<Binaries> {
  const context = await contextOf(options);
  return (await find(context)) ?? complete(options.minor, context.installed, await make(context));
}

/** What is on this machine already; undefined when something would have to be downloaded or built. */
export async function findBinaries(options: ResolveOptions): Promise<Binaries | undefined> {
  return find(await contextOf(options));
}

async function contextOf(options: ResolveOptions): Promise<Context> {
  const { clock = systemClock, onProgress = () => undefined, platform = thisPlatform() } = options;
  const parent = join(options.cacheDirectory, 'control-plane');
  const installed = await findInstalled(options.minor, options.env, reporter(onProgress, clock, 'find'));
  return { options, parent, platform, clock, onProgress, installed, tried: [] };
}

async function find(context: Context): Promise<Binaries | undefined> {
  const { installed, options } = context;
  const isAll = components.every((component) => installed[component] !== undefined);
  const rest = isAll ? {} : await findCached(context);
  return rest && complete(options.minor, installed, rest);
}

/** `resolveBinaries` for any minor, each looked for once in the life of the process. */
export function binaryProvider(options: Omit<ResolveOptions, 'minor' | 'signal'>): BinaryProvider {
  const known = new Map<Minor, Binaries>();
  return async (minor, signal) => {
    const before = known.get(minor);
    if (before !== undefined) return before;
    const binaries = await resolveBinaries({ ...options, minor, ...(signal === undefined ? {} : { signal }) });
    known.set(minor, binaries);
    return binaries;
  };
}

function thisPlatform(): Platform {
  return { os: process.platform, arch: process.arch === 'x64' ? 'amd64' : process.arch };
}

function complete(minor: Minor, installed: PartialFiles, rest: PartialFiles): Binaries {
  const files = { ...rest, ...installed };
  const missing = components.filter((component) => files[component] === undefined);
  if (missing.length > 0) throw new Error(`no source made ${missing.join(', ')}`);
  return { minor, files: files as Readonly<Record<Component, Binary>> };
}

async function make(context: Context): Promise<PartialFiles> {
  const { options, parent, clock, onProgress } = context;
  const waiting = reporter(onProgress, clock, 'wait', usualCompileMs);
  const onWait = every(reportEveryMs, clock, (pid: number) => waiting(`process ${pid} is making the control plane`));
  try {
    await mkdir(parent, { recursive: true });
    return await withLock(join(parent, 'lock'), { clock, signal: options.signal, onWait }, async () => {
      await sweepStaging(parent);
      context.tried.length = 0;
      // Somebody may have made it while we waited.
      const files = (await findCached(context)) ?? (await tryDownload(context)) ?? (await buildAll(context));
      await removeOutdated(parent);
      return files;
    });
  } catch (error) {
    throw cacheError(error, parent);
  }
}

function filesIn(directory: string, source: BinarySource): PartialFiles {
  const isOurs = source === 'build';
  return Object.fromEntries(
    components.map((component) => [component, { path: join(directory, component), source, isOurs }]),
  );
}

function downloadEntry({ options, parent, platform }: Context): string {
  return join(parent, `download-${releases[options.minor]}-${platform.os}-${platform.arch}`);
}

/** Of the builds for the same sources, any Go's is as good: a newer Go is no reason to compile for minutes. */
async function findCached(context: Context): Promise<PartialFiles | undefined> {
  const download = downloadEntry(context);
  if (await isGood(download, context)) return filesIn(download, 'download');
  for (const build of await buildEntries(context)) {
    if (await isGood(build, context)) return filesIn(build, 'build');
  }
  return undefined;
}

async function buildEntries(context: Context): Promise<readonly string[]> {
  const { options, parent } = context;
  const prefix = `${await buildEntryPrefix(options.minor, context)}-`;
  const names = await readdir(parent).catch(() => []);
  const entries = names.filter((name) => name.startsWith(prefix)).map((name) => join(parent, name));
  const used = await Promise.all(entries.map(async (entry) => ({ entry, at: await lastUseOf(entry) })));
  return used.toSorted((a, b) => b.at - a.at || b.entry.localeCompare(a.entry)).map(({ entry }) => entry);
}

async function isGood(directory: string, { onProgress, clock, tried }: Context): Promise<boolean> {
  // Before the look: what is noted as used is not removed.
  await markUse(directory);
  const state = await checkEntry(directory);
  if (state.kind !== 'damaged') return state.kind === 'good';
  const what = `the cache is damaged: ${state.reason}`;
  reporter(onProgress, clock, 'find')(what);
  tried.push(what);
  return false;
}

async function tryDownload(context: Context): Promise<PartialFiles | undefined> {
  const { options, platform, clock, onProgress } = context;
  const from: DownloadContext = {
    sites: options.sites ?? upstreamSites,
    platform,
    env: options.env,
    signal: options.signal,
  };
  const report = reporter(onProgress, clock, 'download');
  const planned = await planDownload(options.minor, from);
  if (planned.kind === 'impossible') {
    report(`not possible: ${planned.reason}`);
    context.tried.push(`it cannot be downloaded: ${planned.reason}`);
    return undefined;
  }
  const directory = downloadEntry(context);
  try {
    await publishEntry(directory, {}, (staging) => download(planned.plan, staging, from, report));
    return filesIn(directory, 'download');
  } catch (error) {
    options.signal?.throwIfAborted();
    const isOurDisk = error !== null && typeof error === 'object' && 'code' in error && error.code === 'DISK_FULL';
    if (isOurDisk) throw error;
    report(`given up: ${messageOf(error)}`);
    context.tried.push(`its download failed: ${messageOf(error)}`);
    return undefined;
  }
}

async function buildEntryPrefix(minor: Minor, { platform }: Context): Promise<string> {
  return `build-${releases[minor]}-${platform.os}-${platform.arch}-${contentKey(await readSources(), minor)}`;
}

/** The minor that was asked for first, then the others, which cost seconds while Go's cache is warm. */
async function buildAll(context: Context): Promise<PartialFiles> {
  const { options, parent, tried } = context;
  const toolchain = await findToolchain(options.env, options.signal);
  if (toolchain === undefined) throw goMissing(tried);
  const order = [options.minor, ...minors.filter((minor) => minor !== options.minor).toReversed()];
  for (const minor of order) {
    const directory = join(parent, `${await buildEntryPrefix(minor, context)}-${toolchain.version}`);
    const isAsked = minor === options.minor;
    if (!isAsked && (await checkEntry(directory)).kind === 'good') continue;
    await buildOne(minor, directory, toolchain, context, isAsked);
  }
  return filesIn(join(parent, `${await buildEntryPrefix(options.minor, context)}-${toolchain.version}`), 'build');
}

async function buildOne(
  minor: Minor,
  directory: string,
  toolchain: Toolchain,
  { options, clock, onProgress }: Context,
  isFirst: boolean,
): Promise<void> {
  const [step, usualMs] = isFirst ? (['compile', usualCompileMs] as const) : (['link', usualLinkMs] as const);
  const report = reporter(onProgress, clock, step, usualMs);
  const what = `Kubernetes ${releases[minor]} with ${toolchain.version}`;
  report(what);
  let packages = 0;
  const tick = setInterval(
    () => report(packages === 0 ? what : `${what}, ${packages} packages so far`),
    reportEveryMs,
  ).unref();
  const links = Object.fromEntries(components.map((component) => [component, builtName]));
  try {
    const { env, signal } = options;
    await publishEntry(directory, links, (staging) =>
      build(minor, staging, { env, signal }, (count) => {
        packages = count;
      }),
    );
    report(`${what} is in the cache`);
  } finally {
    clearInterval(tick);
  }
}

/** At most one call in `ms`. */
function every<T>(ms: number, clock: Clock, call: (value: T) => void): (value: T) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (value) => {
    if (clock.monotonic() - last < ms) return;
    last = clock.monotonic();
    call(value);
  };
}
