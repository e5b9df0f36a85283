import type { KubernetesObject } from '../objects/kubernetes-object.ts';
import { compareRefs, type ObjectRef, refOf } from '../objects/object-ref.ts';
import { fieldManager } from './applyset.ts';
import { isImmutableRefusal, yieldReplicas } from './decide-conflicts.ts';
import { diffFields } from './diff-fields.ts';
import { desiredDigestOf, type Fingerprint, liveDigestOf } from './fingerprint.ts';
import { classOfPrune, classOfUpdate, isDataBearing, phaseOf, phases } from './object-nature.ts';
import { appliedEntryOf, ownedFieldsOf } from './owned-fields.ts';
import { adoptedAnnotation, asAdopted, isGoing, isMadeByUs, isOurs, mayBeDeleted } from './ownership.ts';
import type { ObjectChange, ObservedRelease, PlacedObject, Probe } from './release-types.ts';
import { isSecret, secretValuesMatch } from './secret-values.ts';

export interface PlanPolicy {
  /** Whether this object may be deleted though data goes with it. */
  readonly allowDataLoss: (ref: ObjectRef) => boolean;
}

/** What the inventory remembers of an object, in whichever component's set it is now. */
export function recordOf(observed: ObservedRelease, placed: PlacedObject): Fingerprint | undefined {
  const owner = observed.members.get(placed.key)?.component ?? placed.component;
  return observed.parents.get(owner)?.inventory.get(placed.key);
}

/** The object as it will be sent, now that it is known what is there. */
export function effectiveDesired(placed: PlacedObject, live: KubernetesObject | undefined): KubernetesObject {
  if (live === undefined) return placed.object;
  const desired = yieldReplicas(placed.object, live);
  if (live.metadata.annotations?.[adoptedAnnotation] === undefined && isMadeByUs(live)) return desired;
  return asAdopted(desired);
}

/** True when two digests say that nothing changed, on our side and on theirs. */
export function isUnchanged(placed: PlacedObject, observed: ObservedRelease): boolean {
  const member = observed.members.get(placed.key);
  const record = recordOf(observed, placed);
  if (member === undefined || record === undefined) return false;
  if (member.component !== placed.component || isGoing(member.object)) return false;
  const desired = effectiveDesired(placed, member.object);
  if (isSecret(desired) && !secretValuesMatch(desired, member.object)) return false;
  return record.desired === desiredDigestOf(desired) && record.live === liveDigestOf(member.object);
}

/** True for what no list showed: new, or there without our label. */
function isUnlisted(placed: PlacedObject, observed: ObservedRelease): boolean {
  return !observed.members.has(placed.key);
}

/** The objects that a dry run has to be made for; `tryNew` false leaves out those that seem not to be there. */
export function suspectsOf(
  placed: readonly PlacedObject[],
  observed: ObservedRelease,
  tryNew = true,
): readonly PlacedObject[] {
  if (!tryNew) return suspectsOf(placed, observed).filter((each) => !isUnlisted(each, observed));
  return placed.filter(
    (each) =>
      each.refusal === undefined &&
      each.knownAfter === undefined &&
      !isGoing(observed.members.get(each.key)?.object) &&
      !isUnchanged(each, observed),
  );
}

export interface PlanInput {
  readonly placed: readonly PlacedObject[];
  readonly observed: ObservedRelease;
  /** By object key; every suspect has one. */
  readonly probes: ReadonlyMap<string, Probe>;
  readonly policy: PlanPolicy;
}

/** Decides and never acts. What is made or changed in the order of components, phases and names; then what goes, in reverse. */
export function planObjects(input: PlanInput): readonly ObjectChange[] {
  const order = [...new Set(input.placed.map((each) => each.component))];
  const kept = input.placed
    .map((each) => planOne(each, input))
    .sort((a, b) => order.indexOf(a.component) - order.indexOf(b.component) || comparePhases(a, b));
  return [...kept, ...planPrunes(input).sort((a, b) => comparePhases(b, a))];
}

function comparePhases(a: ObjectChange, b: ObjectChange): number {
  return phases.indexOf(phaseOf(a.ref)) - phases.indexOf(phaseOf(b.ref)) || compareRefs(a.ref, b.ref);
}

function planOne(placed: PlacedObject, input: PlanInput): ObjectChange {
  const { key, ref, component } = placed;
  const base = { key, ref, component, class: 'safe', fields: [] } as const;
  if (placed.refusal !== undefined)
    return { ...base, kind: 'refused', class: 'none', why: placed.refusal, status: undefined };
  const member = input.observed.members.get(key);
  if (member !== undefined && isGoing(member.object)) return planAfterDeletion(placed, member.object);
  if (placed.knownAfter !== undefined)
    return planUntried(placed, member?.object, `known after ${placed.knownAfter}`, placed.knownAfter);
  const probe = input.probes.get(key);
  if (probe === undefined && member === undefined) return { ...base, kind: 'create', why: 'new, not tried' };
  if (probe === undefined) return { ...base, kind: 'none', class: 'none', why: 'as it should be', refresh: false };
  return planProbed(placed, probe, input);
}

/** What cannot be tried as yet. */
function planUntried(
  { key, ref, component }: PlacedObject,
  live: KubernetesObject | undefined,
  why: string,
  knownAfter: string,
): ObjectChange {
  const base = { key, ref, component, class: 'safe', fields: [], why, knownAfter } as const;
  return live === undefined ? { ...base, kind: 'create' } : { ...base, kind: 'update', drift: false, force: false };
}

/** Somebody else deletes it, so no data is lost by us: we wait until it is gone. */
function planAfterDeletion({ key, ref, component }: PlacedObject, live: KubernetesObject): ObjectChange {
  const why = 'is being deleted by somebody; made anew when it is gone';
  const { uid } = live.metadata;
  return {
    key,
    ref,
    component,
    class: 'safe',
    fields: [],
    why,
    kind: 'replace',
    uid,
    dataBearing: false,
    isGoing: true,
  };
}

function planProbed(placed: PlacedObject, probe: Probe, input: PlanInput): ObjectChange {
  const { key, ref, component } = placed;
  const base = { key, ref, component, class: 'safe', fields: [] } as const;
  const record = recordOf(input.observed, placed);
  const { outcome, live } = probe;
  if (live !== undefined && isGoing(live)) return planAfterDeletion(placed, live);
  switch (outcome.kind) {
    case 'notYet':
      return planUntried(placed, live, outcome.why, outcome.why);
    case 'conflict': {
      const owners = [...new Set(outcome.conflicts.map((conflict) => conflict.manager))].join(', ');
      return {
        ...base,
        kind: 'conflict',
        class: 'none',
        why: `fields belong to ${owners}`,
        conflicts: outcome.conflicts,
      };
    }
    case 'refused':
      return live !== undefined && isImmutableRefusal(outcome.status)
        ? planReplace(placed, live, outcome.status.message, input)
        : { ...base, kind: 'refused', class: 'none', why: outcome.status.message, status: outcome.status };
    case 'merged': {
      if (live !== undefined) return planMerged(placed, live, outcome, record, input);
      return { ...base, kind: 'create', why: record === undefined ? 'new' : 'was deleted by somebody' };
    }
  }
}

function planReplace(placed: PlacedObject, live: KubernetesObject, why: string, input: PlanInput): ObjectChange {
  const { key, ref, component } = placed;
  const base = { key, ref, component, fields: [], why } as const;
  const dataBearing = isDataBearing(ref);
  if (!mayBeDeleted(live, recordOf(input.observed, placed)))
    return {
      ...base,
      kind: 'refused',
      class: 'none',
      why: `${why}; it was there before Roadstead, and so is not deleted to be made anew`,
      status: undefined,
    };
  if (dataBearing && !input.policy.allowDataLoss(ref)) {
    return {
      ...base,
      kind: 'refused',
      class: 'one-way',
      why: `${why}; making it anew would lose its data`,
      status: undefined,
    };
  }
  return {
    ...base,
    kind: 'replace',
    class: dataBearing ? 'one-way' : 'replace',
    uid: live.metadata.uid,
    dataBearing,
    isGoing: false,
  };
}

function planMerged(
  placed: PlacedObject,
  live: KubernetesObject,
  outcome: Extract<Probe['outcome'], { kind: 'merged' }>,
  record: Fingerprint | undefined,
  input: PlanInput,
): ObjectChange {
  const { key, ref, component } = placed;
  const fields = diffFields(live, outcome.object);
  const base = { key, ref, component, fields, class: classOfUpdate(ref, fields) } as const;
  const force = outcome.taken.length > 0;
  const from = input.observed.members.get(key)?.component;
  if (from !== undefined && from !== component)
    return { ...base, kind: 'move', why: `moves from component ${from}`, movedFrom: from, force };
  const asked = record === undefined || record.desired !== desiredDigestOf(effectiveDesired(placed, live));
  if (fields.length > 0)
    return {
      ...base,
      kind: 'update',
      why: whyUpdated(asked, record, outcome.taken),
      drift: !asked || outcome.drift,
      force,
    };
  if (ownsTheSame(live, outcome.object))
    return { ...base, kind: 'none', class: 'none', why: 'as it should be', refresh: true };
  return { ...base, kind: 'update', why: 'settles which fields are ours', drift: false, force };
}

function whyUpdated(
  asked: boolean,
  record: Fingerprint | undefined,
  taken: readonly { readonly manager: string }[],
): string {
  const managers = [...new Set(taken.map((each) => each.manager))].join(', ');
  if (record === undefined)
    return managers === '' ? 'is there already, and differs' : `is there already, and is taken from ${managers}`;
  if (asked) return managers === '' ? 'the release changed' : `the release changed, and so did ${managers}`;
  return managers === '' ? 'was changed by somebody' : `was changed by ${managers}`;
}

function ownsTheSame(live: KubernetesObject, merged: KubernetesObject): boolean {
  const pathsOf = (object: KubernetesObject) =>
    ownedFieldsOf(object, fieldManager)
      .map((field) => field.path)
      .sort()
      .join('\n');
  return appliedEntryOf(live, fieldManager) !== undefined && pathsOf(live) === pathsOf(merged);
}

function planPrunes({ placed, observed, policy }: PlanInput): ObjectChange[] {
  const wanted = new Set(placed.map((each) => each.key));
  return [...observed.members].flatMap(([key, member]): ObjectChange[] => {
    if (wanted.has(key) || !isOurs(key, member, observed) || isGoing(member.object)) return [];
    const ref = refOf(member.object);
    const base = { key, ref, component: member.component, fields: [], class: classOfPrune(ref) } as const;
    const dataBearing = isDataBearing(ref);
    if (member.object.metadata.annotations?.[adoptedAnnotation] !== undefined) {
      return [
        {
          ...base,
          kind: 'retain',
          class: 'none',
          why: 'no longer in the release; kept, as it was there before Roadstead',
        },
      ];
    }
    if (dataBearing && !policy.allowDataLoss(ref))
      return [
        { ...base, kind: 'retain', class: 'none', why: 'no longer in the release; kept, as data would go with it' },
      ];
    return [{ ...base, kind: 'prune', why: 'no longer in the release', uid: member.object.metadata.uid, dataBearing }];
  });
}
