import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** The exit code of a child, when it has ended; 1 for one that a signal ended. Rejects when it could not be started. */
export async function codeOf(child: ChildProcess): Promise<number> {
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  return code ?? 1;
}

/** How a child has ended, its exit code or its signal: at once where it has already. */
export async function endOf(child: ChildProcess): Promise<string> {
  if (!hasEnded(child)) await once(child, 'exit');
  return String(child.exitCode ?? child.signalCode);
}

export function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
