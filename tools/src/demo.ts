import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '@roadstead/foundation';
import { startDemoSandbox } from './demo/demo-sandbox.ts';
import { codeOf } from './process/child.ts';

/**
 * `npm run demo`: makes the real parts ready, starts a sandbox, brings examples/shop.yaml up on it with live progress, and
 * stays until Ctrl-C. With `--exit` it takes the cluster and the sandbox down after success.
 */
const root = join(import.meta.dirname, '..', '..');
/** As a person in the checkout types it: so it names itself in what it says. */
const roadstead = 'bin/roadstead';
const cluster = 'examples/shop.yaml';

const say = (line: string): void => void process.stderr.write(`${line}\n`);
/** The first Ctrl-C, and the second: what ends in order then ends at once. */
const interrupted = new AbortController();
const hurried = new AbortController();

async function main(args: readonly string[]): Promise<number> {
  const unknown = args.find((arg) => arg !== '--exit');
  if (unknown !== undefined) throw new Error(`there is no ${unknown}; --exit takes everything down after success`);
  const began = performance.now();
  say('1/3 the real parts: Kubernetes and the AWS emulator (cached after the first time)');
  if ((await run(process.execPath, ['tools/src/ensure.ts'], process.env)) !== 0) return 1;
  const parts = performance.now();
  say('2/3 the sandbox');
  const directory = await mkdtemp(join(tmpdir(), 'roadstead-demo-'));
  const sandbox = startDemoSandbox({ root, directory }, (message) => say(`    ${message}`));
  hurried.signal.addEventListener('abort', () => void sandbox.stop(), { once: true });
  try {
    await Promise.race([sandbox.ready(), interruption()]);
    interrupted.signal.throwIfAborted();
    const env = await sandbox.environment();
    await makePeople(env);
    const ready = performance.now();
    say(`3/3 roadstead up -f ${cluster} --yes`);
    const code = await run(roadstead, ['up', '-f', cluster, '--yes'], env);
    const up = performance.now();
    interrupted.signal.throwIfAborted();
    if (code !== 0) return code;
    const took = [seconds(began, parts), seconds(parts, ready), seconds(ready, up)];
    say(`\nThe parts took ${took[0]}, the sandbox ${took[1]}, the cluster ${took[2]}.`);
    if (args.includes('--exit')) return await run(roadstead, ['down', '-f', cluster, '--yes'], env);
    for (const line of whatNext(directory)) say(line);
    const end = await Promise.race([interruption(), sandbox.ended()]);
    if (!interrupted.signal.aborted) throw new Error(`the sandbox has ended by itself (${end})`);
    return 0;
  } finally {
    await sandbox.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

function seconds(from: number, to: number): string {
  return `${((to - from) / 1000).toFixed(1)} s`;
}

function whatNext(directory: string): string[] {
  return [
    '',
    'In another terminal, from this checkout:',
    `  eval "$(${roadstead} sandbox env --directory ${directory})"`,
    `  ${roadstead} kubeconfig -f ${cluster} --use && kubectl get nodes`,
    'Ctrl-C here ends the sandbox and everything in it.',
  ];
}

/** The example lets a role of the account in: it is made here as a company's identity team would have made it. */
async function makePeople(env: NodeJS.ProcessEnv): Promise<void> {
  const principal = { AWS: 'arn:aws:iam::123456789012:root' };
  const statement = { Effect: 'Allow', Principal: principal, Action: 'sts:AssumeRole' };
  const trust = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
  const args = ['iam', 'create-role', '--role-name', 'developer', '--assume-role-policy-document', trust];
  if ((await run('aws', args, env, 'ignore')) !== 0) throw new Error('the role of the example could not be made');
}

function run(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  output: 'inherit' | 'ignore' = 'inherit',
): Promise<number> {
  return codeOf(spawn(command, args, { env, stdio: ['inherit', output, 'inherit'], cwd: root }));
}

async function interruption(): Promise<undefined> {
  if (!interrupted.signal.aborted) await once(interrupted.signal, 'abort');
}

// The terminal sends Ctrl-C to the whole group: what runs in it stops by its own rule, and we clean up after it.
let exitCode = 1;
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.on(signal, () => {
    exitCode = code;
    (interrupted.signal.aborted ? hurried : interrupted).abort();
  });
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  say(`roadstead demo: ${interrupted.signal.aborted ? 'stopped; nothing of it is left' : messageOf(error)}`);
  process.exitCode = exitCode;
}
