import { execFile } from 'node:child_process';
import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { promisify } from 'node:util';

/** One life of one process. A number is given out again later, the whole of this is not. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in the system's own words; empty where nobody could say. */
  readonly started: string;
  /** One boot of the machine; empty where `started` is of the calendar. */
  readonly boot: string;
  /** The machine, and in it the set of process numbers (containers have their own). */
  readonly host: string;
}

/** `elsewhere`: of another machine or container, about whose processes nobody here can tell. */
export type Whereabouts = 'running' | 'gone' | 'elsewhere';

const run = promisify(execFile);

/** This process, or another one of this machine. */
export async function identityOf(pid: number = process.pid): Promise<ProcessIdentity> {
  const [started, boot, namespace] = await Promise.all([startOf(pid), bootId(), pidNamespace()]);
  return { pid, started: started ?? '', boot, host: `${hostname()} ${namespace}`.trim() };
}

/** Whether the very process still runs, and not another that got its number. */
export async function whereaboutsOf(known: ProcessIdentity): Promise<Whereabouts> {
  const now = await identityOf(known.pid);
  return judgeWhereabouts(known, now, now.started !== '' || isTaken(known.pid));
}

/** `now` is whoever has the number today; `isTaken` tells whether anybody has. */
export function judgeWhereabouts(known: ProcessIdentity, now: ProcessIdentity, isTaken: boolean): Whereabouts {
  if (known.host !== now.host) return 'elsewhere';
  if (!isTaken || known.boot !== now.boot) return 'gone';
  const isUnknown = known.started === '' || now.started === '';
  return isUnknown || known.started === now.started ? 'running' : 'gone';
}

/** The identity in a parsed file; undefined where it is none. */
export function readIdentity(value: unknown): ProcessIdentity | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { pid, started, boot, host }: Partial<Record<keyof ProcessIdentity, unknown>> = value;
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return undefined;
  if (typeof started !== 'string' || typeof boot !== 'string' || typeof host !== 'string') return undefined;
  return { pid, started, boot, host };
}

/** Linux counts ticks since the boot (proc(5), field 22 of `stat`); elsewhere `ps` says it as a date. */
async function startOf(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
    return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  }
  const said = await run('/bin/ps', ['-o', 'lstart=', '-p', String(pid)], { env: {}, timeout: 5_000 }).catch(
    () => undefined,
  );
  return said?.stdout.trim();
}

async function bootId(): Promise<string> {
  return readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
    (text) => text.trim(),
    () => '',
  );
}

async function pidNamespace(): Promise<string> {
  return readlink('/proc/self/ns/pid').catch(() => '');
}

function isTaken(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is there but is another user's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
