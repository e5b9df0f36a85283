import type { AddonRecord, ClusterRecord } from '../model.ts';
import { defined } from '../shared/read.ts';
import { tagsMember } from '../tags/tag-rules.ts';
import { catalogueAddon, releasesFor } from './catalogue/catalogue.ts';
import { allMinors, type CatalogueAddon } from './catalogue/catalogue-addon.ts';

/** An add-on as DescribeAddon answers it. */
export function addonView(cluster: ClusterRecord, addon: AddonRecord): Record<string, unknown> {
  const source = catalogueAddon(addon.name);
  const associations = addon.associationIds.flatMap((id) => cluster.associations.get(id)?.arn ?? []);
  return {
    addonName: addon.name,
    clusterName: cluster.name,
    status: addon.status,
    addonVersion: addon.version,
    health: { issues: addon.issues },
    addonArn: addon.arn,
    createdAt: addon.createdAt,
    modifiedAt: addon.modifiedAt,
    ...defined({
      serviceAccountRoleArn: addon.serviceAccountRoleArn,
      configurationValues: addon.configurationValues,
      publisher: source?.owner === 'aws' ? undefined : source?.publisher,
      owner: source?.owner === 'aws' ? undefined : source?.owner,
    }),
    ...tagsMember(addon.tags),
    ...(associations.length === 0 ? {} : { podIdentityAssociations: associations }),
    namespaceConfig: { namespace: source?.namespace ?? 'kube-system' },
  };
}

/** What DescribeAddonVersions tells of an add-on, for one minor or all. */
export function versionsView(addon: CatalogueAddon, minor: string | undefined): Record<string, unknown> {
  const releases = minor === undefined ? addon.releases : releasesFor(addon, minor);
  const minors = minor === undefined ? allMinors : [minor];
  return {
    addonName: addon.name,
    type: addon.type,
    addonVersions: releases.map((release) => ({
      addonVersion: release.version,
      architecture: ['amd64', 'arm64'],
      computeTypes: ['ec2', 'hybrid'],
      compatibilities: minors
        .filter((one) => release.minors.includes(one))
        .map((clusterVersion) => ({ clusterVersion, platformVersions: ['*'], defaultVersion: release.isDefault })),
      requiresConfiguration: false,
      requiresIamPermissions: addon.requiresIam,
    })),
    publisher: addon.publisher,
    owner: addon.owner,
    defaultNamespace: addon.namespace,
  };
}
