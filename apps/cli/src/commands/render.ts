import { type Inputs, parseInputs, problemAt } from '@roadstead/definition';
import { RoadsteadError } from '@roadstead/foundation';
import { clusterIdOf, renderTarget } from '@roadstead/lifecycle';
import { stringify } from 'yaml';
import { loadTarget, type SourceOptions, valueOrThrow } from '../load.ts';
import { WrongInput } from '../output/failure.ts';
import { readInput } from '../read-input.ts';
import { openRecorded } from '../wire.ts';
import type { CommandContext } from './context.ts';

export interface RenderOptions extends SourceOptions {
  readonly output: 'yaml' | 'json';
  /** A file of inputs; absent: those that the last `up` recorded. */
  readonly inputs?: string;
}

/** `roadstead render`: the release as it would be compared and applied. Calls nothing. */
export async function renderCommand(context: CommandContext, options: RenderOptions): Promise<number> {
  const target = await loadTarget(context, options);
  const inputs =
    options.inputs === undefined
      ? await recordedInputs(context, clusterIdOf(target.cluster))
      : await inputsOf(options.inputs);
  const release = valueOrThrow(renderTarget(target, inputs));
  const text =
    options.output === 'json'
      ? JSON.stringify(release, undefined, 2)
      : stringify(release, { lineWidth: 0, aliasDuplicateObjects: false }).trimEnd();
  context.console.out(text);
  return 0;
}

async function inputsOf(file: string): Promise<Inputs> {
  const hint = 'Name a file of inputs with --inputs; examples/inputs.json is one.';
  const read = parseInputs(await readInput({ file, what: 'file of inputs', hint }));
  if ('inputs' in read) return read.inputs;
  const place = { line: 1, column: 1 };
  const example = 'examples/inputs.json has every member';
  throw new WrongInput(
    read.mistakes.map((message) => problemAt(file, place, { code: 'WRONG_INPUTS', message, hint: example })),
  );
}

async function recordedInputs(context: CommandContext, id: string): Promise<Inputs> {
  const store = await openRecorded(context);
  try {
    const record = await store.records.read(id);
    if (record?.inputs !== undefined) return record.inputs;
  } finally {
    await store.close();
  }
  throw new RoadsteadError('Nothing is recorded of this cluster yet, and render asks nobody', {
    code: 'WRONG_INPUT',
    value: id,
    hint: 'Give the inputs: --inputs examples/inputs.json, or run `roadstead up` first, which records them.',
  });
}
