import type { Release } from '@roadstead/channel';
import type { Change } from '@roadstead/definition';
import { type AwsRunContext, clientToken, type StepResult } from '../execute/context.ts';
import { type Act, converge } from '../execute/converge.ts';
import { liveOutputs, settled } from '../execute/live-outputs.ts';
import { observeAssociations } from '../observe/observe-eks.ts';
import type { ObservedAssociation } from '../observe/observed.ts';
import { resolveLate } from '../plan/late-values.ts';
import { ownerTags } from '../plan/tags.ts';
import { usual } from '../plan/usual-seconds.ts';
import { act, sendEks } from './eks-write.ts';
import { removeThing } from './part-step.ts';

/** The service account that an association is of, as `external-dns/external-dns`. */
interface Place {
  readonly namespace: string;
  readonly serviceAccount: string;
}

function placeOf(name: string): Place {
  const [namespace = '', serviceAccount = ''] = name.split('/');
  return { namespace, serviceAccount };
}

/** Makes the pod identity association of a service account, or gives it the role that the release says. */
export async function applyAssociation(
  context: AwsRunContext,
  change: Change,
  release: Release,
  name: string,
): Promise<StepResult> {
  const place = placeOf(name);
  const desired = release.eks.podIdentityAssociations.find((association) => isAt(association, place));
  if (desired === undefined) throw new Error(`${change.id} is no association of the release`);
  const outputs = await liveOutputs(context, release, desired.roleArn);
  const roleArn = String(settled(change.what, resolveLate(desired.roleArn, outputs)));
  return converge(context, change, {
    usualSeconds: usual.quick,
    look: async () => {
      const found = await findAssociation(context, place);
      return found?.roleArn === roleArn ? { kind: 'done' } : associate(context, change, place, roleArn, found);
    },
  });
}

function associate(
  context: AwsRunContext,
  change: Change,
  place: Place,
  roleArn: string,
  found: ObservedAssociation | undefined,
): Act {
  const clusterName = context.cluster;
  const clientRequestToken = clientToken(context, change, roleArn, found?.roleArn ?? '');
  if (found === undefined) {
    const request = { clusterName, ...place, roleArn, tags: ownerTags(clusterName), clientRequestToken };
    return act('associate the role', () => sendEks(context, 'CreatePodIdentityAssociation', request));
  }
  const request = { clusterName, associationId: found.associationId, roleArn, clientRequestToken };
  return act('change its role', () => sendEks(context, 'UpdatePodIdentityAssociation', request));
}

/** Deletes the pod identity association of a service account. */
export function deleteAssociation(context: AwsRunContext, change: Change, name: string): Promise<StepResult> {
  return removeThing(context, change, {
    usualSeconds: usual.quick,
    describe: () => findAssociation(context, placeOf(name)),
    remove: ({ associationId }) =>
      sendEks(context, 'DeletePodIdentityAssociation', { clusterName: context.cluster, associationId }),
  });
}

/** Those that an add-on owns are the add-on's. */
async function findAssociation(context: AwsRunContext, place: Place): Promise<ObservedAssociation | undefined> {
  const all = await observeAssociations(context.reader, context.cluster, context.signal);
  return all.find((association) => isAt(association, place) && association.ownerArn === undefined);
}

function isAt(association: Place, { namespace, serviceAccount }: Place): boolean {
  return association.namespace === namespace && association.serviceAccount === serviceAccount;
}
