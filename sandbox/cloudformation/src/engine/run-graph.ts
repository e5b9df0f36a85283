import type { Dependencies } from '../plan/graph.ts';

/** How a pass over a graph went. */
export interface GraphOutcome {
  /** In order of failing. */
  readonly failed: readonly { readonly node: string; readonly error: unknown }[];
  /** Nodes whose work was never begun. */
  readonly skipped: readonly string[];
}

export interface GraphRun {
  readonly dependencies: Dependencies;
  /** How many nodes are worked on at once. */
  readonly limit: number;
  /** Whether a failure keeps nodes from starting that do not wait for it. */
  readonly stopAtFailure: boolean;
  readonly work: (node: string) => Promise<void>;
  /** Told once, at the first failure. */
  readonly onFailure?: (node: string) => void;
}

/** Works every node off after the nodes it waits for. Resolves when nothing runs any more; never rejects by work. */
export function runGraph(run: GraphRun): Promise<GraphOutcome> {
  const waiting = new Map([...run.dependencies].map(([node, needs]) => [node, new Set(needs)]));
  const failed: { node: string; error: unknown }[] = [];
  let running = 0;
  return new Promise((resolve) => {
    const step = (): void => {
      for (const [node, needs] of waiting) {
        if (running >= run.limit || (run.stopAtFailure && failed.length > 0)) break;
        if (needs.size > 0) continue;
        waiting.delete(node);
        running++;
        void settle(node);
      }
      if (running === 0) resolve({ failed, skipped: [...waiting.keys()] });
    };
    const settle = async (node: string): Promise<void> => {
      try {
        await run.work(node);
        for (const needs of waiting.values()) needs.delete(node);
      } catch (error) {
        failed.push({ node, error });
        if (failed.length === 1) run.onFailure?.(node);
      }
      running--;
      step();
    };
    step();
  });
}
