import type { Release } from '@roadstead/channel';
import type { Change } from '@roadstead/definition';
import type { JsonObject } from '@roadstead/foundation';
import { type AwsRunContext, clientToken, type StepResult } from '../execute/context.ts';
import { converge, type Pass } from '../execute/converge.ts';
import { liveOutputs, settled } from '../execute/live-outputs.ts';
import { planMoved, refuseMoved } from '../execute/plan-moved.ts';
import { describeCluster } from '../observe/observe-eks.ts';
import type { ObservedCluster } from '../observe/observed.ts';
import { desiredCluster } from '../plan/desired.ts';
import { at, clusterFields, compareFields, type EksCall, type FieldDifference } from '../plan/eks-fields.ts';
import { worstClass } from '../plan/lines.ts';
import { isOurs } from '../plan/tags.ts';
import { usual } from '../plan/usual-seconds.ts';
import { act, followed, sendEks } from './eks-write.ts';
import { unhealthy } from './health.ts';
import { removeThing } from './part-step.ts';
import { clusterUpdateBody } from './requests.ts';

/** Makes the control plane, or changes in place what differs, one kind of change at a time as EKS takes them. */
export async function applyCluster(context: AwsRunContext, change: Change, release: Release): Promise<StepResult> {
  const outputs = await liveOutputs(context, release, release.eks.cluster);
  const desired = settled(change.what, desiredCluster(release, outputs));
  let begun = false;
  return converge(context, change, {
    usualSeconds: usual.clusterCreate,
    longestSeconds: isEncryption(change) ? usual.clusterEncryption * 4 : usual.clusterCreate * 4,
    look: async () => {
      const found = await describeCluster(context.reader, context.cluster, context.signal);
      if (found === undefined) return act('create the control plane', () => create(desired));
      if (!isOurs(found.tags, context.cluster)) throw planMoved(change, 'somebody else made a cluster of that name');
      if (found.status === 'FAILED') return onFailed(found);
      if (found.status !== 'ACTIVE') {
        begun ||= found.status === 'CREATING';
        return { kind: 'wait', status: found.status, for: 'the control plane' };
      }
      return nextUpdate(context, change, desired, found);
    },
  });

  function create(request: JsonObject): Promise<unknown> {
    begun = true;
    const clientRequestToken = clientToken(context, change, 'create');
    return sendEks(context, 'CreateCluster', { ...request, clientRequestToken });
  }

  /** One that failed before this step came is deleted and made again; one that fails now is told. */
  function onFailed(found: ObservedCluster): Pass {
    if (begun) throw unhealthy(change.what, found.status, found.health);
    return act('delete what failed before', () => sendEks(context, 'DeleteCluster', { name: context.cluster }));
  }
}

/** EKS encrypts every Secret that is there, which can take an hour. */
function isEncryption(change: Change): boolean {
  return change.fields.some(({ path }) => path === 'encryptionConfig');
}

function nextUpdate(context: AwsRunContext, change: Change, desired: JsonObject, found: ObservedCluster): Pass {
  const differences = compareFields(clusterFields, desired, found.described);
  if (differences.length === 0) return { kind: 'done' };
  const classes = differences.map(({ rule }) => (rule.how === 'in-place' ? rule.class : ('replace' as const)));
  refuseMoved(change, { class: worstClass(classes), fields: differences });
  const call = firstCall(differences);
  if (call === undefined) throw planMoved(change, 'a field differs that cannot be changed in place');
  if (call === 'TagResource') {
    const request = { resourceArn: found.arn, tags: desired.tags ?? {} };
    return act('tag it', () => sendEks(context, 'TagResource', request));
  }
  return { kind: 'act', what: call, send: () => sendUpdate(context, change, call, desired, found) };
}

function firstCall(differences: readonly FieldDifference[]): EksCall | undefined {
  return differences.flatMap(({ rule }) => (rule.how === 'in-place' ? [rule.call] : []))[0];
}

async function sendUpdate(
  context: AwsRunContext,
  change: Change,
  call: EksCall,
  desired: JsonObject,
  found: ObservedCluster,
) {
  const name = context.cluster;
  const clientRequestToken = clientToken(context, change, call, JSON.stringify(found.described));
  if (call === 'AssociateEncryptionConfig') {
    const encryptionConfig = desired.encryptionConfig ?? [];
    const request = { clusterName: name, encryptionConfig, clientRequestToken };
    return followed(await sendEks(context, 'AssociateEncryptionConfig', request), { name });
  }
  const request = { name, ...clusterUpdateBody(call, desired), clientRequestToken };
  return followed(await sendEks(context, 'UpdateClusterConfig', request), { name });
}

/** Takes the control plane one minor version up. */
export function applyVersion(context: AwsRunContext, change: Change, release: Release): Promise<StepResult> {
  const version = release.kubernetes;
  const name = context.cluster;
  return converge(context, change, {
    usualSeconds: usual.clusterVersion,
    longestSeconds: usual.clusterVersion * 8,
    look: async () => {
      const found = await describeCluster(context.reader, name, context.signal);
      if (found === undefined) throw planMoved(change, 'the cluster has gone');
      if (found.status === 'FAILED') throw unhealthy(change.what, found.status, found.health);
      if (found.status !== 'ACTIVE') return { kind: 'wait', status: found.status, for: `Kubernetes ${version}` };
      if (found.version === version) return { kind: 'done' };
      const clientRequestToken = clientToken(context, change, found.version, version);
      const send = async () =>
        followed(await sendEks(context, 'UpdateClusterVersion', { name, version, clientRequestToken }), { name });
      return { kind: 'act', what: `update Kubernetes ${found.version} to ${version}`, send };
    },
  });
}

/**
 * Switches the cluster's deletion protection off, so that it can be deleted. It holds for a control plane that is active,
 * and only that one can be updated; one that is being made is waited for.
 */
export function unprotectCluster(context: AwsRunContext, change: Change): Promise<StepResult> {
  const name = context.cluster;
  return converge(context, change, {
    usualSeconds: usual.quick,
    longestSeconds: usual.clusterCreate * 4,
    look: async () => {
      const found = await describeCluster(context.reader, name, context.signal);
      if (found === undefined || at(found.described, 'deletionProtection') !== true) return { kind: 'done' };
      if (found.status === 'FAILED' || found.status === 'DELETING') return { kind: 'done' };
      if (found.status !== 'ACTIVE')
        return { kind: 'wait', status: found.status, for: 'the control plane to be at rest' };
      const clientRequestToken = clientToken(context, change, 'unprotect', JSON.stringify(found.described));
      const request = { name, deletionProtection: false, clientRequestToken };
      const send = async () => followed(await sendEks(context, 'UpdateClusterConfig', request), { name });
      return { kind: 'act', what: 'switch deletion protection off', send };
    },
  });
}

/** Deletes the control plane; its access entries go with it. */
export function deleteCluster(context: AwsRunContext, change: Change): Promise<StepResult> {
  return removeThing(context, change, {
    usualSeconds: usual.clusterDelete,
    waitsFor: 'the control plane to be at rest or gone',
    describe: () => describeCluster(context.reader, context.cluster, context.signal),
    remove: () => sendEks(context, 'DeleteCluster', { name: context.cluster }),
  });
}
