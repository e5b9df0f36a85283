import { type ChangeClass, changeClasses, type FieldChange } from '@roadstead/definition';
import type { Json, JsonObject } from '@roadstead/foundation';
import type { FieldDifference } from './eks-fields.ts';
import { holeReference, knownAfter, lateReferences, stackOfReference } from './late-values.ts';
import type { PlanScope } from './plan-aws.ts';

/** The worst of some classes; `none` of nothing. */
export function worstClass(classes: readonly ChangeClass[]): ChangeClass {
  return classes.reduce<ChangeClass>(
    (worst, next) => (changeClasses.indexOf(next) > changeClasses.indexOf(worst) ? next : worst),
    'none',
  );
}

/** Field lines for a thing that is made: every leaf that the request states. */
export function createdFields(request: JsonObject): FieldChange[] {
  const walk = (value: Json, path: string): FieldChange[] => {
    if (isWhole(value)) return [{ path, to: shown(value) }];
    return Object.entries(value as JsonObject).flatMap(([key, member]) =>
      walk(member, path === '' ? key : `${path}.${key}`),
    );
  };
  return walk(request, '').filter((field) => !field.path.startsWith('tags.'));
}

function isWhole(value: Json): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return true;
  return '$late' in value || '$lateText' in value || Object.keys(value).length === 0;
}

/** A value as people read it: holes say when they are known. */
export function shown(value: Json): Json {
  const reference = holeReference(value);
  if (reference !== undefined) return `(known after ${stackOfReference(reference)})`;
  if (Array.isArray(value)) return value.map((member: Json) => shown(member));
  if (typeof value !== 'object' || value === null) return value;
  if ('$lateText' in value) return `(${knownAfter(lateReferences(value)).join(', ')})`;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, shown(member)]));
}

/** The plain part of differences, for a line of a plan. */
export function shownFields(differences: readonly FieldDifference[]): FieldChange[] {
  return differences.map(({ path, from, to }) => ({
    path,
    ...(from === undefined ? {} : { from }),
    to: shown(to as Json),
  }));
}

/** The part of a change that says which late values it waits for. */
export function lateMembers(unknown: readonly string[]): { readonly knownAfter?: readonly string[] } {
  return unknown.length === 0 ? {} : { knownAfter: knownAfter(unknown) };
}

/** Why an update is planned, and whether it mends what somebody changed. */
export function whyUpdated(
  scope: Pick<PlanScope, 'isDrift'>,
  paths: readonly string[],
): { readonly why: string; readonly drift?: boolean } {
  const names = paths.length > 3 ? `${paths.slice(0, 3).join(', ')} and ${paths.length - 3} more` : paths.join(', ');
  if (scope.isDrift) return { why: `${names} changed behind our back (drift)`, drift: true };
  return { why: `${names} ${paths.length === 1 ? 'differs' : 'differ'} from what is declared` };
}
