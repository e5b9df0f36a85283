import { type ChildProcess, spawn } from 'node:child_process';

const graceMs = 5_000;

/**
 * Ends a child that leads a group of its own (`detached`), with all of the group, when this process is gone, however it
 * went. When the signal is aborted it is asked to end, and after 5 s made to. Call what it returns when the child has
 * ended. POSIX only.
 */
export function endGroupWithParent(child: ChildProcess, signal?: AbortSignal): () => void {
  const { pid } = child;
  if (pid === undefined) return () => undefined;
  const release = watch(`-${pid}`);
  let hard: NodeJS.Timeout | undefined;
  const abort = (): void => {
    signalGroup(pid, 'SIGINT');
    hard = setTimeout(() => signalGroup(pid, 'SIGKILL'), graceMs);
  };
  if (signal?.aborted === true) abort();
  signal?.addEventListener('abort', abort, { once: true });
  return () => {
    clearTimeout(hard);
    signal?.removeEventListener('abort', abort);
    release();
  };
}

/** The same for a single child that keeps no company. */
export function endWithParent(child: ChildProcess): () => void {
  return child.pid === undefined ? () => undefined : watch(String(child.pid));
}

/** A shell that reads from us, by itself, until we are gone. It has a group of its own, so that no Ctrl-C reaches it first. */
function watch(target: string): () => void {
  const script = 'while read -r _; do :; done; kill -9 "$0" 2>/dev/null';
  const watchdog = spawn('/bin/sh', ['-c', script, target], {
    env: { PATH: '/usr/bin:/bin' },
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watchdog.stdin.on('error', () => undefined);
  watchdog.on('error', () => undefined);
  return () => void watchdog.kill('SIGKILL');
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // It ended by itself.
  }
}
