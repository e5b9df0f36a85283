import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Finished, root, type Sandbox } from './sandbox.ts';

/** The product as a person runs it: a process, with a state directory of its own. */
export interface Roadstead {
  readonly state: string;
  run(...args: readonly string[]): Promise<Finished>;
  /** Runs and demands success; the error shows what was said. */
  ok(...args: readonly string[]): Promise<Finished>;
}

export async function roadsteadIn(sandbox: Sandbox, state?: string): Promise<Roadstead> {
  const directory = state ?? (await mkdtemp(join(tmpdir(), 'roadstead-state-')));
  const run: Roadstead['run'] = (...args) => sandbox.run(join(root, 'bin/roadstead'), args, { ROADSTEAD_STATE: directory });
  return {
    state: directory,
    run,
    ok: async (...args) => {
      const finished = await run(...args);
      if (finished.code !== 0) throw new Error(`roadstead ${args.join(' ')} ended with ${finished.code}\n${finished.stdout}\n${finished.stderr}`);
      return finished;
    },
  };
}

/** The lines of a plan, from `plan --output json`. */
export interface PlanLine {
  readonly id: string;
  readonly action: string;
  readonly class: string;
  readonly drift?: boolean;
  readonly fields: readonly { readonly path: string; readonly from?: unknown; readonly to?: unknown }[];
}

export async function planLines(roadstead: Roadstead, file: string): Promise<readonly PlanLine[]> {
  const { stdout } = await roadstead.ok('plan', '-f', file, '--output', 'json');
  return (JSON.parse(stdout) as { changes: PlanLine[] }).changes;
}

/** A cluster file of a story, in a directory of its own. */
export async function clusterFile(text: string): Promise<string> {
  const file = join(await mkdtemp(join(tmpdir(), 'roadstead-file-')), 'cluster.yaml');
  await writeFile(file, text);
  return file;
}
