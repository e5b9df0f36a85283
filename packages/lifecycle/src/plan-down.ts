import type { Change } from '@roadstead/definition';
import { RoadsteadError } from '@roadstead/foundation';
import {
  type Caller,
  type DownPlan,
  type DownPolicy,
  type ObservedDown,
  observeDown,
  planDown as planAwsDown,
  takenAlong,
  whoAmI,
} from '@roadstead/provisioning';
import { connectReader } from './connect.ts';
import {
  type AskedServices,
  askLoadBalancerServices,
  type LoadBalancerService,
  withoutReleased,
} from './load-balancer-services.ts';
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
  const { services, warning } = await askServices(world, found, signal);
  const aws = planAwsDown(found.observed, withoutReleased(found.leftovers, services), policy);
  if (aws.blockers.length > 0) throw blocked(aws, warning);
  const changes = [...services.map(releaseLine), ...aws.changes];
  const stays = aws.stays.map(
    ({ what, why, monthlyUsd }) =>
      `stays: ${what}: ${why}${monthlyUsd === undefined ? '' : ` ($${monthlyUsd.toFixed(2)} a month)`}`,
  );
  const along = aws.changes.flatMap((change) =>
    takenAlong(change).map((part) => `goes too: ${part}: with ${change.what}`),
  );
  const warnings = [...(warning === undefined ? [] : [warning]), ...along, ...stays];
  const plan: Plan = { kind: 'down', header: headerOf(world, target, caller), version: '-', changes, warnings };
  return { target, caller, found, aws, plan };
}

/** None where there is no API server: then there are no Services either. */
async function askServices(
  world: ReadingWorld,
  { observed }: ObservedDown,
  signal: AbortSignal,
): Promise<AskedServices> {
  const client = connectReader(world, observed);
  if (client === undefined) return { services: [] };
  try {
    return await askLoadBalancerServices(client, signal);
  } finally {
    await client.close();
  }
}

function releaseLine({ namespace, name }: LoadBalancerService): Change {
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

function blocked({ blockers }: DownPlan, warning: string | undefined): RoadsteadError {
  const lines = blockers.map(({ what, maker, hint }) => `${what}, made by ${maker}: ${hint}`);
  if (warning !== undefined) lines.push(warning);
  // A line of its own at the end: what is printed after a message must not be copied together with a command.
  lines.push(`${blockers.length} in all`);
  return new RoadsteadError(`Things that Roadstead did not make block the way down:\n  ${lines.join('\n  ')}`, {
    code: 'FOREIGN_THINGS',
    value: blockers,
    hint: 'Nothing was deleted. Take each away as its line says, then run `roadstead down` again.',
  });
}
