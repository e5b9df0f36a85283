import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { codeOf, endOf, hasEnded } from '../process/child.ts';

/** The sandbox of one demo. */
export interface DemoSandbox {
  /** Resolves when it is ready; rejects with its last words when it ends before. */
  ready(): Promise<void>;
  /** This process's variables with the sandbox's put over them; what the sandbox wants unset is taken away. */
  environment(): Promise<NodeJS.ProcessEnv>;
  /** How it ended, as soon as it has. */
  ended(): Promise<string>;
  /** Asks it to clean up after itself, and waits. Asked again, it ends at once. Safe for one that has ended, or never began. */
  stop(): Promise<void>;
}

export function startDemoSandbox(
  { root, directory }: { readonly root: string; readonly directory: string },
  onProgress: (message: string) => void,
): DemoSandbox {
  const main = join(root, 'sandbox/app/src/main.ts');
  // In a group of its own: the terminal's Ctrl-C is for us, who end it in order. Its input is a socket of ours, and ends it with us.
  const child = spawn(process.execPath, [main, '--directory', directory], {
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const started = new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  return {
    ready: async () => {
      await started;
      await readyOf(child, onProgress);
    },
    environment: () => environmentOf(main, directory),
    ended: () => endOf(child),
    stop: async () => {
      if (child.pid === undefined || hasEnded(child)) return;
      child.kill('SIGTERM');
      await endOf(child);
    },
  };
}

async function readyOf(child: ChildProcessWithoutNullStreams, onProgress: (message: string) => void): Promise<void> {
  const log: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => void log.push(line));
  const ready = new Promise<undefined>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const { event, message = '' } = eventOf(line);
      if (event === 'progress') onProgress(message);
      if (event === 'ready') resolve(undefined);
    });
  });
  const end = await Promise.race([ready, endOf(child)]);
  if (end !== undefined) throw new Error(`the sandbox ended with ${end}:\n${log.slice(-10).join('\n')}`);
}

/** A line of its progress. Anything else, as of a module that prints, is none. */
function eventOf(line: string): { readonly event?: string; readonly message?: string } {
  try {
    const event: unknown = JSON.parse(line);
    return typeof event === 'object' && event !== null ? event : {};
  } catch {
    return {};
  }
}

async function environmentOf(main: string, directory: string): Promise<NodeJS.ProcessEnv> {
  const child = spawn(process.execPath, [main, 'env', '--directory', directory, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = codeOf(child);
  const parts: Buffer[] = [];
  for await (const part of child.stdout) parts.push(Buffer.from(part as Uint8Array));
  if ((await ended) !== 0) throw new Error('the sandbox does not say how to reach it (see above)');
  const variables = JSON.parse(Buffer.concat(parts).toString('utf8')) as Record<string, string | null>;
  const entries = Object.entries({ ...process.env, ...variables }).filter(([, value]) => value !== null);
  return Object.fromEntries(entries) as NodeJS.ProcessEnv;
}
