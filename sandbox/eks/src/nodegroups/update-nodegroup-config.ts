import { AwsError } from '@roadstead/sandbox-gateway';
import { kubeOf } from '../clusters/cluster-status.ts';
import { answerOnce, type Eks, type Handler, now, pacedMs } from '../deps.ts';
import type { ClusterRecord, NodegroupRecord } from '../model.ts';
import type { Taint } from '../ports.ts';
import { invalidParameter, notImplemented, raise } from '../shared/errors.ts';
import { has, type Members, requiredText, textMap, texts, within } from '../shared/read.ts';
import { closeUpdate, openUpdate, updateView } from '../updates/update-record.ts';
import { groupAtRest, subjectOf } from './group-at-rest.ts';
import { dropTemplate, makeTemplate, resizeGroup } from './group-resources.ts';
import { readTaints, refuseLabels, refuseTaints, taintView } from './label-rules.ts';
import { sourceOf } from './launch-template.ts';
import { relabelNodes } from './node-objects.ts';
import { readScaling, refuseRepairConfig, refuseUpdateConfig } from './nodegroup-rules.ts';
import { readDesired } from './read-desired.ts';

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
  const torn = removed.find((key) => key in added);
  if (torn !== undefined) throw invalidParameter(`Label ${torn} cannot be both updated and removed`, subject);
  const setTaints = readTaints(within(input, 'taints'), 'addOrUpdateTaints');
  const removedTaints = readTaints(within(input, 'taints'), 'removeTaints');
  const labels = Object.fromEntries(
    Object.entries({ ...group.labels, ...added }).filter(([key]) => !removed.includes(key)),
  );
  const sameTaint = (a: Taint, b: Taint) => a.key === b.key && a.effect === b.effect;
  const touched = [...setTaints, ...removedTaints];
  const taints = [...group.taints.filter((one) => !touched.some((other) => sameTaint(one, other))), ...setTaints];
  const updateConfig = has(input, 'updateConfig') ? within(input, 'updateConfig') : group.updateConfig;
  const nodeRepairConfig = has(input, 'nodeRepairConfig') ? within(input, 'nodeRepairConfig') : group.nodeRepairConfig;
  raise(
    refuseLabels(subject, labels) ??
      refuseTaints(subject, taints) ??
      refuseUpdateConfig(subject, updateConfig) ??
      refuseRepairConfig(subject, nodeRepairConfig),
  );
  const given = within(input, 'scalingConfig');
  return {
    scaling,
    labels,
    labelPatch: { ...added, ...Object.fromEntries(removed.map((key) => [key, null])) },
    taints,
    setTaints,
    removedTaints,
    updateConfig,
    nodeRepairConfig,
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
