import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, openSync } from 'node:fs';
import { messageOf, RoadsteadError } from '@roadstead/foundation';
import type { Binary, Server } from './components.ts';
import { boundLog, readTail } from './log-file.ts';
import { endWithParent } from './machine/watchdog.ts';

export interface Ending {
  readonly server: Server;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ServerProcess {
  readonly server: Server;
  readonly pid: number;
  readonly ended: Promise<Ending>;
  /** The last lines it logged that say something is wrong, else its last lines. */
  lastWords(): Promise<string>;
  /** Asks, and after `graceMs` ends the process the hard way; resolves when it is gone. */
  stop(graceMs: number): Promise<void>;
}

export interface ServerStart {
  readonly server: Server;
  readonly binary: Binary;
  readonly flags: readonly string[];
  readonly logPath: string;
  /** What it runs in. */
  readonly directory: string;
}

/**
 * Starts one server that ends when this process does, however this one ends. It gets a group of its own, so that Ctrl-C
 * in a terminal reaches the parent alone, which then stops things in order. The environment is ours: proxy variables
 * would send webhook calls away from loopback. All servers collect garbage less often than is Go's habit: two processors
 * are what a sandbox lacks, and 200 MiB more is what a fifth of the API server's work costs.
 */
export async function startServer({ server, binary, flags, logPath, directory }: ServerStart): Promise<ServerProcess> {
  const log = openSync(logPath, 'a');
  const logFrom = fstatSync(log).size;
  const env = { GOGC: '300', ...(binary.isOurs ? { ROADSTEAD_EXIT_WITH_STDIN: '1' } : {}) };
  try {
    const child = await spawned(binary.path, () =>
      spawn(binary.path, [...flags], { env, detached: true, stdio: ['pipe', log, log], cwd: directory }),
    );
    return {
      // Upstream's binaries do not watch their standard input, so somebody else does it for them.
      ...follow(server, child, [boundLog(logPath), ...(binary.isOurs ? [] : [endWithParent(child)])]),
      lastWords: async () => lastWordsIn(await readTail(logPath, logFrom)),
    };
  } finally {
    closeSync(log);
  }
}

/** Wrong format and missing rights are errors of `spawn` itself on some systems and an event on others. */
async function spawned(path: string, start: () => ChildProcess): Promise<ChildProcess> {
  try {
    const child = start();
    await once(child, 'spawn');
    return child;
  } catch (cause) {
    throw brokenBinary(path, messageOf(cause), cause);
  }
}

export function brokenBinary(path: string, reason: string, cause?: unknown): RoadsteadError {
  return new RoadsteadError(`${path} cannot be run: ${reason}`, {
    code: 'CONTROL_PLANE_BINARY_BROKEN',
    value: path,
    hint: 'remove it, so that the sandbox finds or builds another; check that it is for this machine',
    cause,
  });
}

function follow(
  server: Server,
  child: ChildProcess,
  releases: readonly (() => void)[],
): Omit<ServerProcess, 'lastWords'> {
  const { pid } = child;
  if (pid === undefined) throw new Error(`${server} has no process id`);
  child.stdin?.on('error', () => undefined);
  const ended = new Promise<Ending>((resolve) => {
    child.once('exit', (code, signal) => {
      for (const release of releases) release();
      resolve({ server, code, signal });
    });
  });
  const stop = async (graceMs: number) => {
    child.kill('SIGTERM');
    const hard = setTimeout(() => child.kill('SIGKILL'), graceMs);
    await ended;
    clearTimeout(hard);
  };
  return { server, pid, ended, stop };
}

const wordsShown = 8;

/** Knows the logs of klog, of etcd and of Go's own panics. */
export function lastWordsIn(log: string): string {
  const lines = log.trimEnd().split('\n');
  const wrong = lines.filter((line) => /^[EF]\d{4} |^Error:|^error:|"level":"(error|fatal|panic)"|^panic:/.test(line));
  return (wrong.length > 0 ? wrong : lines).slice(-wordsShown).join('\n');
}
