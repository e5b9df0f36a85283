import type { JsonObject } from '@roadstead/foundation';
import { type FieldRule, unlistedPaths } from './eks-fields.ts';
import type { Refusal } from './plan-aws.ts';

/** A refusal for each stated field that no rule knows: sent at creation, it would never be compared again. */
export function refuseUnlisted(table: readonly FieldRule[], request: JsonObject, what: string): Refusal[] {
  return unlistedPaths(table, request).map((path) => ({
    code: 'FIELD_NOT_KNOWN',
    what,
    message: `nothing says how ${path} is compared and changed`,
    hint: 'remove it from the channel, or add it to packages/provisioning/src/plan/eks-fields.ts',
  }));
}
