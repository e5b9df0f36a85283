import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { chmod, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { EnvHttpProxyAgent, fetch } from 'undici';
import { type Component, components, type Minor, releases } from '../components.ts';
import { newestArchive } from './envtest-index.ts';
import type { Environment } from './installed.ts';

const run = promisify(execFile);

/** Where upstream publishes; other addresses are for mirrors and tests. */
export interface DownloadSites {
  /** `<releases>/v1.36.3/bin/linux/amd64/kube-apiserver` and the same with `.sha256`. */
  readonly releases: string;
  /** envtest's index: the one place with etcd built for these releases. */
  readonly index: string;
}

export const upstreamSites: DownloadSites = {
  releases: 'https://dl.k8s.io/release',
  index: 'https://raw.githubusercontent.com/kubernetes-sigs/controller-tools/HEAD/envtest-releases.yaml',
};

interface Item {
  readonly component: Component;
  readonly url: string;
  readonly checksum: { readonly algorithm: 'sha256' | 'sha512'; readonly hex: string };
  /** Undefined for a plain binary; else the path of the binary in the archive. */
  readonly member: string | undefined;
}

export interface DownloadPlan {
  readonly items: readonly Item[];
}

export type Planned =
  | { readonly kind: 'plan'; readonly plan: DownloadPlan }
  | { readonly kind: 'impossible'; readonly reason: string };

export interface DownloadContext {
  readonly sites: DownloadSites;
  readonly platform: { readonly os: string; readonly arch: string };
  readonly env: Environment;
  readonly signal: AbortSignal | undefined;
  /** How long the decision between downloading and building may take. Default 3,000. */
  readonly decideWithinMs?: number;
}

const defaultDecideWithinMs = 3_000;
const wholeDownloadMs = 15 * 60_000;

/** Fetches every checksum, so that a closed or half-open internet is known before anything big is moved. */
export async function planDownload(minor: Minor, context: DownloadContext): Promise<Planned> {
  const { os, arch } = context.platform;
  if (os !== 'linux') return { kind: 'impossible', reason: `upstream publishes no control plane for ${os}` };
  const decideWithinMs = context.decideWithinMs ?? defaultDecideWithinMs;
  const fetcher = fetcherOf(context, decideWithinMs);
  const base = `${context.sites.releases}/${releases[minor]}/bin/${os}/${arch}`;
  const fromReleases = components.filter((component) => component !== 'etcd');
  try {
    const [index, ...sums] = await Promise.all([
      fetcher.text(context.sites.index),
      ...fromReleases.map((component) => fetcher.text(`${base}/${component}.sha256`)),
    ]);
    const archive = newestArchive(index, minor, os, arch);
    if (archive === undefined) return { kind: 'impossible', reason: `no etcd for ${minor} ${os}/${arch} in the index` };
    const items: Item[] = fromReleases.map((component, at) => ({
      component,
      url: `${base}/${component}`,
      checksum: { algorithm: 'sha256', hex: checksumIn(sums[at] ?? '') },
      member: undefined,
    }));
    const checksum = { algorithm: 'sha512', hex: archive.sha512 } as const;
    items.push({ component: 'etcd', url: archive.url, checksum, member: 'controller-tools/envtest/etcd' });
    return { kind: 'plan', plan: { items } };
  } catch (error) {
    context.signal?.throwIfAborted();
    return { kind: 'impossible', reason: reasonOf(error, decideWithinMs) };
  } finally {
    await fetcher.close();
  }
}

/** Puts each component under its own name into the folder. Rejects at the first byte too many or checksum that differs. */
export async function download(
  plan: DownloadPlan,
  directory: string,
  context: DownloadContext,
  report: (message: string) => void,
): Promise<void> {
  const fetcher = fetcherOf(context, wholeDownloadMs);
  try {
    for (const item of plan.items) {
      report(`${item.component} from ${new URL(item.url).host}`);
      const path = join(directory, item.component);
      const fetched = item.member === undefined ? path : `${path}.tar.gz`;
      await fetcher.file(item, fetched);
      if (item.member !== undefined) await unpack(fetched, item.member, directory, path);
      await chmod(path, 0o755);
    }
    report(`${plan.items.length} files, checksums right`);
  } finally {
    await fetcher.close();
  }
}

async function unpack(archive: string, member: string, directory: string, path: string): Promise<void> {
  await run('tar', ['-xzf', archive, '-C', directory, member]);
  await rename(join(directory, member), path);
  await rm(archive);
  await rm(join(directory, member.split('/')[0] ?? ''), { recursive: true, force: true });
}

/** The first word: the file holds the bare sum, or the sum and a name. */
export function checksumIn(text: string): string {
  const hex = /^\s*([0-9a-f]{64})(?:\s|$)/.exec(text)?.[1];
  if (hex === undefined) throw new Error('the checksum file holds no SHA-256');
  return hex;
}

function fetcherOf({ env, signal }: DownloadContext, timeoutMs: number) {
  // All three are always given, or undici would look into the process's own environment.
  const httpsProxy = env.https_proxy ?? env.HTTPS_PROXY ?? '';
  const httpProxy = env.http_proxy ?? env.HTTP_PROXY ?? '';
  const noProxy = env.no_proxy ?? env.NO_PROXY ?? '';
  const dispatcher = new EnvHttpProxyAgent({ httpProxy, httpsProxy, noProxy, bodyTimeout: 30_000 });
  const timeout = AbortSignal.timeout(timeoutMs);
  const until = signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
  const get = async (url: string) => {
    const answer = await fetch(url, { dispatcher, signal: until });
    if (!answer.ok || answer.body === null) throw new Error(`${url} answered ${answer.status}`);
    return { answer, body: answer.body };
  };
  return {
    text: async (url: string): Promise<string> => (await get(url)).answer.text(),
    file: async ({ url, checksum }: Item, path: string): Promise<void> => {
      const hash = createHash(checksum.algorithm);
      const { body } = await get(url);
      const hashed = async function* (chunks: AsyncIterable<Uint8Array>) {
        for await (const chunk of chunks) {
          hash.update(chunk);
          yield chunk;
        }
      };
      await pipeline(body, hashed, createWriteStream(path), { signal: until });
      if (hash.digest('hex') !== checksum.hex) throw new Error(`${url} has not the checksum that was published for it`);
    },
    close: () => dispatcher.destroy(),
  };
}

/** undici says only `fetch failed`; the address that failed is in the cause. */
function reasonOf(error: unknown, withinMs: number): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no answer within ${withinMs / 1000} s`;
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
