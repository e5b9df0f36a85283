import { spawn } from 'node:child_process';
import { RoadsteadError } from '@roadstead/foundation';

/** What a run of a short command gave; `code` is null when a signal ended it. */
export interface Ran {
  readonly code: number | null;
  readonly output: string;
}

export interface How {
  /** The user's own; what an AWS client or Python would read from it is left out. */
  readonly environment: Environment;
  readonly signal?: AbortSignal;
  readonly onLine?: (line: string) => void;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Runs a program to its end and keeps what it printed (both streams). Rejects only when it cannot be started. */
export function run(command: string, args: readonly string[], how: How): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: cleanEnvironment(how.environment),
      ...(how.signal === undefined ? {} : { signal: how.signal }),
    });
    let output = '';
    const take = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-64_000);
      for (const line of chunk.toString().split('\n')) if (line.trim() !== '') how.onLine?.(line);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
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

export type PythonVerdict = 'ok' | 'too-old' | 'no-venv';

const probe =
  'import sys\n' +
  'print("%d.%d.%d" % sys.version_info[:3])\n' +
  'try:\n import venv, ensurepip\n print("venv")\nexcept ImportError:\n print("none")';

/** The oldest Python that the pinned packages install on. */
export const oldestPython = '3.11';

/** What the probe printed, judged. */
export function judgePython(printed: string): { version: string; verdict: PythonVerdict } {
  const [version = '', venv] = printed.trim().split('\n');
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < 3 || (major === 3 && minor < 11)) return { version, verdict: 'too-old' };
  return { version, verdict: venv === 'venv' ? 'ok' : 'no-venv' };
}

const candidates = ['python3', 'python3.13', 'python3.12', 'python3.11', 'python3.14', 'python'];

/** The first Python on PATH that will do. Rejects with PYTHON_MISSING, PYTHON_TOO_OLD or PYTHON_WITHOUT_VENV. */
export async function findPython(how: How, commands: readonly string[] = candidates): Promise<Python> {
  const refused: { command: string; version: string; verdict: PythonVerdict }[] = [];
  for (const command of commands) {
    const ran = await run(command, ['-c', probe], how).catch(() => undefined);
    how.signal?.throwIfAborted();
    if (ran === undefined || ran.code !== 0) continue;
    const { version, verdict } = judgePython(ran.output);
    if (verdict === 'ok') return { command, version };
    refused.push({ command, version, verdict });
  }
  throw refusal(refused);
}

function refusal(refused: readonly { command: string; version: string; verdict: PythonVerdict }[]): RoadsteadError {
  const withoutVenv = refused.find(({ verdict }) => verdict === 'no-venv');
  if (withoutVenv !== undefined) {
    return new RoadsteadError(`Python ${withoutVenv.version} is here, but its venv module is not.`, {
      code: 'PYTHON_WITHOUT_VENV',
      value: withoutVenv.command,
      hint: 'sudo apt-get install python3-venv',
    });
  }
  const tooOld = refused[0];
  if (tooOld !== undefined) {
    return new RoadsteadError(`Python ${tooOld.version} is too old; the sandbox needs ${oldestPython} or newer.`, {
      code: 'PYTHON_TOO_OLD',
      value: tooOld.version,
      hint: 'sudo apt-get install python3.11 python3.11-venv   (macOS: brew install python@3.12)',
    });
  }
  return new RoadsteadError(`No Python found on PATH; the sandbox needs ${oldestPython} or newer.`, {
    code: 'PYTHON_MISSING',
    hint: 'sudo apt-get install python3 python3-venv   (macOS: brew install python@3.12)',
  });
}
