import { spawn } from 'node:child_process';

/** Runs a program to its end and answers what it printed; one that fails throws with what it said. At most ten minutes. */
export async function output(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'], timeout: 600_000 });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (part: Buffer) => void out.push(part));
  child.stderr.on('data', (part: Buffer) => void err.push(part));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code === 0) return Buffer.concat(out).toString('utf8');
  throw new Error(
    `${program} ${args.slice(0, 3).join(' ')} ended with ${code}: ${Buffer.concat(err).toString('utf8').slice(-2000)}`,
  );
}
