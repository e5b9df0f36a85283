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
  try {
    addon.objects = await applyAddon(kubeOf(cluster), source.objects(factsOf(cluster, addon, values)), mode, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    setAddon(eks, addon, 'CREATE_FAILED', [issueOf(error)]);
    eks.context.log({ addon: addon.arn, error: messageOf(error) }, 'add-on failed');
    return;
  }
  addon.appliedAt = eks.context.clock.monotonic();
  await followHealth(eks, cluster, addon, signal);
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
    const shown = status === 'DEGRADED' || status === 'CREATE_FAILED';
    if (status !== addon.status || shown) setAddon(eks, addon, status, shown && !whole ? issues : []);
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

/** Applies a new version or configuration, removes what is no longer part of it, and waits until it is whole. */
export async function changeAddon(
  eks: Eks,
  cluster: ClusterRecord,
  addon: AddonRecord,
  objects: ReturnType<CatalogueAddon['objects']>,
  mode: ResolveConflicts,
  signal: AbortSignal,
): Promise<void> {
  const kube = kubeOf(cluster);
  try {
    const before = addon.objects;
    addon.objects = await applyAddon(kube, objects, mode, signal);
    await deleteObjects(
      cluster,
      before.filter((old) => !addon.objects.some((one) => sameObject(one, old))),
      signal,
    );
  } catch (error) {
    throw new UpdateFailure(issueOf(error).code, messageOf(error), []);
  }
  const { clock } = eks.context;
  const deadline = clock.monotonic() + limitMs(eks, failedAfter.seconds, failedAfter.floorSeconds);
  for (;;) {
    await clock.sleep(pollMs, signal);
    const issues = await addonIssues(kube, addon.objects, signal);
    const [issue] = issues;
    if (issue === undefined) return;
    if (clock.monotonic() >= deadline) throw new UpdateFailure(issue.code, issue.message, issue.resourceIds);
  }
}

export async function endAddon(
  eks: Eks,
  cluster: ClusterRecord,
  addon: AddonRecord,
  preserve: boolean,
  signal: AbortSignal,
): Promise<void> {
  await eks.context.clock.sleep(pacedMs(eks, usualInstallSeconds), signal);
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
