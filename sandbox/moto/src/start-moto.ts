import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { messageOf, RoadsteadError } from '@roadstead/foundation';
import { motoAmis } from './eks-amis.ts';
import type { MotoTools } from './ensure-moto.ts';
import { cleanEnvironment, type Environment } from './python.ts';

export interface StartMotoOptions {
  readonly tools: MotoTools;
  readonly environment: Environment;
  /** For the image list; made when missing. */
  readonly directory: string;
  readonly onLog?: (line: string) => void;
  readonly signal?: AbortSignal;
  /** How long it may take to answer; two minutes by default (usual: 1–3 s). */
  readonly timeoutMs?: number;
}

export interface Moto {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly pid: number;
  /** Resolves when the process is gone. */
  stop(): Promise<void>;
  /** Resolves with a reason when it ends, asked or not. */
  readonly ended: Promise<string>;
}

const launcher = join(dirname(fileURLToPath(import.meta.url)), '..', 'python', 'roadstead_moto');

/**
 * Starts moto with our patches on a free loopback port. It ends when its standard input closes: a parent that is killed
 * leaves nothing behind. Rejects with MOTO_START_FAILED and the last lines it printed.
 */
export async function startMoto(options: StartMotoOptions): Promise<Moto> {
  options.signal?.throwIfAborted();
  await mkdir(options.directory, { recursive: true });
  const amis = join(options.directory, 'amis.json');
  await writeFile(amis, JSON.stringify(motoAmis()));
  const child = spawn(options.tools.python, ['-E', '-s', '-B', launcher], {
    stdio: ['pipe', 'pipe', 'pipe'],
    cwd: options.directory,
    env: {
      ...cleanEnvironment(options.environment),
      MOTO_AMIS_PATH: amis,
      MOTO_EC2_LOAD_DEFAULT_AMIS: 'false',
      MOTO_ENABLE_AMI_VALIDATION: 'true',
      MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION: 'true',
      MOTO_IAM_LOAD_MANAGED_POLICIES: 'true',
      MOTO_ACM_VALIDATION_WAIT: '1',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_CONFIG_FILE: join(options.directory, 'no-config'),
      AWS_SHARED_CREDENTIALS_FILE: join(options.directory, 'no-credentials'),
    },
  });
  child.stdin.on('error', () => undefined);
  const ended = endOf(child);
  const lines: string[] = [];
  const keep = (line: string): void => {
    lines.push(line);
    if (lines.length > 200) lines.shift();
    options.onLog?.(line);
  };
  createInterface({ input: child.stderr }).on('line', keep);
  const stop = (): Promise<void> => stopChild(child, ended);
  options.signal?.addEventListener('abort', () => void stop(), { once: true });
  try {
    const port = await portOf(child, ended, options.timeoutMs ?? 120_000, keep);
    return { url: `http://127.0.0.1:${port}`, pid: child.pid ?? 0, stop, ended };
  } catch (error) {
    await stop();
    throw new RoadsteadError('moto did not start.', {
      code: 'MOTO_START_FAILED',
      value: `${messageOf(error)}: ${lines.slice(-5).join(' | ')}`,
      cause: error,
    });
  }
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`));
  });
}

function portOf(
  child: ChildProcess & { readonly stdout: NonNullable<ChildProcess['stdout']> },
  ended: Promise<string>,
  timeoutMs: number,
  keep: (line: string) => void,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    const settle = (done: () => void): void => {
      clearTimeout(timer);
      done();
    };
    createInterface({ input: child.stdout }).on('line', (line) => {
      const port = /^listening (\d+)$/.exec(line)?.[1];
      if (port === undefined) keep(line);
      else settle(() => resolve(Number(port)));
    });
    void ended.then((reason) => settle(() => reject(new Error(`it ended: ${reason}`))));
  });
}

/** Closing its input is how it is told to end; a process that does not listen is killed. */
async function stopChild(child: ChildProcess, ended: Promise<string>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.stdin?.end();
  const timer = setTimeout(() => child.kill('SIGKILL'), 3_000);
  await ended;
  clearTimeout(timer);
}
