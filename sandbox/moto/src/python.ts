import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { isRoadsteadError, RoadsteadError } from '@roadstead/foundation';
import { endGroupWithParent } from '@roadstead/sandbox-control-plane/machine';

/** What a run of a command gave; `code` is null when a signal ended it. */
export interface Ran {
  readonly code: number | null;
  readonly output: string;
}

export interface How {
  /** The user's own; what an AWS client or Python would read from it is left out. */
  readonly environment: Environment;
  readonly signal?: AbortSignal;
  /** It is ended after this time. Default: one minute. */
  readonly timeoutMs?: number;
  readonly onLine?: (line: string) => void;
}

export type Environment = Readonly<Record<string, string | undefined>>;

const defaultTimeoutMs = 60_000;

/**
 * Runs a program to its end and keeps what it printed (both streams). It ends with this process, and so does what it
 * started. Rejects when it cannot be started, when it is told to end, and with `TOOK_TOO_LONG`.
 */
export async function run(command: string, args: readonly string[], how: How): Promise<Ran> {
  how.signal?.throwIfAborted();
  const timeoutMs = how.timeoutMs ?? defaultTimeoutMs;
  const timeout = AbortSignal.timeout(timeoutMs);
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: cleanEnvironment(how.environment),
    detached: true,
  });
  const until = how.signal === undefined ? timeout : AbortSignal.any([how.signal, timeout]);
  const release = endGroupWithParent(child, until);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      output = `${output}${line}\n`.slice(-64_000);
      if (line.trim() !== '') how.onLine?.(line);
    });
  }
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    how.signal?.throwIfAborted();
    if (timeout.aborted) throw tookTooLong(command, args, timeoutMs);
    return { code, output };
  } finally {
    release();
  }
}

function tookTooLong(command: string, args: readonly string[], timeoutMs: number): RoadsteadError {
  return new RoadsteadError(`${command} did not end within ${timeoutMs / 1000} s and was stopped.`, {
    code: 'TOOK_TOO_LONG',
    value: [command, ...args].join(' '),
    hint: 'Run it by hand to see what it waits for.',
    retry: 'backoff',
  });
}

const kept = /^(PATH|HOME|LANG|LC_.*|TMPDIR|TZ|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE|PIP_.*|(https?|no|all)_proxy)$/i;

/** What a Python of ours may know of the user's shell: no AWS variable, no Python variable, pip's own settings. */
export function cleanEnvironment(from: Environment): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(from).filter(([name]) => kept.test(name)));
}

export interface Python {
  readonly command: string;
  /** As `3.11.7`. */
  readonly version: string;
}

export type PythonVerdict = 'ok' | 'too-old' | 'no-venv' | 'broken';

const probe =
  'import sys\n' +
  'print("%d.%d.%d" % sys.version_info[:3])\n' +
  'try:\n import venv, ensurepip\n print("venv")\nexcept ImportError:\n print("none")';

/** The oldest Python that the pinned packages install on. */
export const oldestPython = '3.11';

/** What the probe printed, judged. */
export function judgePython({ code, output }: Ran): { version: string; verdict: PythonVerdict } {
  const [version = '', venv] = output.trim().split('\n');
  if (code !== 0 || !/^\d+\.\d+\.\d+$/.test(version)) return { version, verdict: 'broken' };
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < 3 || (major === 3 && minor < 11)) return { version, verdict: 'too-old' };
  return { version, verdict: venv === 'venv' ? 'ok' : 'no-venv' };
}

const candidates = ['python3', 'python3.13', 'python3.12', 'python3.11', 'python3.14', 'python'];
const probeTimeoutMs = 20_000;

interface Refused {
  readonly command: string;
  readonly version: string;
  readonly verdict: PythonVerdict;
}

/**
 * The first Python on PATH that will do. Rejects with PYTHON_MISSING, PYTHON_TOO_OLD, PYTHON_WITHOUT_VENV or
 * PYTHON_BROKEN.
 */
export async function findPython(how: How, commands: readonly string[] = candidates): Promise<Python> {
  const refused: Refused[] = [];
  for (const command of commands) {
    const ran = await probed(command, how);
    how.signal?.throwIfAborted();
    if (ran === undefined) continue;
    const { version, verdict } = judgePython(ran);
    if (verdict === 'ok') return { command, version };
    refused.push({ command, version, verdict });
  }
  throw refusal(refused);
}

/** Undefined where there is none. */
async function probed(command: string, how: How): Promise<Ran | undefined> {
  try {
    return await run(command, ['-c', probe], { timeoutMs: probeTimeoutMs, ...how });
  } catch (error) {
    return isRoadsteadError(error) ? { code: null, output: error.message } : undefined;
  }
}

/** The one that is nearest to being right: what it lacks is what to install. */
function refusal(refused: readonly Refused[]): RoadsteadError {
  const nearest = (['no-venv', 'too-old', 'broken'] as const)
    .map((verdict) => refused.find((one) => one.verdict === verdict))
    .find((one) => one !== undefined);
  if (nearest === undefined) {
    return new RoadsteadError(`No Python found on PATH; the sandbox needs ${oldestPython} or newer.`, {
      code: 'PYTHON_MISSING',
      hint: `sudo apt-get install python3 python3-venv   ${onMac}`,
    });
  }
  const { command, version, verdict } = nearest;
  if (verdict === 'no-venv') {
    return new RoadsteadError(`Python ${version} is here, but its venv module is not.`, {
      code: 'PYTHON_WITHOUT_VENV',
      value: command,
      hint: `sudo apt-get install ${venvPackageOf(command)}`,
    });
  }
  if (verdict === 'too-old') {
    return new RoadsteadError(`Python ${version} is too old; the sandbox needs ${oldestPython} or newer.`, {
      code: 'PYTHON_TOO_OLD',
      value: version,
      hint: `sudo apt-get install python3.11 python3.11-venv   ${onMac}`,
    });
  }
  return new RoadsteadError(`${command} is here, but it does not run: ${version}`, {
    code: 'PYTHON_BROKEN',
    value: command,
    hint: `Mend it, or: sudo apt-get install python3 python3-venv   ${onMac}`,
  });
}

const onMac = '(macOS: brew install python@3.12)';

/** Debian names the package after the command. */
export function venvPackageOf(command: string): string {
  return /^python3\.\d+$/.test(command) ? `${command}-venv` : 'python3-venv';
}
