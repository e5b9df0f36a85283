import { type Clock, mapBounded, RoadsteadError, systemClock } from '@roadstead/foundation';
import { type Applied, type KubernetesClient, requestsAtOnce } from '../client/kubernetes-client.ts';
import { KubernetesStatusError } from '../client/status-error.ts';
import type { KubernetesObject } from '../objects/kubernetes-object.ts';
import { describeRef, groupKindOf, type ObjectRef } from '../objects/object-ref.ts';
import { fieldManager, sortedSet } from './applyset.ts';
import { conflictsOf, decideConflicts } from './decide-conflicts.ts';
import { declaredKindsOf } from './declared-kinds.ts';
import { desiredDigestOf, type Fingerprint, fingerprintOf } from './fingerprint.ts';
import type { Inventory } from './inventory.ts';
import { type Phase, phaseOf, phases, propagationForReplace } from './object-nature.ts';
import { asAdopted, isOlderThanUs } from './ownership.ts';
import { writeParent } from './parent.ts';
import { effectiveDesired, recordOf } from './plan-objects.ts';
import type { ObjectChange, PlacedObject, ReleasePlan } from './release-types.ts';
import { waitEstablished, waitGone, waitServed } from './wait-for.ts';

export interface ApplyProgress {
  readonly component: string;
  readonly ref: ObjectRef;
  readonly change: ObjectChange['kind'];
  /** How many of the component's changes are done, and how many there are. */
  readonly done: number;
  readonly total: number;
}

export interface ApplyContext {
  readonly client: KubernetesClient;
  readonly plan: ReleasePlan;
  readonly onProgress?: (progress: ApplyProgress) => void;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  /** Requests under way at once; default `requestsAtOnce`. */
  readonly concurrency?: number;
  /** By key, what the pass of foundations was answered: it fills this, and the pass of the rest need not ask again. */
  readonly made?: Map<string, KubernetesObject>;
}

/** Every object that the component holds now, as the server answered; for waiting until it is ready. */
export interface ComponentResult {
  readonly component: string;
  readonly objects: readonly KubernetesObject[];
  /** How many objects were written. */
  readonly written: number;
}

/** Namespaces and CRDs alone, so that every component's are there before any component's own objects; what is left then; or everything. */
export type ApplyPart = 'foundations' | 'rest' | 'all';

/**
 * Does what the plan says for one component, but for what goes (see `pruneRelease`). Widens the set's kinds first and
 * records the members last, so that a kill at any point leaves nothing that a later pass cannot find. Safe to repeat.
 */
export async function applyComponent(
  context: ApplyContext,
  component: string,
  part: ApplyPart = 'all',
): Promise<ComponentResult> {
  const { client, plan, signal } = context;
  const changes = plan.changes.filter(
    (change) => change.component === component && change.kind !== 'prune' && change.kind !== 'retain',
  );
  refuseBlocked(changes);
  const placed = new Map(plan.placed.filter((each) => each.component === component).map((each) => [each.key, each]));
  const all = changes.filter((change) => change.kind !== 'none');
  const pending = all.filter(
    (change) => part === 'all' || foundations.has(phaseOf(change.ref)) === (part === 'foundations'),
  );
  const stale = changes.some((change) => change.kind === 'none' && change.refresh);
  const before = plan.observed.parents.get(component);
  const groupKinds = sortedSet([
    ...(before?.groupKinds ?? []),
    ...[...placed.values()].map((each) => groupKindOf(each.ref)),
  ]);
  const namespaces = sortedSet([
    ...(before?.namespaces ?? []),
    ...[...placed.values()].flatMap((each) => each.ref.namespace ?? []),
  ]);
  const set = { component, groupKinds, namespaces };
  if (pending.length > 0 || stale)
    await writeParent(client, plan.observed, { ...set, inventory: before?.inventory ?? new Map() }, signal);

  const answers = part === 'rest' ? await readFoundations(context, all) : new Map<string, KubernetesObject>();
  const known = answers.size;
  let done = 0;
  for (const phase of phases) {
    await mapBounded(
      kindsInTurn(pending.filter((change) => phaseOf(change.ref) === phase)),
      context.concurrency ?? requestsAtOnce,
      async (change) => {
        const target = placed.get(change.key);
        if (target === undefined) return;
        answers.set(change.key, await applyChange(context, change, target));
        done += 1;
        context.onProgress?.({ component, ref: change.ref, change: change.kind, done, total: pending.length });
      },
    );
    if (phase === 'definitions') await settleDefinitions(context, pending, placed);
  }
  if (part === 'foundations') for (const [key, answer] of answers) context.made?.set(key, answer);

  const objects = [...placed.values()].flatMap(
    (each) => answers.get(each.key) ?? plan.observed.members.get(each.key)?.object ?? [],
  );
  if (part !== 'foundations' && (all.length > 0 || stale)) {
    await writeParent(
      client,
      plan.observed,
      { ...set, inventory: inventoryAfter(context, changes, placed, answers) },
      signal,
      'again',
    );
  }
  return { component, objects, written: answers.size - known };
}

/**
 * One of each kind in turn. Kinds that the server makes one after the other (a Service has its address allocated) would
 * hold up each other while they are alone under way; among others they cost no time of their own.
 */
export function kindsInTurn(changes: readonly ObjectChange[]): readonly ObjectChange[] {
  const turns = new Map<string, number>();
  const inTurn = changes.map((change) => {
    const turn = turns.get(groupKindOf(change.ref)) ?? 0;
    turns.set(groupKindOf(change.ref), turn + 1);
    return { change, turn };
  });
  return inTurn.toSorted((a, b) => a.turn - b.turn).map(({ change }) => change);
}

/** What the pass before made: as it was answered, where that is known. */
async function readFoundations(
  { client, signal, made: known }: ApplyContext,
  changes: readonly ObjectChange[],
): Promise<Map<string, KubernetesObject>> {
  const made = changes.filter((change) => foundations.has(phaseOf(change.ref)));
  const found = await mapBounded(made, 8, async (change) => ({
    key: change.key,
    object: known?.get(change.key) ?? (await client.get(change.ref, signal)),
  }));
  return new Map(
    found.flatMap(({ key, object }): [string, KubernetesObject][] => (object === undefined ? [] : [[key, object]])),
  );
}

const foundations: ReadonlySet<Phase> = new Set(['namespaces', 'definitions']);

/** Throws when any of these lines cannot be applied, naming the first. */
export function refuseBlocked(changes: readonly ObjectChange[]): void {
  const blocked = changes.filter((change) => change.kind === 'conflict' || change.kind === 'refused');
  const first = blocked[0];
  if (first === undefined) return;
  const fields =
    first.kind === 'conflict'
      ? ` (${first.conflicts.map(({ field, manager }) => `${field} of ${manager}`).join(', ')})`
      : '';
  throw new RoadsteadError(
    `component ${first.component} cannot be applied: ${describeRef(first.ref)}: ${first.why}${fields}`,
    {
      code: first.kind === 'conflict' ? 'KUBE_CONFLICT' : 'KUBE_REFUSED',
      value: blocked.map((change) => describeRef(change.ref)),
      hint:
        first.kind === 'conflict'
          ? 'Leave the field out of the manifest, or let Roadstead take it by force.'
          : 'Mend the manifest, then plan again.',
    },
  );
}

async function applyChange(
  context: ApplyContext,
  change: ObjectChange,
  placed: PlacedObject,
): Promise<KubernetesObject> {
  const { client, plan, signal } = context;
  const live = plan.observed.members.get(change.key)?.object;
  const desired = effectiveDesired(
    placed,
    change.kind === 'replace' ? undefined : (live ?? (await adoptee(context, change))),
  );
  const force = (change.kind === 'update' || change.kind === 'move') && change.force;
  if (change.kind === 'replace') {
    const propagation = propagationForReplace(change.ref);
    const options = { propagation, ...(change.uid === undefined ? {} : { uid: change.uid }) };
    if (!change.isGoing) await client.delete(change.ref, options, signal);
    await waitGone(client, change.ref, change.uid, context.clock ?? systemClock, signal);
  }
  const applied = await applyTakingBack(context, { change, placed, desired, force });
  if (change.kind !== 'create' || applied.created || !isOlderThanUs(applied.object)) return applied.object;
  return (await client.apply(asAdopted(desired), { fieldManager }, signal)).object;
}

interface Sending {
  readonly change: ObjectChange;
  readonly placed: PlacedObject;
  readonly desired: KubernetesObject;
  readonly force: boolean;
}

/** An update that was not tried when the plan was made learns only now of fields that were ours and were taken. */
async function applyTakingBack(
  { client, plan, signal }: ApplyContext,
  { change, placed, desired, force }: Sending,
): Promise<Applied> {
  try {
    return await client.apply(desired, { fieldManager, force }, signal);
  } catch (error) {
    const untried = change.kind === 'update' && change.knownAfter !== undefined;
    const conflicts = error instanceof KubernetesStatusError ? conflictsOf(error.status) : [];
    if (!untried || conflicts.length === 0) throw error;
    const record = recordOf(plan.observed, placed);
    const decision = decideConflicts(conflicts, record, desiredDigestOf(desired), () => false);
    if (decision.kind === 'report') throw error;
    return client.apply(desired, { fieldManager, force: true }, signal);
  }
}

/** An update of what is no member yet: the object was there before us, and has to be looked at to be marked so. */
async function adoptee({ client, signal }: ApplyContext, change: ObjectChange): Promise<KubernetesObject | undefined> {
  return change.kind === 'update' ? client.get(change.ref, signal) : undefined;
}

/** New kinds are served a moment after their definition is stored, and told by discovery a moment after that. */
async function settleDefinitions(
  context: ApplyContext,
  pending: readonly ObjectChange[],
  placed: ReadonlyMap<string, PlacedObject>,
): Promise<void> {
  const definitions = pending.filter((change) => change.ref.kind === 'CustomResourceDefinition');
  if (definitions.length === 0) return;
  const clock = context.clock ?? systemClock;
  await Promise.all(definitions.map((change) => waitEstablished(context.client, change.ref, clock, context.signal)));
  const kinds = definitions.flatMap((change) => declaredKindsOf(placed.get(change.key)?.object));
  await waitServed(context.client, kinds, clock, context.signal);
}

function inventoryAfter(
  context: ApplyContext,
  changes: readonly ObjectChange[],
  placed: ReadonlyMap<string, PlacedObject>,
  answers: ReadonlyMap<string, KubernetesObject>,
): Inventory {
  const { observed } = context.plan;
  const records = changes.flatMap((change): [string, Fingerprint][] => {
    const target = placed.get(change.key);
    if (target === undefined) return [];
    const answer = answers.get(change.key);
    const live = answer ?? observed.members.get(change.key)?.object;
    if (live === undefined) return [];
    const remembered = observed.parents.get(change.component)?.inventory.get(change.key);
    const unchanged = change.kind === 'none' && !change.refresh && remembered !== undefined;
    return [[change.key, unchanged ? remembered : fingerprintOf(effectiveDesired(target, live), live)]];
  });
  return new Map(records);
}
