import { writeFile } from 'node:fs/promises';
import { messageOf, RoadsteadError } from '@roadstead/foundation';
import { planUp } from '@roadstead/lifecycle';
import { loadTarget, type SourceOptions, valueOrThrow } from '../load.ts';
import { exitCodes } from '../output/failure.ts';
import { planText } from '../output/plan-text.ts';
import { openReadingWorld } from '../wire.ts';
import type { CommandContext, OutputFormat } from './context.ts';

export interface PlanOptions extends SourceOptions {
  readonly output: OutputFormat;
  readonly refreshInputs: boolean;
  /** Exit 3 when there are changes. */
  readonly exitCode: boolean;
  /** Where to keep the plan for `roadstead apply`. */
  readonly out?: string;
}

/** `roadstead plan`: what `up` would do. Changes nothing: its clients cannot. */
export async function planCommand(context: CommandContext, options: PlanOptions): Promise<number> {
  const { console, abort } = context;
  const target = await loadTarget(context, options);
  const opened = await openReadingWorld(context, target.cluster);
  try {
    const { plan } = valueOrThrow(
      await planUp(opened.world, target, { refreshInputs: options.refreshInputs, signal: abort }),
    );
    if (options.out !== undefined) await keep(options.out, `${JSON.stringify(plan, undefined, 2)}\n`);
    if (options.output === 'json') console.json(plan, 2);
    else for (const line of planText(plan, console.colours.out)) console.tell(line);
    return options.exitCode && plan.changes.length > 0 ? exitCodes.planHasChanges : exitCodes.done;
  } finally {
    await opened.close();
  }
}

async function keep(file: string, text: string): Promise<void> {
  await writeFile(file, text).catch((cause: unknown) => {
    throw new RoadsteadError(`The plan cannot be kept in ${file}: ${messageOf(cause)}`, {
      code: 'FILE_UNWRITABLE',
      value: file,
      cause,
      hint: 'Name another file with --out.',
    });
  });
}
