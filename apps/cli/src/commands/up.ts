import { type Plan, type PreparedUp, planUp, runUp } from '@roadstead/lifecycle';
import { loadTarget, readInput, type SourceOptions, valueOrThrow } from '../load.ts';
import { confirmPlan } from '../output/confirm.ts';
import { WrongInput } from '../output/error-text.ts';
import { planText } from '../output/plan-text.ts';
import { summaryOf, summaryText } from '../output/summary.ts';
import { openWorld } from '../wire.ts';
import type { CommandContext, OutputFormat } from './context.ts';
import { followRun } from './follow-run.ts';
import { unplannedLines } from './saved-plan.ts';

export interface UpOptions extends SourceOptions {
  readonly yes: boolean;
  /** The cluster's name, for a plan that cannot be taken back. */
  readonly oneWay?: string;
  readonly output: OutputFormat;
  readonly refreshInputs: boolean;
}

/** `roadstead up`: plan, confirm, run, verify. */
export async function upCommand(context: CommandContext, options: UpOptions): Promise<number> {
  return change(context, options, (prepared) => confirmPlan(context, prepared.plan, options));
}

/** `roadstead apply PLAN`: exactly the plan that was kept, or nothing. */
export async function applyCommand(
  context: CommandContext,
  options: UpOptions & { readonly saved: string },
): Promise<number> {
  const saved = parsePlan(options.saved, await readInput(options.saved));
  return change(context, options, async ({ plan }) => {
    const more = unplannedLines(saved, plan);
    if (more.length > 0)
      throw new WrongInput([
        `${options.saved} no longer says what would be done:`,
        ...more.map((line) => `  ${line}`),
        'Plan again: roadstead plan --out FILE',
      ]);
    return confirmPlan(context, plan, options);
  });
}

async function change(
  context: CommandContext,
  options: UpOptions,
  agree: (prepared: PreparedUp) => Promise<boolean>,
): Promise<number> {
  const { console, config, abort } = context;
  const target = await loadTarget(config, options, abort);
  const opened = await openWorld(context, target.cluster, 'up');
  try {
    const prepared = valueOrThrow(
      await planUp(opened.world, target, { refreshInputs: options.refreshInputs, signal: abort }),
    );
    if (options.output === 'json') console.out(JSON.stringify({ type: 'plan', plan: prepared.plan }));
    else for (const line of planText(prepared.plan, console.colours)) console.err(line);
    if (prepared.plan.changes.length > 0 && !(await agree(prepared))) {
      console.err('Nothing was changed.');
      return 1;
    }
    const code = await followRun(context, options, (run) => runUp(opened.world, prepared, run));
    if (code === 0) {
      const summary = await summaryOf(opened.world, prepared, abort);
      if (options.output === 'json') console.out(JSON.stringify({ type: 'summary', ...summary }));
      else for (const line of summaryText(summary, options.file, console.colours)) console.err(line);
    }
    return code;
  } finally {
    await opened.close();
  }
}

function parsePlan(file: string, text: string): Plan {
  try {
    const plan = JSON.parse(text) as Partial<Plan>;
    if (plan.kind === 'up' && Array.isArray(plan.changes) && plan.header !== undefined) return plan as Plan;
  } catch {
    // Told below, as any other file that is no plan.
  }
  throw new WrongInput([`${file}:1:1: not a plan`, '  roadstead plan --out FILE keeps one']);
}
