import { type Cluster, hasErrors, type Inputs, type Problem, problemAt } from '@roadstead/definition';
import { digestOf } from '@roadstead/foundation';
import type { Bindings } from './cel.ts';
import type { Channel } from './channel.ts';
import type { Release, ReleaseStack } from './release.ts';
import { renderComponents } from './render-components.ts';
import { renderEks } from './render-eks.ts';
import { renderStacks } from './render-stacks.ts';
import { outputsScope, scopeOf } from './scope.ts';

export interface RenderInput {
  readonly channel: Channel;
  readonly cluster: Cluster;
  readonly inputs: Inputs;
  /** As `versionOf` makes it. */
  readonly version: string;
}

export type RenderResult = { readonly release: Release } | { readonly problems: readonly Problem[] };

/** What the parts of a release are rendered with. */
export interface RenderContext {
  readonly channel: Channel;
  readonly cluster: Cluster;
  readonly scope: Bindings;
  /** The outputs that are known when a phase begins: of the stacks before it, and of the control plane. */
  readonly outputsFor: (stacks: readonly ReleaseStack[], withCluster: boolean) => Bindings;
  readonly problems: Problem[];
}

/** Renders everything that a cluster is to be. Pure: calls nothing, and the same input gives the same bytes. */
export function renderRelease({ channel, cluster, inputs, version }: RenderInput): RenderResult {
  const config = channel.config.read(cluster.config);
  if ('faults' in config) {
    return {
      problems: config.faults.map(({ path, fault }) =>
        problemAt(
          `${cluster.name}: spec.config${path.map((step) => `.${step}`).join('')}`,
          { line: 1, column: 1 },
          fault,
        ),
      ),
    };
  }
  const problems: Problem[] = [];
  const scope = scopeOf(cluster, inputs, config.config);
  const context: RenderContext = {
    channel,
    cluster,
    scope,
    problems,
    outputsFor: (stacks, withCluster) => ({ ...scope, ...outputsScope(stacks, withCluster) }),
  };
  const stacks = renderStacks(context);
  if (problems.length > 0) return { problems };
  const eks = renderEks(context, stacks);
  const components = renderComponents(context, context.outputsFor(stacks, true));
  if (eks === undefined || hasErrors(problems)) return { problems };
  const content = {
    cluster: { name: cluster.name, account: cluster.account, region: cluster.region },
    channel: channel.name,
    kubernetes: cluster.kubernetes,
    stacks,
    eks,
    components,
  };
  return { release: { digest: digestOf(content), version, ...content } };
}
