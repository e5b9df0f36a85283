import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readChannel, renderRelease, versionOf } from '@roadstead/channel';
import { type Cluster, parseClusterFile, parseInputs } from '@roadstead/definition';

const root = join(import.meta.dirname, '..', '..');

export interface RenderFigures {
  readonly clusters: number;
  readonly readChannelMs: number;
  readonly readClustersMs: number;
  readonly renderMs: number;
  readonly peakMiB: number;
  /** Different digests; one for each cluster, or the render forgot something. */
  readonly digests: number;
}

/** Reads the reference channel once and so many cluster files, and renders each. Keeps the digests, as a registry would. */
export async function renderMany(count: number): Promise<RenderFigures> {
  const began = performance.now();
  const { channel, problems } = await readChannel(join(root, 'channel'));
  if (channel === undefined) throw new Error(problems.map(({ message }) => message).join('\n'));
  const read = performance.now();
  const shop = await readFile(join(root, 'examples/shop.yaml'), 'utf8');
  const clusters = Array.from({ length: count }, (_, index) => clusterOf(shop, index));
  const inputs = parseInputs(await readFile(join(root, 'examples/inputs.json'), 'utf8'));
  if (!('inputs' in inputs)) throw new Error(inputs.mistakes.join('\n'));
  const parsed = performance.now();
  const digests = new Set<string>();
  for (const cluster of clusters) {
    const version = versionOf(channel.source, cluster);
    const result = renderRelease({ channel, cluster, inputs: inputs.inputs, version });
    if ('problems' in result) throw new Error(result.problems.map(({ message }) => message).join('\n'));
    digests.add(result.release.digest);
  }
  const rendered = performance.now();
  return {
    clusters: count,
    readChannelMs: read - began,
    readClustersMs: parsed - read,
    renderMs: rendered - parsed,
    peakMiB: process.resourceUsage().maxRSS / 1024,
    digests: digests.size,
  };
}

function clusterOf(shop: string, index: number): Cluster {
  const name = `shop-${index}`;
  const text = shop.replace('metadata: {name: shop}', `metadata: {name: ${name}}`);
  const { cluster, problems } = parseClusterFile(text, `${name}.yaml`);
  if (cluster === undefined) throw new Error(problems.map(({ message }) => message).join('\n'));
  return cluster;
}
