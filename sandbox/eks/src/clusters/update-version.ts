import { messageOf } from '@roadstead/foundation';
import { answerOnce, type Eks, type Handler, pacedMs } from '../deps.ts';
import type { ClusterRecord } from '../model.ts';
import { invalidParameter, invalidRequest } from '../shared/errors.ts';
import { has, requiredText, whole, within } from '../shared/read.ts';
import { closeUpdate, openUpdate, refuseWhileUpdating, UpdateFailure, updateView } from '../updates/update-record.ts';
import { requireActive } from './cluster-status.ts';
import { minorNumber, offeredVersions, supportedVersions, versionStatus, versionStep } from './versions.ts';

const usualSeconds = 540;

export const updateClusterVersion: Handler = async (eks, request) => {
  const { input } = request;
  const cluster = eks.state.cluster(request, requiredText(input, 'name'));
  return answerOnce(cluster, request, async () => {
    const to = requiredText(input, 'version');
    refuseWhileUpdating(cluster, {}, 'UpdateClusterVersion');
    requireActive(cluster);
    const kind = allowedStep(eks, cluster, to);
    refuseTimeout(
      cluster,
      has(input, 'rollbackConfig') ? whole(within(input, 'rollbackConfig'), 'timeoutMinutes') : undefined,
    );
    refuseNodegroups(cluster, to, kind);
    const params: (readonly [string, string])[] = [
      ['Version', to],
      ['PlatformVersion', supportedVersions.find((version) => version.minor === to)?.platformVersion ?? 'eks.1'],
    ];
    const update = openUpdate(eks, cluster, {}, kind === 'upgrade' ? 'VersionUpdate' : 'VersionRollback', params);
    const answer = updateView(update);
    cluster.status = 'UPDATING';
    eks.activities.start(`${update.type} ${cluster.arn}`, async (signal) => {
      await closeUpdate(eks, update, () => moveControlPlane(eks, cluster, to, signal));
      if (cluster.status === 'UPDATING') cluster.status = 'ACTIVE';
      eks.state.changed();
    });
    return { update: answer };
  });
};

function allowedStep(eks: Eks, cluster: ClusterRecord, to: string): 'upgrade' | 'rollback' {
  const nowMs = eks.context.clock.now();
  const offered = offeredVersions(eks.controlPlanes.minors, nowMs).map((version) => version.minor);
  const step = versionStep(cluster.version, to, offered, cluster.lastUpgrade, nowMs);
  if (step.kind === 'refused') throw invalidParameter(step.message, { clusterName: cluster.name });
  const target = supportedVersions.find((version) => version.minor === to);
  if (step.kind === 'rollback' && target !== undefined && cluster.supportType === 'STANDARD') {
    if (versionStatus(target, nowMs) === 'EXTENDED_SUPPORT') {
      throw invalidRequest(`Version ${to} is in extended support: set the upgrade policy to EXTENDED first`, {
        clusterName: cluster.name,
      });
    }
  }
  return step.kind;
}

function refuseTimeout(cluster: ClusterRecord, minutes: number | undefined): void {
  if (minutes === undefined || (minutes >= 120 && minutes <= 10_080)) return;
  throw invalidParameter('rollbackConfig.timeoutMinutes must be between 120 and 10080', { clusterName: cluster.name });
}

/** Up: every managed node group is at the cluster's version. Back: none may be newer than where the cluster goes. */
export function refuseNodegroups(
  cluster: Pick<ClusterRecord, 'name' | 'version' | 'nodegroups'>,
  to: string,
  kind: 'upgrade' | 'rollback',
): void {
  const groups = [...cluster.nodegroups.values()].filter((group) => group.amiType !== 'CUSTOM');
  const behind = groups.filter((group) =>
    kind === 'upgrade' ? group.version !== cluster.version : minorNumber(group.version) > minorNumber(to),
  );
  if (behind.length === 0) return;
  const names = behind.map((group) => group.name).join(', ');
  const wanted = kind === 'upgrade' ? `match cluster version ${cluster.version}` : `be at version ${to} or lower`;
  throw invalidParameter(`Nodegroups ${names} must be updated to ${wanted} before updating cluster version`, {
    clusterName: cluster.name,
  });
}

async function moveControlPlane(eks: Eks, cluster: ClusterRecord, to: string, signal: AbortSignal): Promise<void> {
  const from = cluster.version;
  const paced = eks.context.clock.sleep(pacedMs(eks, usualSeconds), signal);
  void paced.catch(() => undefined);
  try {
    if (cluster.controlPlane === undefined) throw new Error('the control plane does not answer');
    await cluster.controlPlane.upgrade(to, signal);
  } catch (error) {
    throw new UpdateFailure('ClusterUnreachable', messageOf(error), [cluster.name]);
  }
  await paced;
  cluster.version = to;
  if (minorNumber(to) > minorNumber(from)) cluster.lastUpgrade = { from, at: eks.context.clock.now() };
  else delete cluster.lastUpgrade;
}
