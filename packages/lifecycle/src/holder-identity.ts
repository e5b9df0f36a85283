import { readFileSync, readlinkSync } from 'node:fs';
import type { Holder, ProcessIdentity } from '@roadstead/store';

/** What the kernel says of processes, as this process sees it. */
export interface Processes {
  /** Of this process; undefined where the kernel does not say (no Linux, no /proc, one of another namespace). */
  own(): ProcessIdentity | undefined;
  /** When the process with this pid started, or `none`, or `unknown` when one may be there but cannot be seen. */
  started(pid: number): string;
}

/** The holder that this process is, with what the kernel knows it by. */
export function identifyHolder(holder: Omit<Holder, 'process'>, processes: Processes = linuxProcesses): Holder {
  const own = processes.own();
  return own === undefined ? holder : { ...holder, process: own };
}

/**
 * Whether a holder's process has certainly ended: one of this boot, counted in our own namespaces, whose pid is nobody's or
 * somebody else's by now. Of any other holder nothing is known from here, and only time frees what it holds: a host name is
 * shared by containers, and a pid means nothing outside its namespace.
 */
export function isHolderGone(holder: Holder, processes: Processes = linuxProcesses): boolean {
  const own = processes.own();
  const theirs = holder.process;
  if (own === undefined || theirs === undefined) return false;
  if (own.boot !== theirs.boot || own.namespaces !== theirs.namespaces) return false;
  const started = processes.started(holder.pid);
  return started === 'none' || (started !== 'unknown' && started !== theirs.started);
}

/** Reads /proc (proc(5), namespaces(7)). */
export const linuxProcesses: Processes = {
  own: () => {
    try {
      // A /proc that was mounted for another namespace numbers its processes otherwise.
      if (readlinkSync('/proc/self') !== String(process.pid)) return undefined;
      const started = startOf(process.pid);
      if (started === undefined) return undefined;
      return {
        boot: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
        namespaces: `${readlinkSync('/proc/self/ns/pid')} ${timeNamespace()}`,
        started,
      };
    } catch {
      return undefined;
    }
  },
  started: (pid): string => {
    try {
      return startOf(pid) ?? 'none';
    } catch {
      return exists(pid) ? 'unknown' : 'none';
    }
  },
};

/** Kernels before 5.6 have but one. */
function timeNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/time');
  } catch {
    return 'time:none';
  }
}

function startOf(pid: number): string | undefined {
  return startIn(readFileSync(`/proc/${pid}/stat`, 'utf8'));
}

/** Clock ticks since boot, field 22 of a `stat` file; undefined for a process that has ended and was not waited for yet. */
export function startIn(stat: string): string | undefined {
  // The second field is the program's name in parentheses, which may hold blanks and parentheses of its own.
  const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return state === 'Z' || state === 'X' ? undefined : rest[18];
}

/** /proc may hide other users' processes; a signal does not. */
function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}
