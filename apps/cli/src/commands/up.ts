import { RoadsteadError } from '@roadstead/foundation';
import { type Plan, planUp, runUp } from '@roadstead/lifecycle';
import { loadTarget, type SourceOptions, valueOrThrow } from '../load.ts';
import { confirmPlan, demandAnswers } from '../output/confirm.ts';
import { planText } from '../output/plan-text.ts';
import { summaryOf } from '../output/summary.ts';
import { readInput } from '../read-input.ts';
import { openWorld } from '../wire.ts';
import type { CommandContext, OutputFormat } from './context.ts';
import { demandDone, followRun } from './follow-run.ts';
import { readSavedPlan, unplannedLines } from './saved-plan.ts';
import { tellSummary } from './tell-summary.ts';

export interface UpOptions extends SourceOptions {
  readonly yes: boolean;
  /** The cluster's name, for a plan that cannot be taken back. */
  readonly oneWay?: string;
  readonly output: OutputFormat;
  readonly refreshInputs: boolean;
}

/** `roadstead up`: plan, confirm, run, verify. */
export async function upCommand(context: CommandContext, options: UpOptions): Promise<number> {
  return change(context, options, () => undefined);
}

/** `roadstead apply PLAN`: exactly the plan that was kept, or nothing. */
export async function applyCommand(
  context: CommandContext,
  options: UpOptions & { readonly saved: string },
): Promise<number> {
  const { saved: file } = options;
  const hint = 'roadstead plan --out FILE keeps a plan.';
  const saved = readSavedPlan(file, await readInput({ file, what: 'plan', hint }));
  return change(context, options, (plan) => {
    const more = unplannedLines(saved, plan);
    if (more.length === 0) return;
    throw new RoadsteadError([`${file} no longer says what would be done:`, ...more].join('\n  '), {
      code: 'PLAN_STALE',
      value: more,
      hint: 'Nothing was changed. Plan again: roadstead plan --out FILE',
    });
  });
}

/** `judge` throws for a plan that may not be run. */
async function change(context: CommandContext, options: UpOptions, judge: (plan: Plan) => void): Promise<number> {
  const { console, config, abort } = context;
  const target = await loadTarget(context, options);
  demandAnswers(config, target.cluster.name, options);
  const opened = await openWorld(context, target.cluster, 'up');
  try {
    const prepared = valueOrThrow(
      await planUp(opened.world, target, { refreshInputs: options.refreshInputs, signal: abort }),
    );
    const { plan } = prepared;
    if (options.output === 'json') console.json({ type: 'plan', plan });
    else for (const line of planText(plan, console.colours.err)) console.err(line);
    if (plan.changes.length > 0) {
      judge(plan);
      await confirmPlan(context, plan, options);
    }
    demandDone(await followRun(context, options, (run) => runUp(opened.world, prepared, run)), context);
    const { name } = target.cluster;
    await tellSummary(console, { ...options, name }, () => summaryOf(opened.world, prepared, abort));
    return 0;
  } finally {
    await opened.close();
  }
}
