import { createHash } from 'node:crypto';
import {
  access,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  statfs,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Clock, RoadsteadError, systemClock } from '@roadstead/foundation';
import { isInUse, markUse, outdated, withLock } from '@roadstead/sandbox-control-plane/machine';
import { cacheFailure, installFailure } from './install-failure.ts';
import { type Environment, findPython, type How, type Python, run } from './python.ts';

/** Where the programs of one virtual environment are; all paths absolute. */
export interface MotoTools {
  /** moto's own. */
  readonly version: string;
  readonly python: string;
  /** The AWS CLI. */
  readonly aws: string;
  readonly cfnLint: string;
  /** The folder of botocore's service models. */
  readonly botocoreData: string;
  /** The folder that holds the programs. */
  readonly bin: string;
}

export interface EnsureMotoOptions {
  readonly cacheDirectory: string;
  /** The user's environment: PATH, HOME and pip's settings are used, AWS's are not. */
  readonly environment: Environment;
  readonly onProgress?: (message: string) => void;
  readonly signal?: AbortSignal;
  /** Commands to try for Python, in order. */
  readonly pythons?: readonly string[];
  /** For waiting on another process that makes the same. */
  readonly clock?: Clock;
}

const environmentPrefix = 'moto-env-';
const venvTimeoutMs = 3 * 60_000;
const installTimeoutMs = 15 * 60_000;
const fullBelowBytes = 1024 * 1024;

const requirementsFile = join(dirname(fileURLToPath(import.meta.url)), '..', 'requirements.txt');

/**
 * A virtual environment with moto, the AWS CLI and cfn-lint, made once for each set of pinned packages and Python
 * version, and made anew when a part of it is missing. It becomes visible under its name only when it is whole; a second
 * process that needs it meanwhile waits. Rejects with PYTHON_*, PACKAGE_INDEX_UNREACHABLE, MOTO_INSTALL_FAILED,
 * DISK_FULL or CACHE_NOT_WRITABLE.
 */
export async function ensureMoto(options: EnsureMotoOptions): Promise<MotoTools> {
  const { cacheDirectory, clock = systemClock, onProgress } = options;
  const how = howOf(options);
  const python = await findPython(how, options.pythons);
  const requirements = await readFile(requirementsFile, 'utf8');
  const wanted: Wanted = {
    name: join(cacheDirectory, `moto-${cacheKey(requirements, python.version)}`),
    pythonVersion: python.version,
    version: pinnedVersion(requirements, 'moto'),
  };
  const found = await wholeTools(wanted, how);
  if (found !== undefined) return found;
  const waiting = { isTold: false };
  const onWait = (pid: number): void => {
    if (!waiting.isTold) onProgress?.(`process ${pid} is making the Python environment; waiting for it`);
    waiting.isTold = true;
  };
  try {
    await mkdir(cacheDirectory, { recursive: true });
    return await withLock(join(cacheDirectory, 'moto.lock'), { clock, signal: options.signal, onWait }, async () => {
      // Somebody may have made it while we waited.
      const made =
        (await wholeTools(wanted, how)) ?? (await makeAndPublish(options, how, python, requirements, wanted));
      await removeOutdated(cacheDirectory);
      return made;
    });
  } catch (error) {
    throw cacheFailure(error, cacheDirectory);
  }
}

/** What an environment is looked up by. */
interface Wanted {
  /** The link to it. */
  readonly name: string;
  readonly pythonVersion: string;
  readonly version: string;
}

async function makeAndPublish(
  options: EnsureMotoOptions,
  how: How,
  python: Python,
  requirements: string,
  wanted: Wanted,
): Promise<MotoTools> {
  options.onProgress?.('making the Python environment of the sandbox (moto, AWS CLI, cfn-lint); about 30 s');
  const root = await makeEnvironment(options, how, python, requirements);
  return publish(root, wanted, how);
}

/** The version that the pinned requirements have of a package. */
export function pinnedVersion(requirements: string, name: string): string {
  const version = requirements
    .split('\n')
    .find((line) => line.startsWith(`${name}==`))
    ?.split('==')[1];
  if (version === undefined) throw new Error(`${name} is not pinned`);
  return version.trim();
}

function howOf({ environment, signal }: EnsureMotoOptions): How {
  return signal === undefined ? { environment } : { environment, signal };
}

/** Names an environment by what is in it. */
export function cacheKey(requirements: string, pythonVersion: string): string {
  return createHash('sha256').update(`${pythonVersion}\n${requirements}`).digest('hex').slice(0, 16);
}

function toolsOf(root: string, { pythonVersion, version }: Wanted): MotoTools {
  const [major, minor] = pythonVersion.split('.');
  const bin = join(root, 'bin');
  return {
    version,
    bin,
    python: join(bin, 'python'),
    aws: join(bin, 'aws'),
    cfnLint: join(bin, 'cfn-lint'),
    botocoreData: join(root, 'lib', `python${major}.${minor}`, 'site-packages', 'botocore', 'data'),
  };
}

/** The programs behind a name when all of them are there and Python starts; `undefined` when anything is broken. */
async function wholeTools(wanted: Wanted, how: How): Promise<MotoTools | undefined> {
  const root = await targetOf(wanted.name);
  if (root === undefined) return undefined;
  // Before the look: what is noted as used is not removed.
  const takeBack = await markUse(root);
  const tools = toolsOf(root, wanted);
  const packages = join(tools.botocoreData, '..', '..');
  const parts = [tools.aws, tools.cfnLint, join(packages, 'moto', 'server.py'), join(tools.botocoreData, 'eks')];
  const missing = await Promise.all(
    parts.map((part) =>
      access(part).then(
        () => false,
        () => true,
      ),
    ),
  );
  const starts = await run(tools.python, ['-c', 'import werkzeug, flask, yaml'], how).catch(() => undefined);
  if (!missing.includes(true) && starts?.code === 0) return tools;
  await takeBack();
  return undefined;
}

/** Where a link of the cache leads; undefined where there is none. */
async function targetOf(name: string): Promise<string | undefined> {
  return readlink(name).then(
    (target) => join(dirname(name), target),
    () => undefined,
  );
}

async function makeEnvironment(
  options: EnsureMotoOptions,
  how: How,
  python: Python,
  requirements: string,
): Promise<string> {
  const { cacheDirectory, environment, onProgress } = options;
  const root = await mkdtemp(join(cacheDirectory, environmentPrefix));
  try {
    await markUse(root);
    const pinned = join(root, 'requirements.txt');
    await writeFile(pinned, requirements);
    await step('venv', python.command, ['-m', 'venv', root], { ...how, timeoutMs: venvTimeoutMs }, cacheDirectory);
    const install = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '--only-binary', ':all:'];
    const patience = environment['PIP_RETRIES'] === undefined ? ['--retries', '2', '--timeout', '10'] : [];
    const onLine = (line: string): void => {
      if (line.startsWith('Collecting ')) onProgress?.(line.replace(/ \(from .*/, ''));
    };
    const pip = join(root, 'bin', 'python');
    const slowly = { ...how, timeoutMs: installTimeoutMs, onLine };
    await step('pip', pip, [...install, ...patience, '-r', pinned], slowly, cacheDirectory);
    return root;
  } catch (error) {
    await rm(root, { recursive: true, force: true });
    throw error;
  }
}

async function step(
  what: string,
  command: string,
  args: readonly string[],
  how: How,
  cacheDirectory: string,
): Promise<void> {
  const ran = await run(command, args, how);
  if (ran.code === 0) return;
  // Some steps keep the reason to themselves.
  const { bavail, bsize } = await statfs(cacheDirectory);
  const isFull = bavail * bsize < fullBelowBytes;
  throw installFailure(what, isFull ? `${ran.output}\nno space left on device` : ran.output, cacheDirectory);
}

/** Makes the name point at the new environment. One that it takes the place of goes when nobody uses it. */
async function publish(root: string, wanted: Wanted, how: How): Promise<MotoTools> {
  const fresh = `${root}.link`;
  await symlink(basename(root), fresh);
  await rename(fresh, wanted.name);
  const tools = await wholeTools(wanted, how);
  if (tools !== undefined) return tools;
  throw new RoadsteadError('The Python environment of the sandbox does not work after it was made.', {
    code: 'MOTO_INSTALL_FAILED',
    value: (await readdir(root)).join(' '),
    hint: `Remove ${root} and try again.`,
  });
}

const keptEnvironments = 2;

/**
 * Removes what no checkout is likely to ask for again, and what killed processes left: the two environments used last
 * stay, and whatever a living process uses. Whoever calls holds the lock.
 */
async function removeOutdated(cacheDirectory: string): Promise<void> {
  const names = await readdir(cacheDirectory);
  const links = names.filter((name) => /^moto-[0-9a-f]{16}$/.test(name)).map((name) => join(cacheDirectory, name));
  const roots = new Map(await Promise.all(links.map(async (link) => [(await targetOf(link)) ?? link, link] as const)));
  for (const old of await outdated([...roots.keys()], keptEnvironments)) {
    await rm(roots.get(old) ?? old, { force: true });
    roots.delete(old);
  }
  const unnamed = names.filter((name) => name.startsWith(environmentPrefix)).map((name) => join(cacheDirectory, name));
  for (const path of unnamed) {
    const isKept = roots.has(path) || (await isInUse(path));
    if (!isKept) await rm(path, { recursive: true, force: true });
  }
}
