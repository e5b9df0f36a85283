import type { Release } from '@roadstead/channel';
import type { Change } from '@roadstead/definition';
import type { ObservedAws } from '../observe/observed.ts';
import { knownOutputs } from './desired.ts';
import type { Outputs } from './late-values.ts';
import { orderAwsChanges } from './order.ts';
import { planAccess, planAssociations } from './plan-access.ts';
import { planAddons } from './plan-addons.ts';
import { planCluster } from './plan-cluster.ts';
import { planNodeGroups } from './plan-node-groups.ts';
import { planStacks } from './plan-stacks.ts';

export interface PlanAwsInput {
  readonly release: Release;
  readonly observed: ObservedAws;
  /** Who runs Roadstead, as an access entry can name it. Absent: no entry of its own is planned. */
  readonly ownPrincipalArn?: string;
  /** Digest of the release that was verified last. When it is this release's, every difference is drift. */
  readonly verifiedDigest?: string;
}

/** Why a plan cannot be: what is asked for and what is there do not go together. */
export interface Refusal {
  readonly code: string;
  /** The thing, as an operator would name it. */
  readonly what: string;
  readonly message: string;
  readonly hint: string;
}

export interface AwsPlan {
  /** In the order of execution. Empty when everything is as the release says. */
  readonly changes: readonly Change[];
  /** When there is one, nothing of the plan may be executed. */
  readonly refusals: readonly Refusal[];
}

/** What the parts of a plan are made with. */
export interface PlanScope {
  readonly release: Release;
  readonly observed: ObservedAws;
  readonly outputs: Outputs;
  /** True when the release is the one verified last, so that a difference was made by somebody else. */
  readonly isDrift: boolean;
}

/** A control plane that goes, or has failed and will be made again, takes everything inside with it. */
function withoutGoing(observed: ObservedAws): ObservedAws {
  if (observed.eks?.status !== 'DELETING' && observed.eks?.status !== 'FAILED') return observed;
  return { ...observed, nodeGroups: {}, addons: {}, accessEntries: {}, podIdentityAssociations: [] };
}

/**
 * The difference between a release and what is there in AWS, each change classed. Pure. Late values are filled from the
 * outputs of stacks that stay as they are; what a planned change may move is "known after".
 */
export function planAws(input: PlanAwsInput): AwsPlan {
  const { release } = input;
  const observed = withoutGoing(input.observed);
  const isDrift = input.verifiedDigest === release.digest;
  const stacks = planStacks({ release, observed, outputs: knownOutputs(release, observed), isDrift });
  const scope: PlanScope = { release, observed, outputs: stacks.outputs, isDrift };
  const cluster = planCluster(scope);
  const nodeGroups = planNodeGroups(scope);
  const addons = planAddons(scope);
  const access = planAccess(scope, input.ownPrincipalArn);
  const changes = [
    ...stacks.changes,
    ...cluster.changes,
    ...access.changes,
    ...planAssociations(scope),
    ...addons.changes,
    ...nodeGroups.changes,
  ];
  return {
    changes: orderAwsChanges(changes).flat(),
    refusals: [stacks, cluster, access, addons, nodeGroups].flatMap(({ refusals }) => refusals),
  };
}
