import type { Release } from '@roadstead/channel';
import type { Change } from '@roadstead/definition';
import { type AwsRunContext, clientToken, type StepResult } from '../execute/context.ts';
import { converge, type Pass } from '../execute/converge.ts';
import { liveOutputs, settled } from '../execute/live-outputs.ts';
import { describeAccessEntry } from '../observe/observe-eks.ts';
import type { ObservedAccessEntry } from '../observe/observed.ts';
import { type DesiredAccessEntry, desiredAccessEntries } from '../plan/desired.ts';
import { resolveLate } from '../plan/late-values.ts';
import { entryName } from '../plan/plan-access.ts';
import { usual } from '../plan/usual-seconds.ts';
import { act, sendEks } from './eks-write.ts';
import { removeThing } from './part-step.ts';

/** Makes an access entry, or brings its groups and policies to what the release says. */
export async function applyAccessEntry(
  context: AwsRunContext,
  change: Change,
  release: Release,
  name: string,
): Promise<StepResult> {
  const desired = await findEntry(context, change, release, name);
  const principalArn = String(desired.principalArn);
  return converge(context, change, {
    usualSeconds: usual.quick,
    look: async () => {
      const found = await describeAccessEntry(context.reader, context.cluster, principalArn, context.signal);
      return nextEntryPass(context, change, desired, found);
    },
  });
}

/** The line's name is the principal's ARN, or where it comes from while that is not made yet. */
async function findEntry(
  context: AwsRunContext,
  change: Change,
  release: Release,
  name: string,
): Promise<DesiredAccessEntry> {
  const stated = release.eks.accessEntries.map((entry) => entry.principalArn);
  const outputs = await liveOutputs(context, release, stated);
  const late = stated.find((principal) => entryName(principal) === name);
  const arn = late === undefined ? name : settled(change.what, resolveLate(late, outputs));
  const entries = desiredAccessEntries(release, outputs, context.ownPrincipalArn);
  const entry = entries.find(({ principalArn }) => principalArn === arn);
  if (entry === undefined) throw new Error(`${change.id} is no access entry of the release`);
  return entry;
}

function nextEntryPass(
  context: AwsRunContext,
  change: Change,
  desired: DesiredAccessEntry,
  found: ObservedAccessEntry | undefined,
): Pass {
  const place = { clusterName: context.cluster, principalArn: String(desired.principalArn) };
  const kubernetesGroups = [...desired.kubernetesGroups];
  if (found === undefined) {
    const clientRequestToken = clientToken(context, change, 'create');
    const request = { ...place, kubernetesGroups, type: 'STANDARD', tags: { ...desired.tags }, clientRequestToken };
    return act('create the access entry', () => sendEks(context, 'CreateAccessEntry', request));
  }
  if (kubernetesGroups.toSorted().join() !== found.kubernetesGroups.toSorted().join()) {
    const state = [kubernetesGroups.join(), found.kubernetesGroups.join()];
    const request = {
      ...place,
      kubernetesGroups,
      clientRequestToken: clientToken(context, change, 'groups', ...state),
    };
    return act('change its groups', () => sendEks(context, 'UpdateAccessEntry', request));
  }
  // To associate a policy that holds for some namespaces makes it hold for the cluster.
  const missing = desired.accessPolicies.find((policy) => !found.accessPolicies.includes(policy));
  if (missing !== undefined) {
    const request = { ...place, policyArn: missing, accessScope: { type: 'cluster' } };
    return act(`associate ${missing}`, () => sendEks(context, 'AssociateAccessPolicy', request));
  }
  const there = [...found.accessPolicies, ...found.narrowPolicies.map(({ policyArn }) => policyArn)];
  const extra = there.find((policy) => !desired.accessPolicies.includes(policy));
  if (extra === undefined) return { kind: 'done' };
  const request = { ...place, policyArn: extra };
  return act(`disassociate ${extra}`, () => sendEks(context, 'DisassociateAccessPolicy', request));
}

/** Deletes an access entry of ours. */
export function deleteAccessEntry(context: AwsRunContext, change: Change, principalArn: string): Promise<StepResult> {
  const place = { clusterName: context.cluster, principalArn };
  return removeThing(context, change, {
    usualSeconds: usual.quick,
    describe: () => describeAccessEntry(context.reader, context.cluster, principalArn, context.signal),
    remove: () => sendEks(context, 'DeleteAccessEntry', place),
  });
}
