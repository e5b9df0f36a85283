import type { Release } from '@roadstead/channel';
import type { Change } from '@roadstead/definition';
import { type Json, RoadsteadError } from '@roadstead/foundation';
import { type AwsRunContext, clientToken, type StepResult } from '../execute/context.ts';
import { converge, type Pass } from '../execute/converge.ts';
import { liveOutputs } from '../execute/live-outputs.ts';
import { planMoved } from '../execute/plan-moved.ts';
import { describeAccessEntry, observeAssociations } from '../observe/observe-eks.ts';
import type { ObservedAccessEntry } from '../observe/observed.ts';
import { type DesiredAccessEntry, desiredAccessEntries } from '../plan/desired.ts';
import { resolveLate } from '../plan/late-values.ts';
import { shown } from '../plan/lines.ts';
import { isOurs } from '../plan/tags.ts';
import { usual } from '../plan/usual-seconds.ts';
import { sendEks, unfollowed } from './eks-write.ts';

/** Makes an access entry, or brings its groups and policies to what the release says. */
export async function applyAccessEntry(
  context: AwsRunContext,
  change: Change,
  release: Release,
  name: string,
): Promise<StepResult> {
  const desired = await findEntry(context, change, release, name);
  const principalArn = String(desired.principalArn);
  return converge(context, {
    change,
    resource: change.what,
    usualSeconds: change.usualSeconds ?? usual.quick,
    look: async () => {
      const found = await describeAccessEntry(context.reader, context.cluster, principalArn, context.signal);
      return nextEntryPass(context, change, desired, found);
    },
  });
}

/** The line's name is the principal's ARN, or says after which stack it is known. */
async function findEntry(
  context: AwsRunContext,
  change: Change,
  release: Release,
  name: string,
): Promise<DesiredAccessEntry> {
  const unresolved = desiredAccessEntries(release, {}, context.ownPrincipalArn);
  const index = unresolved.findIndex((entry) => String(shown(entry.principalArn)) === name);
  const principals = release.eks.accessEntries.map((entry) => entry.principalArn);
  const outputs = await liveOutputs(context, release, principals);
  const resolved = desiredAccessEntries(release, outputs, context.ownPrincipalArn);
  const entry = index < 0 ? resolved.find((candidate) => candidate.principalArn === name) : resolved[index];
  if (entry === undefined) throw new Error(`${change.id} is no access entry of the release`);
  if (typeof entry.principalArn === 'string') return entry;
  throw new RoadsteadError(`${change.what} needs a role that is not there`, {
    code: 'LATE_VALUE_MISSING',
    value: name,
    hint: 'the stack that makes it is missing or has failed; run `roadstead plan`',
    retry: 'backoff',
  });
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
    const send = () => unfollowed(sendEks(context, 'CreateAccessEntry', request));
    return { kind: 'act', what: 'create the access entry', send };
  }
  if (kubernetesGroups.toSorted().join() !== found.kubernetesGroups.toSorted().join()) {
    const clientRequestToken = clientToken(
      context,
      change,
      'groups',
      kubernetesGroups.join(),
      found.kubernetesGroups.join(),
    );
    const send = () =>
      unfollowed(sendEks(context, 'UpdateAccessEntry', { ...place, kubernetesGroups, clientRequestToken }));
    return { kind: 'act', what: 'change its groups', send };
  }
  const missing = desired.accessPolicies.find((policy) => !found.accessPolicies.includes(policy));
  if (missing !== undefined) {
    const request = { ...place, policyArn: missing, accessScope: { type: 'cluster' } };
    return {
      kind: 'act',
      what: `associate ${missing}`,
      send: () => unfollowed(sendEks(context, 'AssociateAccessPolicy', request)),
    };
  }
  const extra = found.accessPolicies.find((policy) => !desired.accessPolicies.includes(policy));
  if (extra === undefined) return { kind: 'done' };
  const request = { ...place, policyArn: extra };
  return {
    kind: 'act',
    what: `disassociate ${extra}`,
    send: () => unfollowed(sendEks(context, 'DisassociateAccessPolicy', request)),
  };
}

/** Deletes an access entry of ours. */
export function deleteAccessEntry(context: AwsRunContext, change: Change, principalArn: string): Promise<StepResult> {
  const clusterName = context.cluster;
  return converge(context, {
    change,
    resource: change.what,
    usualSeconds: change.usualSeconds ?? usual.quick,
    look: async () => {
      const found = await describeAccessEntry(context.reader, clusterName, principalArn, context.signal);
      if (found === undefined) return { kind: 'done' };
      if (!isOurs(found.tags, clusterName)) throw planMoved(change, 'that entry was not made by Roadstead');
      const send = () => unfollowed(sendEks(context, 'DeleteAccessEntry', { clusterName, principalArn }));
      return { kind: 'act', what: 'delete the access entry', send };
    },
  });
}

/** Makes, changes or (when `roleArn` is undefined) deletes the pod identity association of a service account. */
export async function applyAssociation(
  context: AwsRunContext,
  change: Change,
  release: Release | undefined,
  place: string,
): Promise<StepResult> {
  const [namespace = '', serviceAccount = ''] = place.split('/');
  const desired =
    change.action === 'delete'
      ? undefined
      : release?.eks.podIdentityAssociations.find(
          (association) => association.namespace === namespace && association.serviceAccount === serviceAccount,
        );
  const roleArn =
    release === undefined || desired === undefined ? undefined : await roleOf(context, release, desired.roleArn);
  const clusterName = context.cluster;
  return converge(context, {
    change,
    resource: change.what,
    usualSeconds: change.usualSeconds ?? usual.quick,
    look: async () => {
      const all = await observeAssociations(context.reader, clusterName, context.signal);
      const found = all.find(
        (association) =>
          association.namespace === namespace &&
          association.serviceAccount === serviceAccount &&
          association.ownerArn === undefined,
      );
      const associationId = found?.associationId ?? '';
      if (roleArn === undefined) {
        if (found === undefined) return { kind: 'done' };
        const send = () => unfollowed(sendEks(context, 'DeletePodIdentityAssociation', { clusterName, associationId }));
        return { kind: 'act', what: 'delete the association', send };
      }
      if (found?.roleArn === roleArn) return { kind: 'done' };
      const clientRequestToken = clientToken(context, change, roleArn, found?.roleArn ?? '');
      if (found !== undefined) {
        const request = { clusterName, associationId, roleArn, clientRequestToken };
        return {
          kind: 'act',
          what: 'change its role',
          send: () => unfollowed(sendEks(context, 'UpdatePodIdentityAssociation', request)),
        };
      }
      const tags = { 'roadstead.dev/cluster': clusterName };
      const request = { clusterName, namespace, serviceAccount, roleArn, tags, clientRequestToken };
      return {
        kind: 'act',
        what: 'associate the role',
        send: () => unfollowed(sendEks(context, 'CreatePodIdentityAssociation', request)),
      };
    },
  });
}

async function roleOf(context: AwsRunContext, release: Release, role: Json): Promise<string> {
  const resolved = resolveLate(role, await liveOutputs(context, release, role));
  if (typeof resolved.value === 'string') return resolved.value;
  throw new RoadsteadError(`a pod identity association needs ${resolved.unknown.join(', ')}, which is not there`, {
    code: 'LATE_VALUE_MISSING',
    value: resolved.unknown,
    hint: 'the stack that makes it is missing or has failed; run `roadstead plan`',
    retry: 'backoff',
  });
}
