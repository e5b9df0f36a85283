import type { Change, FieldChange } from '@roadstead/definition';
import type { Json } from '@roadstead/foundation';
import type { ObservedAccessEntry } from '../observe/observed.ts';
import { type DesiredAccessEntry, desiredAccessEntries } from './desired.ts';
import { lateReferences, resolveLate } from './late-values.ts';
import { lateMembers, shown, whyUpdated } from './lines.ts';
import type { PlanScope, Refusal } from './plan-aws.ts';
import { accessTag, isOurs } from './tags.ts';
import { usual } from './usual-seconds.ts';

/** Access entries: Roadstead's own first, then the file's. Entries that EKS or others made are left alone. */
export function planAccess(
  scope: PlanScope,
  ownPrincipalArn: string | undefined,
): { readonly changes: readonly Change[]; readonly refusals: readonly Refusal[] } {
  const desired = desiredAccessEntries(scope.release, scope.outputs, ownPrincipalArn);
  const wanted = new Set(desired.map((entry) => entry.principalArn));
  const removed = Object.values(scope.observed.accessEntries).filter(
    (entry) =>
      !wanted.has(entry.principalArn) &&
      isOurs(entry.tags, scope.release.cluster.name) &&
      entry.tags[accessTag] !== 'own',
  );
  return {
    changes: [...desired.flatMap((entry) => planEntry(scope, entry)), ...removed.map(deletedEntry)],
    refusals: desired.flatMap((entry) => refuseType(scope, entry)),
  };
}

/** Entries of nodes, as EKS makes them for the roles of node groups, have neither groups nor policies of a release. */
function refuseType(scope: PlanScope, { principalArn }: DesiredAccessEntry): Refusal[] {
  const type = scope.observed.accessEntries[String(principalArn)]?.type ?? 'STANDARD';
  if (type === 'STANDARD') return [];
  return [
    {
      code: 'ENTRY_NOT_STANDARD',
      what: `access entry ${String(principalArn)}`,
      message: `the principal has an entry of type ${type} already, which takes no groups`,
      hint: 'name another principal in spec.access: this one is for nodes',
    },
  ];
}

function planEntry(scope: PlanScope, desired: DesiredAccessEntry): Change[] {
  const unknown = lateReferences(desired.principalArn);
  const name = entryName(desired.principalArn);
  const base = {
    id: `eks/access-entry/${name}`,
    phase: 'access' as const,
    what: `access entry ${name}`,
    usualSeconds: usual.quick,
    ...lateMembers(unknown),
  };
  const found = unknown.length === 0 ? scope.observed.accessEntries[String(desired.principalArn)] : undefined;
  if (found === undefined) {
    const why = desired.own ? 'Roadstead lets itself in first' : 'declared, not there yet';
    return [{ ...base, action: 'create', class: 'safe', why, fields: entryFields(desired, undefined) }];
  }
  const fields = entryFields(desired, found);
  if (fields.length === 0) return [];
  return [
    {
      ...base,
      action: 'update',
      class: 'safe',
      ...whyUpdated(
        scope,
        fields.map(({ path }) => path),
      ),
      fields,
    },
  ];
}

/** What an entry is called: its principal's ARN, or the outputs that it comes from while they are not made yet. */
export function entryName(principalArn: Json): string {
  const unknown = lateReferences(principalArn);
  return unknown.length === 0 ? String(principalArn) : unknown.join(' ');
}

/** Where an entry differs from what is there, as the lines of a plan. */
export function entryFields(
  desired: Pick<DesiredAccessEntry, 'kubernetesGroups' | 'accessPolicies'>,
  found: ObservedAccessEntry | undefined,
): FieldChange[] {
  const there = found && {
    kubernetesGroups: found.kubernetesGroups,
    accessPolicies: [
      ...found.accessPolicies,
      ...found.narrowPolicies.map(({ policyArn, namespaces }) => `${policyArn} (in ${namespaces.join(', ')})`),
    ],
  };
  const compare = (path: 'kubernetesGroups' | 'accessPolicies'): FieldChange[] => {
    const to = desired[path].toSorted();
    const from = there?.[path].toSorted();
    if ((from ?? []).join() === to.join()) return [];
    return [{ path, ...(from === undefined ? {} : { from }), to }];
  };
  return [...compare('kubernetesGroups'), ...compare('accessPolicies')];
}

function deletedEntry(entry: ObservedAccessEntry): Change {
  return {
    id: `eks/access-entry/${entry.principalArn}`,
    phase: 'access',
    action: 'delete',
    class: 'safe',
    what: `access entry ${entry.principalArn}`,
    why: 'no longer declared',
    fields: [{ path: 'kubernetesGroups', from: entry.kubernetesGroups }],
    usualSeconds: usual.quick,
  };
}

/** Pod identity associations of components. Those that an add-on owns belong to the add-on. */
export function planAssociations(scope: PlanScope): Change[] {
  const found = scope.observed.podIdentityAssociations.filter((association) => association.ownerArn === undefined);
  const desired = scope.release.eks.podIdentityAssociations;
  const idOf = (place: { namespace: string; serviceAccount: string }) => `${place.namespace}/${place.serviceAccount}`;
  const wanted = new Set(desired.map(idOf));
  const lines = desired.flatMap((association): Change[] => {
    const role = resolveLate<Json>(association.roleArn, scope.outputs);
    const there = found.find((candidate) => idOf(candidate) === idOf(association));
    const base = associationLine(idOf(association), lateMembers(role.unknown));
    const to = shown(role.value);
    if (there === undefined) {
      return [
        { ...base, action: 'create', class: 'safe', why: 'declared, not there yet', fields: [{ path: 'roleArn', to }] },
      ];
    }
    if (there.roleArn === role.value) return [];
    const fields = [{ path: 'roleArn', from: there.roleArn, to }];
    return [{ ...base, action: 'update', class: 'safe', ...whyUpdated(scope, ['roleArn']), fields }];
  });
  const removed = found
    .filter((association) => !wanted.has(idOf(association)) && isOurs(association.tags, scope.release.cluster.name))
    .map(
      (association): Change => ({
        ...associationLine(idOf(association), {}),
        action: 'delete',
        class: 'disruptive',
        why: 'no longer declared',
        fields: [{ path: 'roleArn', from: association.roleArn }],
      }),
    );
  return [...lines, ...removed];
}

function associationLine(place: string, late: { readonly knownAfter?: readonly string[] }) {
  return {
    id: `eks/pod-identity/${place}`,
    phase: 'access' as const,
    what: `pod identity of ${place}`,
    usualSeconds: usual.quick,
    ...late,
  };
}
