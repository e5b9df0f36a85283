import type { ReleaseAddon } from '@roadstead/channel';
import type { Change } from '@roadstead/definition';
import type { JsonObject } from '@roadstead/foundation';
import type { ObservedAddon, ObservedAws } from '../observe/observed.ts';
import { desiredAddon } from './desired.ts';
import { addonFields, compareFields } from './eks-fields.ts';
import { createdFields, lateMembers, shownFields, whyUpdated, worstClass } from './lines.ts';
import type { PlanScope, Refusal } from './plan-aws.ts';
import { refuseUnlisted } from './refuse-unlisted.ts';
import { isOurs } from './tags.ts';
import { usual } from './usual-seconds.ts';

/** EKS add-ons, in the phase each asks for. */
export function planAddons(scope: PlanScope): {
  readonly changes: readonly Change[];
  readonly refusals: readonly Refusal[];
} {
  const addons = scope.release.eks.addons;
  const wanted = new Set(addons.map((addon) => addon.request.addonName));
  const removed = Object.values(scope.observed.addons)
    .filter((addon) => !wanted.has(addon.name) && isOurs(addon.tags, scope.release.cluster.name))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map((addon) => deletedAddon(addon, 'no longer declared'));
  const refusals = addons.flatMap(({ request }) => refuseUnlisted(addonFields, request, `add-on ${request.addonName}`));
  return { changes: [...addons.flatMap((addon) => planAddon(scope, addon)), ...removed], refusals };
}

function planAddon(scope: PlanScope, addon: ReleaseAddon): Change[] {
  const name = addon.request.addonName;
  const desired = desiredAddon(scope.release, addon, scope.outputs);
  const found = scope.observed.addons[name];
  const base = {
    id: `eks/add-on/${name}`,
    phase: addon.phase,
    what: `add-on ${name}`,
    usualSeconds: usual.addon,
    ...lateMembers(desired.unknown),
  };
  const request = desired.value;
  if (found === undefined) {
    const fields = createdFields(request);
    return [{ ...base, action: 'create', class: 'safe', why: 'declared, not there yet', fields }];
  }
  if (found.status === 'CREATE_FAILED' || found.status === 'DELETING') {
    const why = `${found.status}: deleted, then made again`;
    return [{ ...base, action: 'replace', class: 'disruptive', why, fields: createdFields(request) }];
  }
  return changedAddon(scope, found, base, request);
}

function changedAddon(
  scope: PlanScope,
  found: ObservedAddon,
  base: Pick<Change, 'id' | 'phase' | 'what'>,
  request: JsonObject,
): Change[] {
  const differences = compareFields(addonFields, request, describedAddon(found, scope.observed));
  if (differences.length === 0) {
    if (found.status === 'ACTIVE' || found.status === 'DEGRADED') return [];
    return [{ ...base, action: 'update', class: 'none', why: `${found.status}: not finished yet`, fields: [] }];
  }
  const replaces = differences.some(({ rule }) => rule.how === 'replace');
  const classes = differences.map(({ rule }) => (rule.how === 'in-place' ? rule.class : ('disruptive' as const)));
  const paths = differences.map(({ path }) => path);
  return [
    {
      ...base,
      action: replaces ? 'replace' : 'update',
      class: worstClass(classes),
      ...whyUpdated(scope, paths),
      fields: shownFields(differences),
    },
  ];
}

/** An add-on as DescribeAddon answers it, with its associations as the request writes them instead of their ARNs. */
export function describedAddon(
  addon: ObservedAddon,
  observed: Pick<ObservedAws, 'podIdentityAssociations'>,
): JsonObject {
  const podIdentityAssociations = observed.podIdentityAssociations
    .filter((association) => association.ownerArn === addon.arn)
    .map(({ serviceAccount, roleArn }) => ({ serviceAccount, roleArn }));
  return { ...addon.described, podIdentityAssociations };
}

/** The line that removes an add-on and its objects. */
export function deletedAddon(addon: ObservedAddon, why: string): Change {
  return {
    id: `eks/add-on/${addon.name}`,
    phase: 'add-ons-after',
    action: 'delete',
    class: 'disruptive',
    what: `add-on ${addon.name}`,
    why,
    fields: [],
    usualSeconds: usual.addonDelete,
  };
}
