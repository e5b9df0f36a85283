import type { AwsRequest } from '@roadstead/sandbox-gateway';
import { AwsError } from '@roadstead/sandbox-gateway';
import { readGroup } from '../aws/instances.ts';
import { kubeOf, requireUsable } from '../clusters/cluster-status.ts';
import { minorNumber } from '../clusters/versions.ts';
import { answerOnce, type Eks, type Handler, now, pacedMs } from '../deps.ts';
import type { ClusterRecord, NodegroupRecord } from '../model.ts';
import type { Taint } from '../ports.ts';
import {
  type ErrorSubject,
  invalidParameter,
  invalidRequest,
  notImplemented,
  resourceInUse,
} from '../shared/errors.ts';
import { flag, has, type Members, requiredText, text, textMap, texts, within } from '../shared/read.ts';
import { nodegroupOf } from '../state.ts';
import { closeUpdate, openUpdate, refuseWhileUpdating, updateView } from '../updates/update-record.ts';
import { chosenAmi, raise, templateFacts } from './create-nodegroup.ts';
import { dropTemplate, makeTemplate, resizeGroup } from './group-resources.ts';
import { readTemplate, type SourceTemplate } from './launch-template.ts';
import { relabelNodes } from './node-objects.ts';
import {
  readScaling,
  readTaints,
  refuseLabels,
  refuseTaints,
  refuseUpdateConfig,
  taintView,
} from './nodegroup-rules.ts';
import { readDesired } from './read-desired.ts';
import { rollNodes } from './roll.ts';

function groupAtRest(
  eks: Eks,
  request: AwsRequest,
): { readonly cluster: ClusterRecord; readonly group: NodegroupRecord } {
  const cluster = eks.state.cluster(request, requiredText(request.input, 'clusterName'));
  const group = nodegroupOf(cluster, requiredText(request.input, 'nodegroupName'));
  refuseWhileUpdating(cluster, { nodegroupName: group.name }, request.operation);
  requireUsable(cluster);
  if (group.status === 'ACTIVE' || group.status === 'DEGRADED') return { cluster, group };
  throw resourceInUse(`Nodegroup '${group.name}' is not in ACTIVE status (${group.status})`, subjectOf(cluster, group));
}

function subjectOf(cluster: ClusterRecord, group: NodegroupRecord): ErrorSubject {
  return { clusterName: cluster.name, nodegroupName: group.name };
}

export const updateNodegroupConfig: Handler = async (eks, request) => {
  const { input } = request;
  const named = eks.state.cluster(request, requiredText(input, 'clusterName'));
  return answerOnce(named, request, async () => {
    const { cluster, group } = groupAtRest(eks, request);
    await readDesired(eks, cluster, group);
    groupAtRest(eks, request);
    const next = readConfig(cluster, group, input);
    const update = openUpdate(eks, cluster, { nodegroupName: group.name }, 'ConfigUpdate', next.params);
    const answer = updateView(update);
    group.status = 'UPDATING';
    eks.activities.start(`ConfigUpdate ${group.arn}`, async (signal) => {
      await closeUpdate(eks, update, () => applyConfig(eks, cluster, group, next, signal));
      if (group.status === 'UPDATING') group.status = 'ACTIVE';
      group.modifiedAt = now(eks);
      eks.state.changed();
    });
    return { update: answer };
  });
};

interface NextConfig {
  readonly scaling: NodegroupRecord['scaling'];
  readonly labels: Record<string, string>;
  readonly labelPatch: Readonly<Record<string, string | null>>;
  readonly taints: readonly Taint[];
  readonly setTaints: readonly Taint[];
  readonly removedTaints: readonly Taint[];
  readonly updateConfig: Members;
  readonly nodeRepairConfig: Members | undefined;
  readonly params: readonly (readonly [string, string | undefined])[];
}

const configKinds = ['scalingConfig', 'labels', 'taints', 'updateConfig', 'nodeRepairConfig'];

function readConfig(cluster: ClusterRecord, group: NodegroupRecord, input: Members): NextConfig {
  const subject = subjectOf(cluster, group);
  if (has(input, 'warmPoolConfig')) throw notImplemented('warm pools of node groups');
  if (!configKinds.some((kind) => has(input, kind)))
    throw invalidParameter('No changes needed: the request names no configuration', subject);
  const scaling = readScaling(subject, input, group.scaling);
  if (scaling instanceof AwsError) throw scaling;
  const added = textMap(within(input, 'labels'), 'addOrUpdateLabels');
  const removed = texts(within(input, 'labels'), 'removeLabels') ?? [];
  const setTaints = readTaints(within(input, 'taints'), 'addOrUpdateTaints');
  const removedTaints = readTaints(within(input, 'taints'), 'removeTaints');
  const labels = Object.fromEntries(
    Object.entries({ ...group.labels, ...added }).filter(([key]) => !removed.includes(key)),
  );
  const sameTaint = (a: Taint, b: Taint) => a.key === b.key && a.effect === b.effect;
  const touched = [...setTaints, ...removedTaints];
  const taints = [...group.taints.filter((one) => !touched.some((other) => sameTaint(one, other))), ...setTaints];
  const updateConfig = has(input, 'updateConfig') ? within(input, 'updateConfig') : group.updateConfig;
  raise(refuseLabels(subject, labels) ?? refuseTaints(subject, taints) ?? refuseUpdateConfig(subject, updateConfig));
  const given = within(input, 'scalingConfig');
  return {
    scaling,
    labels,
    labelPatch: { ...added, ...Object.fromEntries(removed.map((key) => [key, null])) },
    taints,
    setTaints,
    removedTaints,
    updateConfig,
    nodeRepairConfig: has(input, 'nodeRepairConfig') ? within(input, 'nodeRepairConfig') : group.nodeRepairConfig,
    params: [
      ['MinSize', has(given, 'minSize') ? String(scaling.minSize) : undefined],
      ['MaxSize', has(given, 'maxSize') ? String(scaling.maxSize) : undefined],
      ['DesiredSize', has(given, 'desiredSize') ? String(scaling.desiredSize) : undefined],
      ['LabelsToAdd', Object.keys(added).length === 0 ? undefined : JSON.stringify(added)],
      ['LabelsToRemove', removed.length === 0 ? undefined : JSON.stringify(removed)],
      ['TaintsToAdd', setTaints.length === 0 ? undefined : JSON.stringify(setTaints.map(taintView))],
      ['TaintsToRemove', removedTaints.length === 0 ? undefined : JSON.stringify(removedTaints.map(taintView))],
    ],
  };
}

/** Sizes go to the Auto Scaling group; labels and taints to the nodes there are and, by the template, to those to come. */
async function applyConfig(
  eks: Eks,
  cluster: ClusterRecord,
  group: NodegroupRecord,
  next: NextConfig,
  signal: AbortSignal,
): Promise<void> {
  await eks.context.clock.sleep(pacedMs(eks, 30), signal);
  group.labels = next.labels;
  group.taints = next.taints;
  group.updateConfig = next.updateConfig;
  group.nodeRepairConfig = next.nodeRepairConfig;
  group.scaling = next.scaling;
  const nodesChange = Object.keys(next.labelPatch).length + next.setTaints.length + next.removedTaints.length > 0;
  if (nodesChange) {
    const taints = { set: next.setTaints, removed: next.removedTaints };
    await relabelNodes(kubeOf(cluster), group, next.labelPatch, taints, signal);
  }
  const old = nodesChange ? await makeTemplate(eks, cluster, group, await sourceOf(eks, cluster, group)) : undefined;
  const { minSize, maxSize, desiredSize } = group.scaling;
  await resizeGroup(eks, cluster, group, {
    MinSize: minSize,
    MaxSize: maxSize,
    DesiredCapacity: desiredSize,
  });
  await dropTemplate(eks, cluster, old);
}

async function sourceOf(eks: Eks, cluster: ClusterRecord, group: NodegroupRecord): Promise<SourceTemplate | undefined> {
  if (group.source === undefined) return undefined;
  return readTemplate(eks, cluster.place, { id: group.source.id, version: group.source.version });
}

export const updateNodegroupVersion: Handler = async (eks, request) => {
  const { input } = request;
  const named = eks.state.cluster(request, requiredText(input, 'clusterName'));
  return answerOnce(named, request, async () => {
    const { cluster, group } = groupAtRest(eks, request);
    await readDesired(eks, cluster, group);
    const target = await readVersionTarget(eks, cluster, group, input);
    groupAtRest(eks, request);
    const update = openUpdate(eks, cluster, { nodegroupName: group.name }, 'VersionUpdate', [
      ['Version', target.version],
      ['ReleaseVersion', target.releaseVersion],
      ['LaunchTemplateName', target.source?.ref.name],
      ['LaunchTemplateVersion', target.source?.ref.version],
    ]);
    const answer = updateView(update);
    group.status = 'UPDATING';
    eks.activities.start(`VersionUpdate ${group.arn}`, async (signal) => {
      await closeUpdate(eks, update, () =>
        moveGroup(eks, cluster, group, target, flag(input, 'force') ?? false, signal),
      );
      if (group.status === 'UPDATING') group.status = 'ACTIVE';
      group.modifiedAt = now(eks);
      eks.state.changed();
    });
    return { update: answer };
  });
};

interface VersionTarget {
  readonly version: string;
  readonly releaseVersion: string;
  readonly imageId: string;
  readonly source: SourceTemplate | undefined;
}

async function readVersionTarget(
  eks: Eks,
  cluster: ClusterRecord,
  group: NodegroupRecord,
  input: Members,
): Promise<VersionTarget> {
  const subject = subjectOf(cluster, group);
  const spec = has(input, 'launchTemplate') ? within(input, 'launchTemplate') : undefined;
  if (spec !== undefined && group.source === undefined) {
    throw invalidRequest(
      'You cannot specify a launch template for a node group that was created without one.',
      subject,
    );
  }
  const source =
    spec === undefined ? await sourceOf(eks, cluster, group) : await readTemplate(eks, cluster.place, spec);
  if (source !== undefined && source.ref.id !== group.source?.id) {
    throw invalidParameter('The launch template must be the one that the node group was created with.', subject);
  }
  const template = templateFacts(source);
  if ((template?.imageId !== undefined) !== (group.amiType === 'CUSTOM')) {
    throw invalidRequest('You cannot change between a custom AMI and an EKS optimized AMI.', subject);
  }
  const version = targetVersion(cluster, group, text(input, 'version'), subject);
  const givenRelease = text(input, 'releaseVersion');
  const keepsRelease = spec !== undefined && givenRelease === undefined && text(input, 'version') === undefined;
  const ami =
    keepsRelease && template?.imageId === undefined
      ? { imageId: group.imageId, releaseVersion: group.releaseVersion }
      : await chosenAmi(eks, cluster, group.amiType, givenRelease, template, version);
  refuseOlderRelease(group, version, ami.releaseVersion, subject);
  const same =
    ami.imageId === group.imageId && version === group.version && source?.ref.version === group.source?.version;
  if (same) throw invalidParameter(`Nodegroup ${group.name} is already at the requested version`, subject);
  return { version, ...ami, source };
}

/** A group goes to its cluster's version, stays at its own, or follows a cluster's rollback. */
function targetVersion(
  cluster: ClusterRecord,
  group: NodegroupRecord,
  given: string | undefined,
  subject: ErrorSubject,
): string {
  const version = given ?? group.version;
  if (version === cluster.version || version === group.version) return version;
  if (version === cluster.lastUpgrade?.from) return version;
  throw invalidParameter(
    `Requested Nodegroup version ${version} must be the cluster's version ${cluster.version} or the group's own ${group.version}`,
    subject,
  );
}

function refuseOlderRelease(group: NodegroupRecord, version: string, release: string, subject: ErrorSubject): void {
  if (group.amiType === 'CUSTOM' || minorNumber(version) !== minorNumber(group.version)) return;
  const day = (text: string) => text.slice(text.lastIndexOf('-') + 1);
  if (day(release) >= day(group.releaseVersion)) return;
  throw invalidParameter(
    `Requested release version ${release} is older than the node group's ${group.releaseVersion}: a node group cannot be rolled back to an earlier AMI version`,
    subject,
  );
}

async function moveGroup(
  eks: Eks,
  cluster: ClusterRecord,
  group: NodegroupRecord,
  target: VersionTarget,
  force: boolean,
  signal: AbortSignal,
): Promise<void> {
  const before = {
    imageId: group.imageId,
    releaseVersion: group.releaseVersion,
    source: group.source,
    version: group.version,
  };
  const beforeOwn = group.own;
  const old = (await readGroup(eks, cluster.place, group.asgName))?.instances ?? [];
  Object.assign(group, {
    imageId: target.imageId,
    releaseVersion: target.releaseVersion,
    version: target.version,
    source: target.source?.ref,
  });
  try {
    await makeTemplate(eks, cluster, group, target.source);
    await resizeGroup(eks, cluster, group, {});
    await rollNodes(eks, cluster, group, old, force, signal);
    await dropTemplate(eks, cluster, beforeOwn);
  } catch (error) {
    const failed = group.own;
    Object.assign(group, before);
    group.own = beforeOwn;
    await resizeGroup(eks, cluster, group, {});
    if (failed !== beforeOwn) await dropTemplate(eks, cluster, failed);
    throw error;
  }
}
