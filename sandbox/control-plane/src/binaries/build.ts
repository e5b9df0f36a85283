import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { messageOf, RoadsteadError } from '@roadstead/foundation';
import { type Minor, releases } from '../components.ts';
import { endGroupWithParent } from '../machine/watchdog.ts';
import { cacheError } from './cache.ts';
import type { Environment } from './installed.ts';

/** The Go module of this package. */
export const sourceDirectory: string = fileURLToPath(new URL('../../go', import.meta.url));
const sourceFiles = ['go.mod', 'go.sum', 'main.go'] as const;

/** What `go env` says about the toolchain that will build. */
export interface Toolchain {
  readonly version: string;
  readonly os: string;
  readonly arch: string;
}

/** The name of the one file that a build makes; components are links to it. */
export const builtName = 'control-plane';

/** Flags that make the linked program say it is the minor's pinned release. */
export function linkFlags(minor: Minor): string {
  const version = releases[minor];
  const values = [
    ['k8s.io/component-base/version.gitVersion', version],
    ['k8s.io/component-base/version.gitMajor', '1'],
    ['k8s.io/component-base/version.gitMinor', minor.split('.')[1] ?? ''],
    ['k8s.io/component-base/version.gitTreeState', 'clean'],
    ['k8s.io/client-go/pkg/version.gitVersion', version],
  ];
  return ['-s', '-w', ...values.map(([name, value]) => `-X ${name}=${value}`)].join(' ');
}

/** Twelve hex digits over all that decides the bytes, but the toolchain, whose name stands beside it in the entry's name. */
export function contentKey(sources: readonly string[], minor: Minor): string {
  const hash = createHash('sha256');
  for (const text of [...sources, linkFlags(minor)]) hash.update(`${Buffer.byteLength(text)}:`).update(text);
  return hash.digest('hex').slice(0, 12);
}

export async function readSources(directory: string = sourceDirectory): Promise<readonly string[]> {
  return Promise.all(sourceFiles.map((name) => readFile(join(directory, name), 'utf8')));
}

/**
 * Undefined where there is no Go. An older Go that can fetch the toolchain that go.mod asks for does so, and names that
 * one. Rejects with `GO_TOO_OLD`.
 */
export async function findToolchain(env: Environment, signal?: AbortSignal): Promise<Toolchain | undefined> {
  const ended = await go(['env', 'GOVERSION', 'GOOS', 'GOARCH'], env, signal, () => undefined);
  if (ended.kind === 'missing') return undefined;
  if (ended.code !== 0) throw buildError(ended.errors);
  const [version, os, arch] = ended.output;
  if (!version || !os || !arch) throw buildError(ended.output);
  return { version, os, arch };
}

const installGo =
  'install Go 1.26 or newer: `brew install go` (macOS), or on Linux unpack https://go.dev/dl/ into /usr/local and add /usr/local/go/bin to PATH';

/** `tried` says why no other source had it. */
export function goMissing(tried: readonly string[] = []): RoadsteadError {
  const because = tried.length === 0 ? '' : ` (${tried.join('; ')})`;
  return new RoadsteadError(`the control plane has to be built${because}, and Go is not installed`, {
    code: 'GO_MISSING',
    hint: installGo,
  });
}

/** Builds one program into `<directory>/control-plane`. `onPackage` counts what was compiled; a warm cache compiles none. */
export async function build(
  minor: Minor,
  directory: string,
  context: { readonly env: Environment; readonly signal: AbortSignal | undefined },
  onPackage: (count: number) => void,
): Promise<void> {
  const flags = ['-mod=readonly', '-trimpath', '-buildvcs=false', '-v', '-ldflags', linkFlags(minor)];
  let count = 0;
  const args = ['build', ...flags, '-o', join(directory, builtName), '.'];
  const ended = await go(args, context.env, context.signal, (line) => {
    if (/^[\w./~-]+$/.test(line)) onPackage(++count);
  });
  context.signal?.throwIfAborted();
  if (ended.kind === 'missing') throw goMissing();
  if (ended.code !== 0) throw buildError(ended.errors);
}

/** What failed, in the last lines that are no package name. */
export function buildError(lines: readonly string[]): unknown {
  const words = lines.filter((line) => !/^[\w./~-]+$/.test(line)).slice(-12);
  const text = words.join('\n');
  if (/requires go >= |toolchain not available|download go\d|invalid go version/.test(text)) {
    return new RoadsteadError(`the control plane has to be built, and the Go that is installed is too old:\n${text}`, {
      code: 'GO_TOO_OLD',
      hint: installGo,
    });
  }
  if (/no space left on device/i.test(text)) return cacheError(new Error(text), 'the caches of Go');
  if (/proxy|dial tcp|lookup .* no such host|i\/o timeout|TLS handshake/i.test(text)) {
    return new RoadsteadError(`Go cannot fetch the modules of the control plane:\n${text}`, {
      code: 'GO_MODULES_UNREACHABLE',
      hint: 'check `go env GOPROXY` and the way to it; or set KUBEBUILDER_ASSETS to a folder with the five binaries',
      retry: 'backoff',
    });
  }
  return new RoadsteadError(`the control plane does not build:\n${text}`, {
    code: 'CONTROL_PLANE_BUILD_FAILED',
    hint: `run \`go build .\` in ${sourceDirectory}`,
  });
}

type Ended =
  | { readonly kind: 'missing' }
  | {
      readonly kind: 'ended';
      readonly code: number | null;
      readonly output: readonly string[];
      readonly errors: readonly string[];
    };

async function go(
  args: readonly string[],
  env: Environment,
  signal: AbortSignal | undefined,
  onErrorLine: (line: string) => void,
): Promise<Ended> {
  // A group of its own, so that compilers end with it; and it ends with us, or it would go on for minutes for nobody.
  const child = spawn('go', [...args], {
    cwd: sourceDirectory,
    env: { ...env, CGO_ENABLED: '0', GOWORK: 'off', GOOS: undefined, GOARCH: undefined },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const release = endGroupWithParent(child, signal);
  const output: string[] = [];
  const errors: string[] = [];
  createInterface(child.stdout).on('line', (line) => output.push(line));
  createInterface(child.stderr).on('line', (line) => {
    errors.push(line);
    onErrorLine(line);
  });
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    return { kind: 'ended', code, output, errors };
  } catch (error) {
    if (messageOf(error).includes('ENOENT')) return { kind: 'missing' };
    throw error;
  } finally {
    release();
  }
}
