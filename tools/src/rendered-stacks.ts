import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseInputs } from '@roadstead/definition';
import { readTarget, renderTarget } from '@roadstead/lifecycle';

const root = join(import.meta.dirname, '..', '..');

/** A stack as CloudFormation would get it. */
export interface RenderedStack {
  /** `network`, `foundation`, `pool-app` … */
  readonly id: string;
  readonly template: object;
}

/** The stacks of an example cluster file, rendered by the reference channel with `examples/inputs.json`. */
export async function renderedStacks(example: string): Promise<readonly RenderedStack[]> {
  const file = join(root, 'examples', `${example}.yaml`);
  const target = await readTarget({
    text: await readFile(file, 'utf8'),
    file,
    channelDirectory: join(root, 'channel'),
    signal: AbortSignal.timeout(60_000),
  });
  const inputs = parseInputs(await readFile(join(root, 'examples/inputs.json'), 'utf8'));
  if (!('value' in target) || !('inputs' in inputs)) throw new Error(`${example} or its inputs are wrong`);
  const release = renderTarget(target.value, inputs.inputs);
  if (!('value' in release)) throw new Error(`${example} does not render`);
  return release.value.stacks.map(({ id, template }) => ({ id, template }));
}
