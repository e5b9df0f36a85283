import type { AwsRequest } from '@roadstead/sandbox-gateway';
import { requireUsable } from '../clusters/cluster-status.ts';
import { type Eks, type Handler, isRepeat, now, originOf } from '../deps.ts';
import type { AddonRecord, ClusterRecord } from '../model.ts';
import { makeOwnedAssociations } from '../pod-identity/associations.ts';
import { eksArn } from '../shared/arns.ts';
import { notImplemented, raise, resourceInUse } from '../shared/errors.ts';
import { has, records, requiredText, text, textMap } from '../shared/read.ts';
import { refuseTags } from '../tags/tag-rules.ts';
import { refuseWhileUpdating } from '../updates/update-record.ts';
import { startAddon } from './addon-lifecycle.ts';
import { chosenVersion, refuseIdentities, requireAddon, requireRoles, valuesOf } from './addon-request.ts';
import { addonView } from './addon-view.ts';

export const createAddon: Handler = async (eks, request) => {
  const { input } = request;
  const cluster = eks.state.cluster(request, requiredText(input, 'clusterName'));
  const name = requiredText(input, 'addonName');
  const subject = { clusterName: cluster.name, addonName: name };
  const known = cluster.addons.get(name);
  if (known !== undefined) {
    if (isRepeat(originOf(request), known.origin)) return { addon: addonView(cluster, known) };
    throw resourceInUse('Addon already exists.', subject);
  }
  requireFree(cluster);
  if (has(input, 'namespaceConfig')) throw notImplemented('namespaceConfig of add-ons');
  const source = requireAddon(name, subject);
  const version = chosenVersion(source, cluster, text(input, 'addonVersion'), subject);
  const values = valuesOf(source, text(input, 'configurationValues'), subject);
  const tags = textMap(input, 'tags');
  refuseTags(tags);
  await requireRoles(eks, cluster, input);
  const addon = newAddon(eks, cluster, request, { name, version, tags });
  // After everything that is waited for: nothing below looks again.
  requireFree(cluster);
  if (cluster.addons.has(name)) throw resourceInUse('Addon already exists.', subject);
  raise(refuseIdentities(cluster, source, { version, input, ownerArn: undefined }));
  cluster.addons.set(name, addon);
  addon.associationIds = makeOwnedAssociations(eks, cluster, addon.arn, records(input, 'podIdentityAssociations'));
  eks.state.changed();
  const answer = addonView(cluster, addon);
  const mode = text(input, 'resolveConflicts') === 'OVERWRITE' ? 'OVERWRITE' : 'NONE';
  eks.activities.start(`create ${addon.arn}`, (signal) =>
    startAddon(eks, cluster, addon, source, values, mode, signal),
  );
  return { addon: answer };
};

function requireFree(cluster: ClusterRecord): void {
  requireUsable(cluster);
  refuseWhileUpdating(cluster, {}, 'CreateAddon');
}

function newAddon(
  eks: Eks,
  cluster: ClusterRecord,
  request: AwsRequest,
  made: { readonly name: string; readonly version: string; readonly tags: Record<string, string> },
): AddonRecord {
  return {
    ...made,
    arn: eksArn(cluster.place, `addon/${cluster.name}/${made.name}/${eks.uuid()}`),
    createdAt: now(eks),
    modifiedAt: now(eks),
    origin: originOf(request),
    status: 'CREATING',
    applying: undefined,
    appliedAt: undefined,
    unreadySince: undefined,
    everActive: false,
    configurationValues: text(request.input, 'configurationValues'),
    serviceAccountRoleArn: text(request.input, 'serviceAccountRoleArn'),
    associationIds: [],
    issues: [],
    objects: [],
  };
}
