import { planDown, runDown } from '@roadstead/lifecycle';
import type { Receipt } from '@roadstead/provisioning';
import { loadDeclared, type SourceOptions } from '../load.ts';
import { confirmPlan, demandAnswers } from '../output/confirm.ts';
import { planText } from '../output/plan-text.ts';
import { receiptText } from '../output/receipt.ts';
import { openWorld } from '../wire.ts';
import type { CommandContext, OutputFormat } from './context.ts';
import { demandDone, followRun } from './follow-run.ts';

export interface DownOptions extends SourceOptions {
  readonly yes: boolean;
  readonly output: OutputFormat;
  /** Deletes volumes that claims made, and what is in them. */
  readonly deleteVolumes: boolean;
  /** Deletes the control plane's log group, which otherwise outlives the cluster. */
  readonly deleteLogs: boolean;
}

/** `roadstead down`: takes the cluster down to nothing, and says what went, what stays and what that costs. */
export async function downCommand(context: CommandContext, options: DownOptions): Promise<number> {
  const { console, config, abort } = context;
  const target = await loadDeclared(context, options);
  demandAnswers(config, target.cluster.name, options);
  const opened = await openWorld(context, target.cluster, 'down');
  try {
    const policy = {
      volumes: options.deleteVolumes ? 'delete' : 'keep',
      logs: options.deleteLogs ? 'delete' : 'keep',
    } as const;
    const prepared = await planDown(opened.world, target, policy, abort);
    if (options.output === 'json') console.json({ type: 'plan', plan: prepared.plan });
    else for (const line of planText(prepared.plan, console.colours.err)) console.err(line);
    if (prepared.plan.changes.length > 0) await confirmPlan(context, prepared.plan, options);
    let receipt: Receipt | undefined;
    const outcome = await followRun(context, options, async (run) => {
      const ended = await runDown(opened.world, prepared, run);
      receipt = ended.receipt;
      return ended.outcome;
    });
    if (receipt !== undefined && options.output === 'json') console.json({ type: 'receipt', ...receipt });
    else if (receipt !== undefined) for (const line of receiptText(receipt, console.colours.err)) console.err(line);
    demandDone(outcome, context);
    return 0;
  } finally {
    await opened.close();
  }
}
