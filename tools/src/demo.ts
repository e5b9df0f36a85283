import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/**
 * `npm run demo`: makes the real parts ready, starts a sandbox, brings examples/shop.yaml up on it with live progress, and
 * stays until Ctrl-C. With `--exit` it takes the cluster and the sandbox down after success.
 */
const root = join(import.meta.dirname, '..', '..');
const roadstead = join(root, 'bin', 'roadstead');
const cluster = join('examples', 'shop.yaml');
const exits = process.argv.includes('--exit');

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const interrupted = new AbortController();

async function main(): Promise<number> {
  const began = performance.now();
  say('1/3 the real parts: Kubernetes and the AWS emulator (cached after the first time)');
  if ((await run(process.execPath, [join(root, 'tools/src/ensure.ts')], process.env)) !== 0) return 1;
  const parts = performance.now();
  say('2/3 the sandbox');
  const directory = await mkdtemp(join(tmpdir(), 'roadstead-demo-'));
  const sandbox = spawnSandbox(directory);
  try {
    await readyOf(sandbox);
    const env = { ...(await environmentOf(directory)), ROADSTEAD_STATE: join(directory, 'state') };
    await makePeople(env);
    const ready = performance.now();
    say(`3/3 roadstead up -f ${cluster} --yes`);
    const code = await run(roadstead, ['up', '-f', cluster, '--yes'], env);
    const up = performance.now();
    if (code !== 0) return code;
    say(
      `\nThe parts took ${seconds(began, parts)}, the sandbox ${seconds(parts, ready)}, the cluster ${seconds(ready, up)}.`,
    );
    if (exits) return await run(roadstead, ['down', '-f', cluster, '--yes'], env);
    say(
      `\nIn another terminal, from this checkout:\n  eval "$(bin/roadstead sandbox env --directory ${directory})"\n  export ROADSTEAD_STATE=${join(directory, 'state')}`,
    );
    say(
      `  bin/roadstead kubeconfig -f ${cluster} --use && kubectl get nodes\nCtrl-C here ends the sandbox and everything in it.`,
    );
    const end = await Promise.race([interruption().then(() => undefined), exitOf(sandbox)]);
    if (end !== undefined) throw new Error(`the sandbox has ended by itself (${end})`);
    return 0;
  } finally {
    await ended(sandbox);
    await rm(directory, { recursive: true, force: true });
  }
}

function seconds(from: number, to: number): string {
  return `${((to - from) / 1000).toFixed(1)} s`;
}

/** In a group of its own: the terminal's Ctrl-C is for us, who end it in order. Its input is a socket of ours, and ends it with us. */
function spawnSandbox(directory: string): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [join(root, 'sandbox/app/src/main.ts'), '--directory', directory], {
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

async function readyOf(child: ChildProcessWithoutNullStreams): Promise<void> {
  const log: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => void log.push(line));
  const ready = new Promise<void>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const event = JSON.parse(line) as { event: string; message?: string };
      if (event.event === 'progress') say(`    ${event.message ?? event.event}`);
      if (event.event === 'ready') resolve();
    });
  });
  const end = await Promise.race([ready, exitOf(child), interruption()]);
  interrupted.signal.throwIfAborted();
  if (end !== undefined) throw new Error(`the sandbox ended with ${end}:\n${log.slice(-10).join('\n')}`);
}

/** How it ended, as soon as it has: its exit code or its signal. */
async function exitOf(child: ChildProcess): Promise<string> {
  const how = (): string => String(child.exitCode ?? child.signalCode);
  if (child.exitCode !== null || child.signalCode !== null) return how();
  await once(child, 'exit');
  return how();
}

async function environmentOf(directory: string): Promise<NodeJS.ProcessEnv> {
  const child = spawn(process.execPath, [
    join(root, 'sandbox/app/src/main.ts'),
    'env',
    '--directory',
    directory,
    '--json',
  ]);
  const parts: Buffer[] = [];
  for await (const part of child.stdout) parts.push(Buffer.from(part as Uint8Array));
  const variables = JSON.parse(Buffer.concat(parts).toString('utf8')) as Record<string, string | null>;
  const env: NodeJS.ProcessEnv = { ...process.env };
  for (const [name, value] of Object.entries(variables)) {
    if (value === null) delete env[name];
    else env[name] = value;
  }
  return env;
}

/** The example lets a role of the account in: it is made here as a company's identity team would have made it. */
async function makePeople(env: NodeJS.ProcessEnv): Promise<void> {
  const trust = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::123456789012:root' }, Action: 'sts:AssumeRole' }],
  });
  const made = await run(
    'aws',
    ['iam', 'create-role', '--role-name', 'developer', '--assume-role-policy-document', trust],
    env,
    'ignore',
  );
  if (made !== 0) throw new Error('the role of the example could not be made');
}

async function run(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  output: 'inherit' | 'ignore' = 'inherit',
): Promise<number> {
  const child = spawn(command, args, { env, stdio: ['inherit', output, 'inherit'], cwd: root });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  return code ?? 1;
}

async function interruption(): Promise<void> {
  if (!interrupted.signal.aborted) await once(interrupted.signal, 'abort');
}

/** Lets it clean up. Safe for one that has ended, or never began. */
async function ended(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}

// The terminal sends Ctrl-C to the whole group: what runs in it stops by its own rule, and we clean up after it.
process.on('SIGINT', () => interrupted.abort());
process.on('SIGTERM', () => interrupted.abort());

try {
  process.exitCode = await main();
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  say(`roadstead demo: ${interrupted.signal.aborted ? 'stopped; nothing of it is left' : message}`);
  process.exitCode = 1;
}
