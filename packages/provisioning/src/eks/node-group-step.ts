import type { Release, ReleaseNodeGroup } from '@roadstead/channel';
import type { Change } from '@roadstead/definition';
import type { JsonObject } from '@roadstead/foundation';
import { type AwsRunContext, clientToken, type StepResult } from '../execute/context.ts';
import type { Act } from '../execute/converge.ts';
import { liveOutputs, settled } from '../execute/live-outputs.ts';
import { describeNodeGroup, observeNodeGroups } from '../observe/observe-eks.ts';
import type { ObservedNodeGroup } from '../observe/observed.ts';
import { desiredNodeGroup } from '../plan/desired.ts';
import { at, type FieldDifference, nodeGroupFields } from '../plan/eks-fields.ts';
import { replacedBy } from '../plan/plan-node-groups.ts';
import { usual } from '../plan/usual-seconds.ts';
import { followed, sendEks } from './eks-write.ts';
import { applyPart, removeThing } from './part-step.ts';
import { nodeGroupConfigBody, nodeGroupVersionBody } from './requests.ts';

/**
 * Makes a node group and waits until EKS calls it ACTIVE, or changes it in place. A replacement makes the new group
 * first and deletes what it takes the place of afterwards; EKS drains.
 */
export async function applyNodeGroup(
  context: AwsRunContext,
  change: Change,
  release: Release,
  group: ReleaseNodeGroup,
): Promise<StepResult> {
  const started = context.clock.monotonic();
  const outputs = await liveOutputs(context, release, group.request);
  const desired = settled(change.what, desiredNodeGroup(release, group, outputs));
  const made = await bringUp(context, change, group.request.nodegroupName, desired);
  if (change.action !== 'replace') return made;
  const there = await observeNodeGroups(context.reader, context.cluster, context.signal);
  const old = replacedBy(context.cluster, group, release.eks.nodeGroups, there);
  for (const name of old) {
    const goes = { ...change, what: `node group ${name}`, usualSeconds: usual.nodeGroupDelete };
    await deleteNodeGroup(context, goes, name);
  }
  const outcome = old.length > 0 ? 'changed' : made.outcome;
  return { outcome, seconds: (context.clock.monotonic() - started) / 1000 };
}

function bringUp(context: AwsRunContext, change: Change, name: string, desired: JsonObject): Promise<StepResult> {
  const { cluster, reader, signal } = context;
  const place = { clusterName: cluster, nodegroupName: name };
  return applyPart(context, {
    change,
    desired,
    table: nodeGroupFields,
    usualSeconds: usual.nodeGroupCreate,
    longestSeconds: (change.usualSeconds ?? usual.nodeGroupCreate) * 10,
    degradedMs: Math.max(10_000, 120_000 * context.pollScale),
    replaced: 'replace',
    waitsFor: 'its nodes',
    describe: () => describeNodeGroup(reader, cluster, name, signal),
    comparable: async ({ described }) => described,
    arnOf: ({ described }) => String(at(described, 'nodegroupArn')),
    create: (clientRequestToken) => sendEks(context, 'CreateNodegroup', { ...desired, ...place, clientRequestToken }),
    remove: () => sendEks(context, 'DeleteNodegroup', place),
    update: (found, differences) => updateNodeGroup(context, change, desired, found, differences),
  });
}

/** What needs no roll first: it may be what lets the roll go on. */
function updateNodeGroup(
  context: AwsRunContext,
  change: Change,
  desired: JsonObject,
  found: ObservedNodeGroup,
  differences: readonly FieldDifference[],
): Act {
  const config = differences.filter(({ rule }) => rule.how === 'in-place' && rule.call === 'UpdateNodegroupConfig');
  const rolls = config.length === 0;
  const body = rolls
    ? nodeGroupVersionBody(desired, differences)
    : nodeGroupConfigBody(desired, found.described, config);
  const request = {
    clusterName: context.cluster,
    nodegroupName: found.name,
    ...body,
    clientRequestToken: clientToken(context, change, JSON.stringify([body, found.described.modifiedAt ?? null])),
  };
  const reference = { name: context.cluster, nodegroupName: found.name };
  const paths = (rolls ? differences : config).map(({ path }) => path).join(', ');
  if (rolls) {
    const send = async () => followed(await sendEks(context, 'UpdateNodegroupVersion', request), reference);
    return { kind: 'act', what: `roll to ${paths}`, send };
  }
  const send = async () => followed(await sendEks(context, 'UpdateNodegroupConfig', request), reference);
  return { kind: 'act', what: `change ${paths}`, send };
}

/** Deletes a node group; EKS drains its nodes. */
export function deleteNodeGroup(context: AwsRunContext, change: Change, nodegroupName: string): Promise<StepResult> {
  return removeThing(context, change, {
    usualSeconds: usual.nodeGroupDelete,
    longestSeconds: usual.nodeGroupDelete * 8,
    waitsFor: 'its nodes to drain and end',
    describe: () => describeNodeGroup(context.reader, context.cluster, nodegroupName, context.signal),
    remove: () => sendEks(context, 'DeleteNodegroup', { clusterName: context.cluster, nodegroupName }),
  });
}
