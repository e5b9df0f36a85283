import type { ReleaseAddon } from '@roadstead/channel';
import type { Change } from '@roadstead/definition';
import type { JsonObject } from '@roadstead/foundation';
import type { ObservedAddon, ObservedAws } from '../observe/observed.ts';
import { changedPart, whyRemade } from './changed-part.ts';
import { desiredAddon } from './desired.ts';
import { addonFields, compareFields } from './eks-fields.ts';
import { createdFields, lateMembers } from './lines.ts';
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
  const remade = whyRemade(found.status);
  if (remade !== undefined) {
    return [{ ...base, action: 'replace', class: 'disruptive', why: remade, fields: createdFields(request) }];
  }
  const differences = compareFields(addonFields, request, describedAddon(found, scope.observed));
  const { status } = found;
  return changedPart(scope, { base, status, differences, replaced: 'disruptive', usualSeconds: usual.addon });
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
