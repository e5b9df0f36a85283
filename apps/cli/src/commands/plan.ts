import { writeFile } from 'node:fs/promises';
import { planUp } from '@roadstead/lifecycle';
import { loadTarget, type SourceOptions, valueOrThrow } from '../load.ts';
import { exitCodes } from '../output/error-text.ts';
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
  const { console, config, abort } = context;
  const target = await loadTarget(config, options, abort);
  const opened = await openReadingWorld(context, target.cluster);
  try {
    const { plan } = valueOrThrow(
      await planUp(opened.world, target, { refreshInputs: options.refreshInputs, signal: abort }),
    );
    const json = JSON.stringify(plan, undefined, 2);
    if (options.out !== undefined) await writeFile(options.out, `${json}\n`);
    if (options.output === 'json') console.out(json);
    else for (const line of planText(plan, console.colours)) console.out(line);
    return options.exitCode && plan.changes.length > 0 ? exitCodes.planHasChanges : exitCodes.done;
  } finally {
    await opened.close();
  }
}
