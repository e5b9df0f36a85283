import type { Release, ReleaseAddon } from '@roadstead/channel';
import type { Change } from '@roadstead/definition';
import type { JsonObject } from '@roadstead/foundation';
import { type AwsRunContext, clientToken, type StepResult } from '../execute/context.ts';
import type { Act } from '../execute/converge.ts';
import { liveOutputs, settled } from '../execute/live-outputs.ts';
import { describeAddon, observeAssociations } from '../observe/observe-eks.ts';
import type { ObservedAddon } from '../observe/observed.ts';
import { desiredAddon } from '../plan/desired.ts';
import { addonFields, type FieldDifference } from '../plan/eks-fields.ts';
import { describedAddon } from '../plan/plan-addons.ts';
import { usual } from '../plan/usual-seconds.ts';
import { followed, sendEks } from './eks-write.ts';
import { applyPart, removeThing } from './part-step.ts';
import { pickMembers } from './requests.ts';

/** Installs an EKS add-on or brings it to its version and configuration, and waits until EKS calls it ACTIVE. */
export async function applyAddon(
  context: AwsRunContext,
  change: Change,
  release: Release,
  addon: ReleaseAddon,
): Promise<StepResult> {
  const { cluster, reader, signal } = context;
  const name = addon.request.addonName;
  const place = { clusterName: cluster, addonName: name };
  const outputs = await liveOutputs(context, release, addon.request);
  const desired = settled(change.what, desiredAddon(release, addon, outputs));
  return applyPart(context, {
    change,
    desired,
    table: addonFields,
    usualSeconds: usual.addon,
    longestSeconds: usual.addon * 12,
    // Its pods may wait for nodes that are on their way.
    degradedMs: Math.max(150, usual.addon * 10 * context.pollScale) * 1000,
    replaced: 'disruptive',
    waitsFor: 'its pods',
    outlivesFailedUpdate: true,
    describe: () => describeAddon(reader, cluster, name, signal),
    comparable: async (found) => {
      const asked = desired.podIdentityAssociations !== undefined;
      const podIdentityAssociations = asked ? await observeAssociations(reader, cluster, signal) : [];
      return describedAddon(found, { podIdentityAssociations });
    },
    arnOf: ({ arn }) => arn,
    create: (clientRequestToken) => sendEks(context, 'CreateAddon', { ...desired, ...place, clientRequestToken }),
    remove: () => sendEks(context, 'DeleteAddon', { ...place, preserve: false }),
    update: (found, differences) => updateAddon(context, change, desired, found, differences),
  });
}

function updateAddon(
  context: AwsRunContext,
  change: Change,
  desired: JsonObject,
  found: ObservedAddon,
  differences: readonly FieldDifference[],
): Act {
  const stated = addonFields.flatMap((rule) =>
    rule.how === 'in-place' && rule.call === 'UpdateAddon' ? [rule.path] : [],
  );
  const body = pickMembers(desired, [...stated, 'resolveConflicts']);
  const state = JSON.stringify([body, found.described.modifiedAt ?? null]);
  const request = {
    clusterName: context.cluster,
    addonName: found.name,
    ...body,
    clientRequestToken: clientToken(context, change, 'update', state),
  };
  const send = async () => {
    const reference = { name: context.cluster, addonName: found.name };
    return followed(await sendEks(context, 'UpdateAddon', request), reference);
  };
  return { kind: 'act', what: `change ${differences.map(({ path }) => path).join(', ') || 'what failed'}`, send };
}

/** Removes an add-on and its objects. */
export function deleteAddon(context: AwsRunContext, change: Change, addonName: string): Promise<StepResult> {
  const place = { clusterName: context.cluster, addonName };
  return removeThing(context, change, {
    usualSeconds: usual.addonDelete,
    longestSeconds: usual.addon * 12,
    waitsFor: 'its objects to go',
    describe: () => describeAddon(context.reader, context.cluster, addonName, context.signal),
    remove: () => sendEks(context, 'DeleteAddon', { ...place, preserve: false }),
  });
}
