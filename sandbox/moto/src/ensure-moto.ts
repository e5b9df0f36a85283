import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readdir, readFile, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RoadsteadError } from '@roadstead/foundation';
import { type Environment, findPython, type How, type Python, run } from './python.ts';

/** Where the programs of one virtual environment are; all paths absolute. */
export interface MotoTools {
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
}

const requirementsFile = join(dirname(fileURLToPath(import.meta.url)), '..', 'requirements.txt');

/**
 * A virtual environment with moto, the AWS CLI and cfn-lint, made once for each set of pinned packages and Python
 * version, and made anew when a part of it is missing. It becomes visible under its name only when it is whole, so
 * two that make it at once do not disturb each other. Rejects with PYTHON_* or MOTO_INSTALL_FAILED.
 */
export async function ensureMoto(options: EnsureMotoOptions): Promise<MotoTools> {
  const how = howOf(options);
  const python = await findPython(how, options.pythons);
  const requirements = await readFile(requirementsFile, 'utf8');
  await mkdir(options.cacheDirectory, { recursive: true }).catch((cause: unknown) => {
    throw new RoadsteadError('The cache directory cannot be made.', {
      code: 'CACHE_NOT_WRITABLE',
      value: options.cacheDirectory,
      cause,
    });
  });
  const name = join(options.cacheDirectory, `moto-${cacheKey(requirements, python.version)}`);
  const found = await wholeTools(name, python.version, how);
  if (found !== undefined) return found;
  options.onProgress?.('making the Python environment of the sandbox (moto, AWS CLI, cfn-lint); about 30 s');
  const made = await makeEnvironment(options, how, python, requirements);
  return publish(name, made, python.version, how);
}

function howOf({ environment, signal }: EnsureMotoOptions): How {
  return signal === undefined ? { environment } : { environment, signal };
}

/** Names an environment by what is in it. */
export function cacheKey(requirements: string, pythonVersion: string): string {
  return createHash('sha256').update(`${pythonVersion}\n${requirements}`).digest('hex').slice(0, 16);
}

function toolsOf(root: string, pythonVersion: string): MotoTools {
  const [major, minor] = pythonVersion.split('.');
  const bin = join(root, 'bin');
  return {
    bin,
    python: join(bin, 'python'),
    aws: join(bin, 'aws'),
    cfnLint: join(bin, 'cfn-lint'),
    botocoreData: join(root, 'lib', `python${major}.${minor}`, 'site-packages', 'botocore', 'data'),
  };
}

/** The programs behind a name when all of them are there and Python starts; `undefined` when anything is broken. */
async function wholeTools(name: string, pythonVersion: string, how: How): Promise<MotoTools | undefined> {
  const target = await readlink(name).catch(() => undefined);
  if (target === undefined) return undefined;
  const root = join(dirname(name), target);
  const tools = toolsOf(root, pythonVersion);
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
  if (missing.includes(true) || starts?.code !== 0) return undefined;
  return tools;
}

async function makeEnvironment(
  options: EnsureMotoOptions,
  how: How,
  python: Python,
  requirements: string,
): Promise<string> {
  const root = await mkdtemp(join(options.cacheDirectory, 'moto-env-'));
  try {
    const pinned = join(root, 'requirements.txt');
    await writeFile(pinned, requirements);
    await step('venv', python.command, ['-m', 'venv', root], how);
    const install = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '--only-binary', ':all:'];
    await step('pip', join(root, 'bin', 'python'), [...install, '-r', pinned], {
      ...how,
      onLine: (line) => {
        if (line.startsWith('Collecting ')) options.onProgress?.(line.replace(/ \(from .*/, ''));
      },
    });
    return root;
  } catch (error) {
    await rm(root, { recursive: true, force: true });
    throw error;
  }
}

async function step(what: string, command: string, args: readonly string[], how: How): Promise<void> {
  const ran = await run(command, args, how);
  if (ran.code === 0) return;
  throw new RoadsteadError('The Python environment of the sandbox could not be made.', {
    code: 'MOTO_INSTALL_FAILED',
    value: `${what}: ${ran.output.trim().split('\n').slice(-3).join(' | ')}`,
    hint: 'It installs pinned packages with pip: see that this machine reaches a Python package index, then try again.',
    retry: 'backoff',
  });
}

/** Makes `name` point at the new environment; takes the place of a broken one, and drops that. */
async function publish(name: string, root: string, pythonVersion: string, how: How): Promise<MotoTools> {
  const before = await readlink(name).catch(() => undefined);
  const fresh = `${root}.link`;
  await symlink(root.slice(dirname(root).length + 1), fresh);
  await rename(fresh, name);
  if (before !== undefined) await rm(join(dirname(name), before), { recursive: true, force: true });
  const tools = await wholeTools(name, pythonVersion, how);
  if (tools !== undefined) return tools;
  throw new RoadsteadError('The Python environment of the sandbox does not work after it was made.', {
    code: 'MOTO_INSTALL_FAILED',
    value: (await readdir(root)).join(' '),
    hint: `Remove ${root} and try again.`,
  });
}
