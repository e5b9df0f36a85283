import type { KubernetesObject } from '../objects/kubernetes-object.ts';
import { fieldManager, partOfLabel } from './applyset.ts';
import type { Fingerprint } from './fingerprint.ts';
import { appliedEntryOf } from './owned-fields.ts';
import type { ObservedMember, ObservedRelease } from './release-types.ts';

/** On what was there before Roadstead: it is kept in step, and never deleted by us. */
export const adoptedAnnotation = 'roadstead.dev/adopted';

/** True when an object was made before we first applied it; our own, applied once more, has the same second in both. */
export function isOlderThanUs(object: KubernetesObject): boolean {
  const since = appliedEntryOf(object, fieldManager)?.time;
  const { creationTimestamp } = object.metadata;
  return since !== undefined && creationTimestamp !== undefined && creationTimestamp < since;
}

/** The object marked as one that Roadstead found and did not make. */
export function asAdopted(desired: KubernetesObject): KubernetesObject {
  const annotations = { ...desired.metadata.annotations, [adoptedAnnotation]: 'true' };
  return { ...desired, metadata: { ...desired.metadata, annotations } };
}

/** A member by label or by owned fields; both would have to be taken off for us to call it foreign. */
export function isMadeByUs(live: KubernetesObject): boolean {
  return appliedEntryOf(live, fieldManager) !== undefined || live.metadata.labels?.[partOfLabel] !== undefined;
}

/** Only what Roadstead made is ever deleted. */
export function mayBeDeleted(live: KubernetesObject, record: Fingerprint | undefined): boolean {
  const isAdopted = live.metadata.annotations?.[adoptedAnnotation] !== undefined;
  return !isAdopted && (record !== undefined || appliedEntryOf(live, fieldManager) !== undefined);
}

/** Labels are copied by controllers (a Service's to its EndpointSlices): only what we applied ourselves is ours. */
export function isOurs(key: string, member: ObservedMember, observed: ObservedRelease): boolean {
  if (member.object.metadata.ownerReferences?.some((owner) => owner.controller === true) === true) return false;
  return (
    appliedEntryOf(member.object, fieldManager) !== undefined ||
    observed.parents.get(member.component)?.inventory.has(key) === true
  );
}

/** True while an object is being deleted: what is written to it goes with it. */
export function isGoing(object: KubernetesObject | undefined): boolean {
  return object?.metadata.deletionTimestamp !== undefined;
}
