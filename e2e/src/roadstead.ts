import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Finished, root, type Sandbox } from './sandbox.ts';
import { temporaryFolder } from './temporary.ts';

/** The product as a person runs it: a process, with a state directory of its own. */
export interface Roadstead {
  readonly state: string;
  run(...args: readonly string[]): Promise<Finished>;
  /** Runs and demands success; the error shows what was said. */
  ok(...args: readonly string[]): Promise<Finished>;
}

export const program = join(root, 'bin/roadstead');

export async function roadsteadIn(sandbox: Sandbox, state?: string): Promise<Roadstead> {
  const directory = state ?? (await temporaryFolder('state'));
  const run: Roadstead['run'] = (...args) => sandbox.run(program, args, { ROADSTEAD_STATE: directory });
  return {
    state: directory,
    run,
    ok: async (...args) => demandSuccess(`roadstead ${args.join(' ')}`, await run(...args)),
  };
}

export function demandSuccess(what: string, finished: Finished): Finished {
  if (finished.code === 0) return finished;
  throw new Error(`${what} ended with ${finished.code}\n${finished.stdout}\n${finished.stderr}`);
}

/** A line of a plan, from `plan --output json`. */
export interface PlanLine {
  readonly id: string;
  readonly action: string;
  readonly class: string;
  readonly drift?: boolean;
  readonly fields: readonly { readonly path: string; readonly from?: unknown; readonly to?: unknown }[];
}

export async function planLines(roadstead: Roadstead, ...args: readonly string[]): Promise<readonly PlanLine[]> {
  const { stdout } = await roadstead.ok('plan', ...args, '--output', 'json');
  return (JSON.parse(stdout) as { changes: PlanLine[] }).changes;
}

/** A cluster file of a story, in a directory of its own. */
export async function clusterFile(text: string): Promise<string> {
  const file = join(await temporaryFolder('file'), 'cluster.yaml');
  await writeFile(file, text);
  return file;
}

/** The smallest cluster that still has every phase: two zones, one pool over both. */
export function smallCluster(name: string, more = ''): string {
  return `apiVersion: roadstead.dev/v1
kind: Cluster
metadata: {name: ${name}}
spec:
  account: aws:123456789012
  region: eu-central-1
  environment: test
  kubernetes: "1.36"
  network: {cidr: 10.40.0.0/16, zones: 2, nat: single}
  endpoint: {private: true, public: true, allow: [203.0.113.0/24]}
  nodePools:
    - name: app
      instanceTypes: [m6i.large]
      zones: spread
      size: {min: 2, max: 4, desired: 2}
${more}`;
}

/** An AWS CLI call in the sandbox, its JSON answer. */
export async function aws<T>(sandbox: Sandbox, ...args: readonly string[]): Promise<T> {
  const { stdout } = demandSuccess(`aws ${args.join(' ')}`, await sandbox.run('aws', [...args, '--output', 'json']));
  return (stdout.trim() === '' ? {} : JSON.parse(stdout)) as T;
}

export async function kubectl(sandbox: Sandbox, ...args: readonly string[]): Promise<string> {
  return demandSuccess(`kubectl ${args.join(' ')}`, await sandbox.run('kubectl', args)).stdout;
}

/** Mutating AWS requests since a mark, as the gateway counted them. */
export async function mutations(sandbox: Sandbox, sinceSeq: number): Promise<string[]> {
  const entries = await sandbox.journal(sinceSeq);
  return entries.filter(({ mutating }) => mutating).map(({ service, operation }) => `${service}:${operation}`);
}

export async function lastSeq(sandbox: Sandbox): Promise<number> {
  return (await sandbox.control<{ requests: { seq: number } }>('GET', 'status')).requests.seq;
}
