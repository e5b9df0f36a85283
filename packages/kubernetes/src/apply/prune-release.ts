import { isRoadsteadError, mapBounded } from '@roadstead/foundation';
import { isUnreadable, preferredMapping } from '../client/api-catalog.ts';
import { requestsAtOnce } from '../client/kubernetes-client.ts';
import { groupKindOf, type ObjectRef } from '../objects/object-ref.ts';
import type { ApplyContext } from './apply-component.ts';
import { parseGroupKind, sortedSet } from './applyset.ts';
import { phaseOf, phases } from './object-nature.ts';
import { observeRelease } from './observe-release.ts';
import { isOurs } from './ownership.ts';
import { deleteParent, writeParent } from './parent.ts';
import type { ObjectChange, ObservedRelease } from './release-types.ts';

/**
 * Deletes what the plan says is no longer in the release, then shrinks each set to the kinds and namespaces that it
 * still has, and takes away the parents of sets that are empty and not in the release. Comes after every component was
 * applied, so that what moved is in its new set. Each delete names the uid that was planned: nothing made since goes.
 */
export async function pruneRelease(context: ApplyContext): Promise<{ readonly pruned: number }> {
  const { plan } = context;
  const prunes = plan.changes.filter((change) => change.kind === 'prune');
  let done = 0;
  for (const phase of [...phases].reverse()) {
    await mapBounded(
      prunes.filter((change) => phaseOf(change.ref) === phase),
      context.concurrency ?? requestsAtOnce,
      async (change) => {
        await deleteJustThis(context, change.ref, change.uid);
        done += 1;
        context.onProgress?.({
          component: change.component,
          ref: change.ref,
          change: 'prune',
          done,
          total: prunes.length,
        });
      },
    );
  }
  if (needsShrink(context)) await shrinkParents(context, new Set(prunes.map((change) => change.key)));
  return { pruned: prunes.length };
}

/** One of its name that was made since is another object, and stays. */
async function deleteJustThis(
  { client, signal }: ApplyContext,
  ref: ObjectRef,
  uid: string | undefined,
): Promise<void> {
  try {
    await client.delete(ref, uid === undefined ? {} : { uid }, signal);
  } catch (error) {
    if (uid === undefined || !isRoadsteadError(error, 'KUBE_CONFLICT')) throw error;
  }
}

/** Without a change there is nothing that could have become too wide. */
function needsShrink({ plan }: ApplyContext): boolean {
  const known = new Set(plan.components);
  const leftOver = [...plan.observed.parents.keys()].some((component) => !known.has(component));
  return (
    leftOver ||
    plan.changes.some(changesMembership) ||
    [...plan.observed.parents.values()].some((parent) => isTooWide(plan, parent.component, parent.groupKinds))
  );
}

function changesMembership(change: ObjectChange): boolean {
  return change.kind === 'prune' || change.kind === 'move';
}

function isTooWide(plan: ApplyContext['plan'], component: string, groupKinds: readonly string[]): boolean {
  const held = new Set([
    ...plan.placed.filter((each) => each.component === component).map((each) => groupKindOf(each.ref)),
    ...[...plan.observed.members]
      .filter(([key, member]) => member.component === component && isOurs(key, member, plan.observed))
      .map(([, member]) => groupKindOf(member.object)),
  ]);
  return groupKinds.some((groupKind) => !held.has(groupKind) && !isOutOfSight(plan.observed, groupKind));
}

/** A kind that discovery could not read just now: its objects may all be there. */
function isOutOfSight({ catalog }: ObservedRelease, groupKind: string): boolean {
  const { group, kind } = parseGroupKind(groupKind);
  return isUnreadable(catalog, group) && preferredMapping(catalog, group, kind) === undefined;
}

async function shrinkParents(context: ApplyContext, pruned: ReadonlySet<string>): Promise<void> {
  const { client, plan, signal } = context;
  const observed = await observeRelease(
    client,
    plan.components,
    plan.placed.map((each) => each.ref),
    signal,
  );
  await mapBounded([...observed.parents.values()], 4, async (parent) => {
    // What is on its way out (a finalizer holds it) still counts, unless it is what we just pruned.
    const members = [...observed.members].filter(
      ([key, member]) => member.component === parent.component && isOurs(key, member, observed) && !pruned.has(key),
    );
    const unseen = parent.groupKinds.filter((groupKind) => isOutOfSight(observed, groupKind));
    if (members.length === 0 && unseen.length === 0 && !plan.components.includes(parent.component)) {
      await deleteParent(client, parent.component, signal);
      return;
    }
    const groupKinds = sortedSet([...unseen, ...members.map(([, member]) => groupKindOf(member.object))]);
    const namespaces = sortedSet([
      ...(unseen.length > 0 ? parent.namespaces : []),
      ...members.flatMap(([, member]) => member.object.metadata.namespace ?? []),
    ]);
    const keys = new Set(members.map(([key]) => key));
    const inventory = new Map(
      [...parent.inventory].filter(([key]) => keys.has(key) || unseen.includes(key.slice(0, key.indexOf('/')))),
    );
    await writeParent(client, observed, { component: parent.component, groupKinds, namespaces, inventory }, signal);
  });
}
