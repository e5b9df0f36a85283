import type { AwsRequest } from '@roadstead/sandbox-gateway';
import { AwsError } from '@roadstead/sandbox-gateway';
import { requireUsable } from '../clusters/cluster-status.ts';
import { answerOnce, type Eks, type Handlers, isRepeat, now, originOf, pacedMs } from '../deps.ts';
import type { AddonRecord, ClusterRecord } from '../model.ts';
import { makeOwnedAssociations, requirePodRole } from '../pod-identity/associations.ts';
import { eksArn } from '../shared/arns.ts';
import { type ErrorSubject, invalidParameter, notFound, notImplemented, resourceInUse } from '../shared/errors.ts';
import { page } from '../shared/paging.ts';
import { defined, flag, has, type Members, records, requiredText, text, textMap, texts } from '../shared/read.ts';
import { addonOf } from '../state.ts';
import { refuseTags, tagsMember } from '../tags/tag-rules.ts';
import { closeUpdate, openUpdate, refuseWhileUpdating, updateView } from '../updates/update-record.ts';
import { changeAddon, endAddon, factsOf, setAddon, startAddon } from './addon-lifecycle.ts';
import type { ResolveConflicts } from './apply-addon.ts';
import { catalogue, catalogueAddon, defaultRelease, releasesFor } from './catalogue/catalogue.ts';
import { allMinors, type CatalogueAddon } from './catalogue/catalogue-addon.ts';
import { readConfiguration, schemaText } from './configuration.ts';

export const addonHandlers: Handlers = {
  async CreateAddon(eks, request) {
    const { input } = request;
    const cluster = eks.state.cluster(request, requiredText(input, 'clusterName'));
    const name = requiredText(input, 'addonName');
    const subject = { clusterName: cluster.name, addonName: name };
    const known = cluster.addons.get(name);
    if (known !== undefined) {
      if (isRepeat(originOf(request), known.origin)) return { addon: addonView(cluster, known) };
      throw resourceInUse('Addon already exists.', subject);
    }
    requireUsable(cluster);
    refuseWhileUpdating(cluster, {}, 'CreateAddon');
    if (has(input, 'namespaceConfig')) throw notImplemented('namespaceConfig of add-ons');
    const source = requireAddon(name, subject);
    const version = chosenVersion(source, cluster, text(input, 'addonVersion'), subject);
    const values = valuesOf(source, text(input, 'configurationValues'), subject);
    const tags = textMap(input, 'tags');
    refuseTags(tags);
    await refuseRoles(eks, cluster, input);
    const addon = newAddon(eks, cluster, request, { name, version, tags });
    if (cluster.addons.has(name)) throw resourceInUse('Addon already exists.', subject);
    cluster.addons.set(name, addon);
    addon.associationIds = await makeOwnedAssociations(
      eks,
      cluster,
      addon.arn,
      records(input, 'podIdentityAssociations'),
    );
    eks.state.changed();
    const answer = addonView(cluster, addon);
    const mode = text(input, 'resolveConflicts') === 'OVERWRITE' ? 'OVERWRITE' : 'NONE';
    eks.activities.start(`create ${addon.arn}`, (signal) =>
      startAddon(eks, cluster, addon, source, values, mode, signal),
    );
    return { addon: answer };
  },

  async DescribeAddon(eks, request) {
    const cluster = eks.state.cluster(request, requiredText(request.input, 'clusterName'));
    return { addon: addonView(cluster, addonOf(cluster, requiredText(request.input, 'addonName'))) };
  },

  async ListAddons(eks, request) {
    const cluster = eks.state.cluster(request, requiredText(request.input, 'clusterName'));
    const shown = page([...cluster.addons.keys()], request.input, (name) => name);
    return { addons: shown.items, ...defined({ nextToken: shown.nextToken }) };
  },

  async UpdateAddon(eks, request) {
    const cluster = eks.state.cluster(request, requiredText(request.input, 'clusterName'));
    return answerOnce(cluster, request, () => updateAddon(eks, cluster, request));
  },

  async DeleteAddon(eks, request) {
    const cluster = eks.state.cluster(request, requiredText(request.input, 'clusterName'));
    const addon = addonOf(cluster, requiredText(request.input, 'addonName'));
    const subject = { clusterName: cluster.name, addonName: addon.name };
    if (addon.status === 'DELETING') throw resourceInUse(`Addon ${addon.name} is being deleted`, subject);
    refuseWhileUpdating(cluster, { addonName: addon.name }, 'DeleteAddon');
    setAddon(eks, addon, 'DELETING', []);
    const answer = addonView(cluster, addon);
    const preserve = flag(request.input, 'preserve') ?? false;
    eks.activities.start(`delete ${addon.arn}`, (signal) => endAddon(eks, cluster, addon, preserve, signal));
    return { addon: answer };
  },

  async DescribeAddonVersions(_eks, { input }) {
    const minor = text(input, 'kubernetesVersion');
    const name = text(input, 'addonName');
    if (name !== undefined && catalogueAddon(name) === undefined)
      throw notFound(`Addon ${name} not found`, { addonName: name });
    const fits = (key: string, value: string) => texts(input, key)?.includes(value) ?? true;
    const rows = catalogue
      .filter((addon) => name === undefined || addon.name === name)
      .filter(
        (addon) => fits('types', addon.type) && fits('owners', addon.owner) && fits('publishers', addon.publisher),
      )
      .filter((addon) => minor === undefined || releasesFor(addon, minor).length > 0);
    const shown = page(rows, input, (addon) => addon.name);
    return {
      addons: shown.items.map((addon) => versionsView(addon, minor)),
      ...defined({ nextToken: shown.nextToken }),
    };
  },

  async DescribeAddonConfiguration(_eks, { input }) {
    const name = requiredText(input, 'addonName');
    const version = requiredText(input, 'addonVersion');
    const addon = requireAddon(name, { addonName: name });
    if (!addon.releases.some((release) => release.version === version)) {
      throw invalidParameter(`Addon version specified is not supported`, { addonName: name });
    }
    return {
      addonName: name,
      addonVersion: version,
      configurationSchema: schemaText(addon),
      podIdentityConfiguration: addon.podIdentity,
    };
  },
};

function requireAddon(name: string, subject: ErrorSubject): CatalogueAddon {
  const addon = catalogueAddon(name);
  if (addon !== undefined) return addon;
  throw invalidParameter(`Addon ${name} specified is not supported`, subject);
}

function chosenVersion(
  source: CatalogueAddon,
  cluster: ClusterRecord,
  given: string | undefined,
  subject: ErrorSubject,
): string {
  const version = given ?? defaultRelease(source, cluster.version)?.version;
  if (releasesFor(source, cluster.version).some((release) => release.version === version) && version !== undefined) {
    return version;
  }
  throw invalidParameter('Addon version specified is not supported', subject);
}

function valuesOf(source: CatalogueAddon, given: string | undefined, subject: ErrorSubject): Members {
  const values = readConfiguration(source, given, subject);
  if (values instanceof AwsError) throw values;
  return values;
}

async function refuseRoles(eks: Eks, cluster: ClusterRecord, input: Members): Promise<void> {
  if (has(input, 'serviceAccountRoleArn') && records(input, 'podIdentityAssociations').length > 0) {
    throw invalidParameter('serviceAccountRoleArn and podIdentityAssociations cannot both be specified');
  }
  for (const association of records(input, 'podIdentityAssociations')) {
    await requirePodRole(eks, cluster, requiredText(association, 'roleArn'));
  }
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

async function updateAddon(eks: Eks, cluster: ClusterRecord, request: AwsRequest): Promise<Record<string, unknown>> {
  const { input } = request;
  const addon = addonOf(cluster, requiredText(input, 'addonName'));
  const subject = { clusterName: cluster.name, addonName: addon.name };
  refuseWhileUpdating(cluster, { addonName: addon.name }, 'UpdateAddon');
  requireUsable(cluster);
  if (addon.status === 'CREATING' || addon.status === 'DELETING') {
    throw resourceInUse(`Addon ${addon.name} cannot be updated as it is currently in ${addon.status} status`, subject);
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
  await refuseRoles(eks, cluster, input);
  refuseWhileUpdating(cluster, { addonName: addon.name }, 'UpdateAddon');
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
    await eks.context.clock.sleep(pacedMs(eks, 20), signal);
    const done = await closeUpdate(eks, update, async () => {
      const objects = source.objects(factsOf(cluster, next, values));
      await changeAddon(eks, cluster, addon, objects, mode, signal);
      if (has(input, 'podIdentityAssociations')) {
        for (const id of addon.associationIds) cluster.associations.delete(id);
        addon.associationIds = await makeOwnedAssociations(
          eks,
          cluster,
          addon.arn,
          records(input, 'podIdentityAssociations'),
        );
      }
      Object.assign(addon, next);
    });
    const [failure] = update.errors;
    if (done || failure === undefined) setAddon(eks, addon, 'ACTIVE', []);
    else
      setAddon(eks, addon, 'UPDATE_FAILED', [
        { code: failure.errorCode, message: failure.errorMessage, resourceIds: [] },
      ]);
  });
  return { update: answer };
}

/** An update that names no version keeps the one there is, when it still fits the cluster. */
function keptVersion(source: CatalogueAddon, cluster: ClusterRecord, addon: AddonRecord): string | undefined {
  return releasesFor(source, cluster.version).some((release) => release.version === addon.version)
    ? addon.version
    : undefined;
}

function addonView(cluster: ClusterRecord, addon: AddonRecord): Record<string, unknown> {
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

function versionsView(addon: CatalogueAddon, minor: string | undefined): Record<string, unknown> {
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
