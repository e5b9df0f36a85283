import type { AwsRequest } from '@roadstead/sandbox-gateway';
import { requireUsable } from '../clusters/cluster-status.ts';
import { answerOnce, type Eks, type Handler, pacedMs } from '../deps.ts';
import type { AddonRecord, ClusterRecord, Issue, UpdateRecord } from '../model.ts';
import { makeOwnedAssociations } from '../pod-identity/associations.ts';
import { raise, resourceInUse } from '../shared/errors.ts';
import { has, type Members, records, requiredText, text } from '../shared/read.ts';
import { addonOf } from '../state.ts';
import { closeUpdate, openUpdate, refuseWhileUpdating, updateView } from '../updates/update-record.ts';
import { factsOf, replaceObjects, setAddon, waitWhole } from './addon-lifecycle.ts';
import { chosenVersion, refuseIdentities, requireAddon, requireRoles, valuesOf } from './addon-request.ts';
import type { ResolveConflicts } from './apply-addon.ts';
import { releasesFor } from './catalogue/catalogue.ts';
import type { CatalogueAddon } from './catalogue/catalogue-addon.ts';

const usualSeconds = 20;

export const updateAddon: Handler = async (eks, request) => {
  const cluster = eks.state.cluster(request, requiredText(request.input, 'clusterName'));
  return answerOnce(cluster, request, () => startUpdate(eks, cluster, request));
};

async function startUpdate(eks: Eks, cluster: ClusterRecord, request: AwsRequest): Promise<Record<string, unknown>> {
  const { input } = request;
  const addon = addonOf(cluster, requiredText(input, 'addonName'));
  const subject = { clusterName: cluster.name, addonName: addon.name };
  refuseWhileUpdating(cluster, { addonName: addon.name }, 'UpdateAddon');
  requireUsable(cluster);
  if (addon.status === 'CREATING' || addon.status === 'DELETING') {
    throw resourceInUse(`Addon ${addon.name} cannot be updated as it is currently in ${addon.status} state`, subject);
  }
  const source = requireAddon(addon.name, subject);
  const version = chosenVersion(
    source,
    cluster,
    text(input, 'addonVersion') ?? keptVersion(source, cluster, addon),
    subject,
  );
  const mode = (text(input, 'resolveConflicts') ?? 'NONE') as ResolveConflicts;
  const configuration =
    text(input, 'configurationValues') ?? (mode === 'PRESERVE' ? addon.configurationValues : undefined);
  const values = valuesOf(source, configuration, subject);
  await requireRoles(eks, cluster, input);
  refuseWhileUpdating(cluster, { addonName: addon.name }, 'UpdateAddon');
  raise(refuseIdentities(cluster, source, { version, input, ownerArn: addon.arn }));
  const roleArn = text(input, 'serviceAccountRoleArn');
  const update = openUpdate(eks, cluster, { addonName: addon.name }, 'AddonUpdate', [
    ['AddonVersion', version],
    ['ServiceAccountRoleArn', roleArn],
    ['ResolveConflicts', mode],
    ['ConfigurationValues', text(input, 'configurationValues')],
    [
      'PodIdentityAssociations',
      has(input, 'podIdentityAssociations') ? JSON.stringify(input.podIdentityAssociations) : undefined,
    ],
  ]);
  const answer = updateView(update);
  const next = { version, configurationValues: configuration, serviceAccountRoleArn: roleArn };
  setAddon(eks, addon, 'UPDATING', []);
  eks.activities.start(`update ${addon.arn}`, async (signal) => {
    await eks.context.clock.sleep(pacedMs(eks, usualSeconds), signal);
    await closeUpdate(eks, update, async () => {
      addon.objects = await replaceObjects(
        cluster,
        addon,
        source.objects(factsOf(cluster, next, values)),
        mode,
        signal,
      );
      // What is applied stays, though the add-on may never come to be whole with it.
      Object.assign(addon, next);
      replaceAssociations(eks, cluster, addon, input);
      await waitWhole(eks, cluster, addon, signal);
    });
    setAddon(eks, addon, ...statusAfter(update));
  });
  return { update: answer };
}

/** A failed update leaves what it did; an add-on that only lacks pods may yet come to be whole by itself. */
function statusAfter({ errors: [failure] }: UpdateRecord): [AddonRecord['status'], readonly Issue[]] {
  if (failure === undefined) return ['ACTIVE', []];
  const status = failure.errorCode === 'InsufficientNumberOfReplicas' ? 'DEGRADED' : 'UPDATE_FAILED';
  return [status, [{ code: failure.errorCode, message: failure.errorMessage, resourceIds: [] }]];
}

function replaceAssociations(eks: Eks, cluster: ClusterRecord, addon: AddonRecord, input: Members): void {
  if (!has(input, 'podIdentityAssociations')) return;
  for (const id of addon.associationIds) cluster.associations.delete(id);
  addon.associationIds = makeOwnedAssociations(eks, cluster, addon.arn, records(input, 'podIdentityAssociations'));
}

/** An update that names no version keeps the one there is, when it still fits the cluster. */
function keptVersion(source: CatalogueAddon, cluster: ClusterRecord, addon: AddonRecord): string | undefined {
  return releasesFor(source, cluster.version).some((release) => release.version === addon.version)
    ? addon.version
    : undefined;
}
