import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runGraph } from './run-graph.ts';

const graph = (edges: Record<string, string[]>) =>
  new Map(Object.entries(edges).map(([node, needs]) => [node, new Set(needs)]));

describe('a pass over a graph', () => {
  it('begins a node only when all it waits for is done, and never more than the limit', async () => {
    const edges = fc.array(fc.tuple(fc.nat(9), fc.nat(9)));
    await fc.assert(
      fc.asyncProperty(edges, fc.integer({ min: 1, max: 4 }), async (pairs, limit) => {
        const needs = Object.fromEntries(
          Array.from({ length: 10 }, (_, index): [string, string[]] => [`n${index}`, []]),
        );
        for (const [a, b] of pairs) if (a > b) needs[`n${a}`]?.push(`n${b}`);
        const done = new Set<string>();
        let running = 0;
        const work = async (node: string) => {
          expect(++running).toBeLessThanOrEqual(limit);
          for (const need of needs[node] ?? []) expect(done).toContain(need);
          await Promise.resolve();
          done.add(node);
          running--;
        };
        const outcome = await runGraph({ dependencies: graph(needs), limit, stopAtFailure: true, work });
        expect(outcome).toEqual({ failed: [], skipped: [] });
        expect(done.size).toBe(10);
      }),
    );
  });

  it.each([
    [true, ['a', 'bad'], ['c', 'd', 'e']],
    [false, ['a', 'bad', 'c', 'e'], ['d']],
  ])('with stopAtFailure %s', async (stopAtFailure, begun, skipped) => {
    const seen: string[] = [];
    const failures: string[] = [];
    const outcome = await runGraph({
      dependencies: graph({ a: [], bad: ['a'], c: ['a'], d: ['bad'], e: ['c'] }),
      limit: 1,
      stopAtFailure,
      work: async (node) => {
        seen.push(node);
        if (node === 'bad') throw new Error('no');
      },
      onFailure: (node) => failures.push(node),
    });
    expect(seen).toEqual(begun);
    expect(outcome.failed.map(({ node }) => node)).toEqual(['bad']);
    expect([...outcome.skipped]).toEqual(skipped);
    expect(failures).toEqual(['bad']);
  });
});
