import type { ReleaseNodeGroup } from '@roadstead/channel';
import type { Change } from '@roadstead/definition';
import type { JsonObject } from '@roadstead/foundation';
import type { ObservedAws, ObservedNodeGroup } from '../observe/observed.ts';
import { changedPart, whyRemade } from './changed-part.ts';
import { desiredNodeGroup } from './desired.ts';
import { compareFields, type FieldDifference, nodeGroupFields } from './eks-fields.ts';
import { createdFields, lateMembers, shownFields } from './lines.ts';
import type { PlanScope, Refusal } from './plan-aws.ts';
import { refuseUnlisted } from './refuse-unlisted.ts';
import { isOurs, poolTag, zoneTag } from './tags.ts';
import { usual } from './usual-seconds.ts';

interface NodeGroupPlan {
  readonly changes: readonly Change[];
  readonly refusals: readonly Refusal[];
}

/** Node groups: made, changed in place, replaced by one with another name, or deleted with their pool. */
export function planNodeGroups(scope: PlanScope): NodeGroupPlan {
  const groups = scope.release.eks.nodeGroups;
  const plans = groups.map((group) => planGroup(scope, group));
  const changes = plans.flatMap((plan) => plan.changes);
  const replaced = new Set(groups.flatMap((group) => predecessors(scope, group).map(({ name }) => name)));
  const unnamed = leftoverGroups(scope).filter(
    (group) => !replaced.has(group.name) || !isReplacedNow(changes, group, groups),
  );
  return {
    changes: [...changes, ...unnamed.map((group) => deletedNodeGroup(group, 'no longer declared'))],
    refusals: plans.flatMap((plan) => plan.refusals),
  };
}

/** Whether a change of this plan makes the successor that takes the group's place, and so deletes it too. */
function isReplacedNow(
  changes: readonly Change[],
  group: ObservedNodeGroup,
  groups: readonly ReleaseNodeGroup[],
): boolean {
  const successor = groups.find((candidate) => samePlace(candidate, group));
  return changes.some(
    (change) => change.action === 'replace' && change.id === `eks/node-group/${successor?.request.nodegroupName}`,
  );
}

function planGroup(scope: PlanScope, group: ReleaseNodeGroup): NodeGroupPlan {
  const name = group.request.nodegroupName;
  const desired = desiredNodeGroup(scope.release, group, scope.outputs);
  const found = scope.observed.nodeGroups[name];
  const base = { id: `eks/node-group/${name}`, phase: 'pools' as const, what: `node group ${name}` };
  const refusals = refuseUnlisted(nodeGroupFields, desired.value, base.what);
  if (found === undefined) return { changes: [made(scope, group, base, desired)], refusals };
  const remade = whyRemade(found.status);
  if (remade !== undefined) {
    const change: Change = {
      ...base,
      action: 'replace',
      // One whose deletion failed may have nodes that work.
      class: found.status === 'DELETE_FAILED' ? 'rolling' : 'safe',
      why: remade,
      fields: createdFields(desired.value),
      ...lateMembers(desired.unknown),
      usualSeconds: usual.nodeGroupDelete + usual.nodeGroupCreate,
    };
    return { changes: [change], refusals };
  }
  const differences = compareFields(nodeGroupFields, desired.value, found.described);
  const { status } = found;
  const usualSeconds = usualChange(differences);
  return { changes: changedPart(scope, { base, status, differences, replaced: 'replace', usualSeconds }), refusals };
}

function usualChange(differences: readonly FieldDifference[]): number {
  if (differences.length === 0) return usual.nodeGroupCreate;
  const rolls = differences.some(({ rule }) => rule.how === 'replace' || rule.call === 'UpdateNodegroupVersion');
  return rolls ? usual.nodeGroupVersion : usual.nodeGroupConfig;
}

type Base = Pick<Change, 'id' | 'phase' | 'what'>;

function made(
  scope: PlanScope,
  group: ReleaseNodeGroup,
  base: Base,
  desired: { value: JsonObject; unknown: readonly string[] },
): Change {
  const before = predecessors(scope, group);
  const first = before[0];
  const common = { ...base, ...lateMembers(desired.unknown) };
  if (first === undefined) {
    return {
      ...common,
      action: 'create',
      class: 'safe',
      why: 'declared, not there yet',
      fields: createdFields(desired.value),
      usualSeconds: usual.nodeGroupCreate,
    };
  }
  const differences = compareFields(nodeGroupFields, desired.value, first.described);
  const immutable = differences.filter(({ rule }) => rule.how === 'replace').map(({ path }) => path);
  return {
    ...common,
    action: 'replace',
    class: 'replace',
    why: `${immutable.join(', ') || 'what it is made from'} cannot be changed in place: takes the place of ${before.map(({ name }) => name).join(', ')}, which drains and goes`,
    fields: shownFields(differences),
    usualSeconds: usual.nodeGroupCreate + usual.nodeGroupDelete,
  };
}

/** Groups of ours that the release does not name. */
function leftoverGroups(scope: PlanScope): ObservedNodeGroup[] {
  const wanted = new Set(scope.release.eks.nodeGroups.map((group) => group.request.nodegroupName));
  return Object.values(scope.observed.nodeGroups)
    .filter((group) => !wanted.has(group.name) && isOurs(group.tags, scope.release.cluster.name))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** Groups of ours for the same pool and zone under another name: what this one takes the place of. */
function predecessors(scope: PlanScope, group: ReleaseNodeGroup): ObservedNodeGroup[] {
  return leftoverGroups(scope).filter((candidate) => samePlace(group, candidate));
}

function samePlace(group: ReleaseNodeGroup, candidate: Pick<ObservedNodeGroup, 'tags'>): boolean {
  return candidate.tags[poolTag] === group.pool && candidate.tags[zoneTag] === group.zone;
}

/** Names of the groups that a group of the release takes the place of, by what is there. */
export function replacedBy(
  cluster: string,
  group: ReleaseNodeGroup,
  wanted: readonly ReleaseNodeGroup[],
  observed: ObservedAws['nodeGroups'],
): string[] {
  const names = new Set(wanted.map((candidate) => candidate.request.nodegroupName));
  return Object.values(observed)
    .filter((candidate) => !names.has(candidate.name) && isOurs(candidate.tags, cluster) && samePlace(group, candidate))
    .map((candidate) => candidate.name)
    .toSorted();
}

/** The line that deletes a node group; EKS drains its nodes. */
export function deletedNodeGroup(group: ObservedNodeGroup, why: string): Change {
  return {
    id: `eks/node-group/${group.name}`,
    phase: 'pools',
    action: 'delete',
    class: 'rolling',
    what: `node group ${group.name}`,
    why,
    fields: [],
    usualSeconds: usual.nodeGroupDelete,
  };
}
