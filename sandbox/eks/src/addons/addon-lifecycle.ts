import { messageOf } from '@roadstead/foundation';
import { kubeOf } from '../clusters/cluster-status.ts';
import { type Eks, limitMs, now, pacedMs } from '../deps.ts';
import { KubeError } from '../kube/kube-client.ts';
import type { AddonRecord, ClusterRecord, Issue, ObjectRef } from '../model.ts';
import type { Members } from '../shared/read.ts';
import { UpdateFailure } from '../updates/update-record.ts';
import { nextAddonStatus } from './addon-status.ts';
import { AddonConflict, applyAddon, type ResolveConflicts, sameObject } from './apply-addon.ts';
import type { AddonFacts, CatalogueAddon } from './catalogue/catalogue-addon.ts';
import { addonIssues } from './readiness.ts';

/** EKS gives an add-on twenty minutes; pods here need real seconds, so there is a floor. */
const failedAfter = { seconds: 1200, floorSeconds: 60 };
const degradedAfter = { seconds: 180, floorSeconds: 8 };
const usualInstallSeconds = 20;
const pollMs = 500;

export function factsOf(
  cluster: ClusterRecord,
  addon: Pick<AddonRecord, 'version' | 'serviceAccountRoleArn'>,
  values: Members,
): AddonFacts {
  return {
    version: addon.version,
    clusterName: cluster.name,
    region: cluster.place.region,
    vpcId: cluster.vpc.vpcId,
    serviceCidr: cluster.serviceCidr,
    serviceAccountRoleArn: addon.serviceAccountRoleArn,
    values,
  };
}

export function setAddon(eks: Eks, addon: AddonRecord, status: AddonRecord['status'], issues: readonly Issue[]): void {
  if (addon.status === status && JSON.stringify(addon.issues) === JSON.stringify(issues)) return;
  addon.status = status;
  addon.issues = issues;
  addon.modifiedAt = now(eks);
  if (status === 'ACTIVE') addon.everActive = true;
  eks.state.changed();
}

/** Applies the objects of a new add-on and follows its health until it is deleted. */
export async function startAddon(
  eks: Eks,
  cluster: ClusterRecord,
  addon: AddonRecord,
  source: CatalogueAddon,
  values: Members,
  mode: ResolveConflicts,
  signal: AbortSignal,
): Promise<void> {
  await eks.context.clock.sleep(pacedMs(eks, usualInstallSeconds), signal);
  // Deleted before anything was made.
  if (addon.status !== 'CREATING') return;
  const objects = source.objects(factsOf(cluster, addon, values));
  addon.applying = applyFirst(eks, cluster, addon, objects, mode, signal);
  await addon.applying;
  await followHealth(eks, cluster, addon, signal);
}

async function applyFirst(
  eks: Eks,
  cluster: ClusterRecord,
  addon: AddonRecord,
  objects: ReturnType<CatalogueAddon['objects']>,
  mode: ResolveConflicts,
  signal: AbortSignal,
): Promise<void> {
  try {
    addon.objects = await applyAddon(kubeOf(cluster), objects, mode, signal);
    addon.appliedAt = eks.context.clock.monotonic();
  } catch (error) {
    if (signal.aborted) throw error;
    if (addon.status === 'CREATING') setAddon(eks, addon, 'CREATE_FAILED', [issueOf(error)]);
    eks.context.log({ addon: addon.arn, error: messageOf(error) }, 'add-on failed');
  }
}

async function followHealth(eks: Eks, cluster: ClusterRecord, addon: AddonRecord, signal: AbortSignal): Promise<void> {
  const { clock } = eks.context;
  while (cluster.addons.get(addon.name) === addon && cluster.status !== 'DELETING') {
    await clock.sleep(pollMs, signal);
    if (cluster.kube === undefined || cluster.status === 'UPDATING') continue;
    const issues = await healthOf(cluster, addon, signal);
    if (issues === undefined) continue;
    const whole = issues.length === 0;
    addon.unreadySince = whole ? undefined : (addon.unreadySince ?? clock.monotonic());
    const status = nextAddonStatus({
      status: addon.status,
      everActive: addon.everActive,
      whole,
      unreadyMs: addon.unreadySince === undefined ? 0 : clock.monotonic() - addon.unreadySince,
      degradedAfterMs: limitMs(eks, degradedAfter.seconds, degradedAfter.floorSeconds),
      failedAfterMs: limitMs(eks, failedAfter.seconds, failedAfter.floorSeconds),
    });
    if (status !== addon.status || status === 'DEGRADED') setAddon(eks, addon, status, issues);
  }
}

/** `undefined` when the API server does not answer now. */
async function healthOf(
  cluster: ClusterRecord,
  addon: AddonRecord,
  signal: AbortSignal,
): Promise<readonly Issue[] | undefined> {
  try {
    return await addonIssues(kubeOf(cluster), addon.objects, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    return undefined;
  }
}

/** Applies the objects of a new version or configuration, and removes what is no longer part of it. */
export async function replaceObjects(
  cluster: ClusterRecord,
  addon: AddonRecord,
  objects: ReturnType<CatalogueAddon['objects']>,
  mode: ResolveConflicts,
  signal: AbortSignal,
): Promise<readonly ObjectRef[]> {
  try {
    const applied = await applyAddon(kubeOf(cluster), objects, mode, signal);
    const left = addon.objects.filter((old) => !applied.some((one) => sameObject(one, old)));
    await deleteObjects(cluster, left, signal);
    return applied;
  } catch (error) {
    throw new UpdateFailure(issueOf(error).code, messageOf(error), []);
  }
}

/** Waits until an add-on has all its pods; rejects with an `UpdateFailure` when they do not come in time. */
export async function waitWhole(
  eks: Eks,
  cluster: ClusterRecord,
  addon: AddonRecord,
  signal: AbortSignal,
): Promise<void> {
  const { clock } = eks.context;
  const deadline = clock.monotonic() + limitMs(eks, failedAfter.seconds, failedAfter.floorSeconds);
  for (;;) {
    await clock.sleep(pollMs, signal);
    const [issue] = await addonIssues(kubeOf(cluster), addon.objects, signal);
    if (issue === undefined) return;
    if (clock.monotonic() >= deadline) throw new UpdateFailure(issue.code, issue.message, issue.resourceIds);
  }
}

/** Removes an add-on with its objects, those too that its creation is still applying. */
export async function endAddon(
  eks: Eks,
  cluster: ClusterRecord,
  addon: AddonRecord,
  preserve: boolean,
  signal: AbortSignal,
): Promise<void> {
  await eks.context.clock.sleep(pacedMs(eks, usualInstallSeconds), signal);
  await addon.applying;
  try {
    if (!preserve && cluster.kube !== undefined) await deleteObjects(cluster, addon.objects, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    setAddon(eks, addon, 'DELETE_FAILED', [issueOf(error)]);
    return;
  }
  for (const id of addon.associationIds) cluster.associations.delete(id);
  cluster.addons.delete(addon.name);
  eks.state.changed();
}

/** Newest kind last made goes first. */
async function deleteObjects(
  cluster: ClusterRecord,
  objects: readonly ObjectRef[],
  signal: AbortSignal,
): Promise<void> {
  for (const object of objects.toReversed()) await kubeOf(cluster).delete(object, signal);
}

export function issueOf(error: unknown): Issue {
  const message = messageOf(error);
  if (error instanceof AddonConflict) return { code: 'ConfigurationConflict', message, resourceIds: [] };
  if (error instanceof KubeError) {
    const code =
      error.status === 403 ? 'AccessDenied' : error.status < 500 ? 'AdmissionRequestDenied' : 'ClusterUnreachable';
    return { code, message, resourceIds: [] };
  }
  return { code: 'ClusterUnreachable', message, resourceIds: [] };
}
