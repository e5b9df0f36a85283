import type { ApiStatus } from '../client/status-error.ts';
import { isRecord, type KubernetesObject, recordAt } from '../objects/kubernetes-object.ts';
import type { Fingerprint } from './fingerprint.ts';
import { packHas } from './owned-fields.ts';
import type { FieldConflict } from './release-types.ts';

/** Fields and owners from a 409 of server-side apply; empty for any other conflict. */
export function conflictsOf(status: ApiStatus): readonly FieldConflict[] {
  return status.causes
    .filter((cause) => cause.reason === 'FieldManagerConflict')
    .map((cause) => ({ field: cause.field, manager: /conflict with "([^"]*)"/.exec(cause.message)?.[1] ?? 'unknown' }));
}

export type ConflictDecision =
  /** Every field is one that we applied before (`drift`) or that the caller lets us take. */
  | { readonly kind: 'take'; readonly drift: boolean }
  | { readonly kind: 'report'; readonly conflicts: readonly FieldConflict[] };

/**
 * A field that the last apply set and somebody took since is drift, and is taken back. One that was never ours belongs
 * to its owner: reported, unless `mayForce` says otherwise.
 */
export function decideConflicts(
  conflicts: readonly FieldConflict[],
  record: Fingerprint | undefined,
  desiredDigest: string,
  mayForce: (conflict: FieldConflict) => boolean,
): ConflictDecision {
  // The very same object was applied before, so every field in it was ours then.
  const appliedAsIs = record?.desired === desiredDigest;
  const wasOurs = (conflict: FieldConflict) =>
    record !== undefined && (appliedAsIs || packHas(record.owned, conflict.field));
  const foreign = conflicts.filter((conflict) => !wasOurs(conflict) && !mayForce(conflict));
  if (foreign.length > 0) return { kind: 'report', conflicts: foreign };
  return { kind: 'take', drift: conflicts.some(wasOurs) };
}

/**
 * Leaves `spec.replicas` out where an autoscaler has it: a field manager other than a person's kubectl that wrote it through
 * the scale subresource. Otherwise every apply would undo the autoscaler.
 */
export function yieldReplicas(desired: KubernetesObject, live: KubernetesObject): KubernetesObject {
  const spec = recordAt(desired, 'spec');
  if (spec === undefined || !('replicas' in spec)) return desired;
  const scaled = live.metadata.managedFields?.some(
    (entry) =>
      entry.subresource === 'scale' &&
      !(entry.manager ?? '').startsWith('kubectl') &&
      isRecord(recordAt(entry.fieldsV1, 'f:spec')?.['f:replicas']),
  );
  if (scaled !== true) return desired;
  const { replicas: _yielded, ...rest } = spec;
  return { ...desired, spec: rest };
}

const immutable =
  /immutable|may not be changed|cannot change|can not be changed|not be modified|updates to .* for fields other than|forbidden: updates|field can not be updated|may not be (updated|modified)/i;

/** True when the server refuses a change only because a field cannot change once the object is there. */
export function isImmutableRefusal(status: ApiStatus): boolean {
  if (status.code !== 422) return false;
  return status.causes.length > 0
    ? status.causes.every((cause) => immutable.test(cause.message))
    : immutable.test(status.message);
}
