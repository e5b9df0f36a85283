import type { Change } from '@roadstead/definition';
import { RoadsteadError } from '@roadstead/foundation';
import {
  type Caller,
  type DownPlan,
  type DownPolicy,
  type ObservedDown,
  observeDown,
  planDown as planAwsDown,
  whoAmI,
} from '@roadstead/provisioning';
import { connectReader } from './connect.ts';
import type { Plan } from './plan.ts';
import { headerOf } from './plan-up.ts';
import type { DeclaredCluster } from './target.ts';
import type { ReadingWorld } from './world.ts';

export type { DownPolicy } from '@roadstead/provisioning';

/** A way down and what it was planned from. */
export interface PreparedDown {
  readonly target: DeclaredCluster;
  readonly caller: Caller;
  readonly found: ObservedDown;
  readonly aws: DownPlan;
  readonly plan: Plan;
}

/** The step that asks Kubernetes to give back its load balancers, while it still can. */
export const releaseStepId = 'kubernetes/load-balancers';

/** Plans from what is there alone: neither store nor release is needed, so a half-made cluster goes too. Writes nothing. */
export async function planDown(
  world: ReadingWorld,
  target: DeclaredCluster,
  policy: DownPolicy,
  signal: AbortSignal,
): Promise<PreparedDown> {
  const { name, account, region } = target.cluster;
  const caller = await whoAmI(world.reader, account, signal);
  const found = await observeDown(world.reader, { cluster: { name, account, region } }, { clock: world.clock, signal });
  const aws = planAwsDown(found.observed, found.leftovers, policy);
  if (aws.blockers.length > 0) throw blocked(aws);
  const services = await loadBalancerServices(world, found, signal);
  const changes = [...services.map(releaseLine), ...aws.changes];
  const warnings = aws.stays.map(
    ({ what, why, monthlyUsd }) =>
      `stays: ${what}: ${why}${monthlyUsd === undefined ? '' : ` ($${monthlyUsd.toFixed(2)} a month)`}`,
  );
  const plan: Plan = { kind: 'down', header: headerOf(world, target, caller), version: '-', changes, warnings };
  return { target, caller, found, aws, plan };
}

/** Services that hold a load balancer, by namespace and name. None where the API server cannot be asked: AWS is swept then. */
async function loadBalancerServices(
  world: ReadingWorld,
  { observed }: ObservedDown,
  signal: AbortSignal,
): Promise<{ namespace: string; name: string }[]> {
  const client = connectReader(world, observed);
  if (client === undefined) return [];
  try {
    const { items } = await client.list({ apiVersion: 'v1', kind: 'Service' }, { signal });
    return items
      .filter((service) => (service.spec as { type?: string } | undefined)?.type === 'LoadBalancer')
      .map(({ metadata }) => ({ namespace: metadata.namespace ?? 'default', name: metadata.name }));
  } catch {
    return [];
  } finally {
    await client.close();
  }
}

function releaseLine({ namespace, name }: { namespace: string; name: string }): Change {
  return {
    id: `${releaseStepId}/${namespace}/${name}`,
    phase: 'manifests',
    action: 'delete',
    class: 'disruptive',
    what: `Service ${namespace}/${name} and its load balancer`,
    why: 'Kubernetes takes it back while it can',
    fields: [],
    usualSeconds: 60,
  };
}

function blocked({ blockers }: DownPlan): RoadsteadError {
  const lines = blockers.map(({ what, maker, hint }) => `${what}, made by ${maker}: ${hint}`);
  return new RoadsteadError(`Things that Roadstead did not make block the way down:\n  ${lines.join('\n  ')}`, {
    code: 'FOREIGN_THINGS',
    value: blockers,
    hint: 'Nothing was deleted. Take them away, or move them out of the VPC, then run `roadstead down` again.',
  });
}
