import { join } from 'node:path';
import { output } from './child.ts';
import type { RenderFigures } from './render-many.ts';
import { median, rounded } from './statistics.ts';

export interface RenderOptions {
  readonly few: number;
  readonly many: number;
  readonly rounds: number;
  readonly onProgress?: (message: string) => void;
}

interface RenderSummary {
  readonly clusters: number;
  readonly renderMs: number;
  readonly perClusterMs: number;
  readonly readClustersMs: number;
  readonly readChannelMs: number;
  readonly peakMiB: number;
}

export interface RenderReport {
  readonly rounds: number;
  readonly few: RenderSummary;
  readonly many: RenderSummary;
  /** Many against few: 1 for time per cluster means linear; memory that grows with clusters would show in the second. */
  readonly growth: {
    readonly clusters: number;
    readonly renderMs: number;
    readonly perClusterMs: number;
    readonly peakMiB: number;
  };
}

/** Renders the reference channel for few and for many clusters in turn, each in a process of its own. */
export async function benchRender({ few, many, rounds, onProgress }: RenderOptions): Promise<RenderReport> {
  const figures = new Map<number, RenderFigures[]>([
    [few, []],
    [many, []],
  ]);
  for (let round = 1; round <= rounds; round++) {
    for (const [count, all] of figures) {
      const text = await output(process.execPath, [join(import.meta.dirname, 'render-process.ts'), String(count)]);
      const one = JSON.parse(text) as RenderFigures;
      if (one.digests !== count) throw new Error(`${count} clusters gave ${one.digests} digests`);
      all.push(one);
      onProgress?.(`render, round ${round}, ${count} clusters: ${Math.round(one.renderMs)} ms`);
    }
  }
  const [small, large] = [summaryOf(figures.get(few) ?? []), summaryOf(figures.get(many) ?? [])];
  return {
    rounds,
    few: small,
    many: large,
    growth: {
      clusters: rounded(many / few),
      renderMs: rounded(large.renderMs / small.renderMs),
      perClusterMs: rounded(large.perClusterMs / small.perClusterMs),
      peakMiB: rounded(large.peakMiB / small.peakMiB),
    },
  };
}

function summaryOf(all: readonly RenderFigures[]): RenderSummary {
  const middle = (pick: (figures: RenderFigures) => number) => median(all.map(pick));
  return {
    clusters: middle(({ clusters }) => clusters),
    renderMs: rounded(
      middle(({ renderMs }) => renderMs),
      0,
    ),
    perClusterMs: rounded(
      middle(({ renderMs, clusters }) => renderMs / clusters),
      3,
    ),
    readClustersMs: rounded(
      middle(({ readClustersMs }) => readClustersMs),
      0,
    ),
    readChannelMs: rounded(
      middle(({ readChannelMs }) => readChannelMs),
      0,
    ),
    peakMiB: rounded(
      middle(({ peakMiB }) => peakMiB),
      0,
    ),
  };
}
