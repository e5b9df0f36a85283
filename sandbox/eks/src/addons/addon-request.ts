import { AwsError } from '@roadstead/sandbox-gateway';
import { lookUp } from '../aws/iam.ts';
import type { Eks } from '../deps.ts';
import type { ClusterRecord } from '../model.ts';
import { requirePodRole } from '../pod-identity/associations.ts';
import { parsePrincipal } from '../shared/arns.ts';
import { type ErrorSubject, invalidParameter, resourceInUse } from '../shared/errors.ts';
import { type Members, records, requiredText, text } from '../shared/read.ts';
import { catalogueAddon, defaultRelease, releasesFor } from './catalogue/catalogue.ts';
import type { CatalogueAddon } from './catalogue/catalogue-addon.ts';
import { readConfiguration } from './configuration.ts';

export function requireAddon(name: string, subject: ErrorSubject): CatalogueAddon {
  const addon = catalogueAddon(name);
  if (addon !== undefined) return addon;
  throw invalidParameter(`Addon ${name} specified is not supported`, subject);
}

/** The version asked for, or the default of the cluster's minor; one that does not fit it is refused. */
export function chosenVersion(
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

/** The configuration asked for, checked against the add-on's schema. */
export function valuesOf(source: CatalogueAddon, given: string | undefined, subject: ErrorSubject): Members {
  const values = readConfiguration(source, given, subject);
  if (values instanceof AwsError) throw values;
  return values;
}

/** What of an add-on's identities a request may ask for, given the associations there are. */
export function refuseIdentities(
  cluster: Pick<ClusterRecord, 'name' | 'associations'>,
  source: Pick<CatalogueAddon, 'name' | 'podIdentity' | 'namespace'>,
  request: { readonly version: string; readonly input: Members; readonly ownerArn: string | undefined },
): AwsError | undefined {
  const subject = { clusterName: cluster.name, addonName: source.name };
  const wanted = records(request.input, 'podIdentityAssociations');
  if (wanted.length === 0) return undefined;
  if (text(request.input, 'serviceAccountRoleArn') !== undefined) {
    return invalidParameter('serviceAccountRoleArn and podIdentityAssociations cannot both be specified', subject);
  }
  if (source.podIdentity.length === 0) {
    return invalidParameter(`Pod Identity feature is not supported for addon version: ${request.version}`, subject);
  }
  const accounts = wanted.map((one) => requiredText(one, 'serviceAccount'));
  const unknown = accounts.find((name) => !source.podIdentity.some((one) => one.serviceAccount === name));
  if (unknown !== undefined) {
    return invalidParameter(
      `Service account ${unknown} in pod identity configuration is not supported for addon ${source.name}`,
      subject,
    );
  }
  if (new Set(accounts).size < accounts.length) {
    return invalidParameter('A service account may be named once in podIdentityAssociations', subject);
  }
  const clash = [...cluster.associations.values()].find(
    (one) =>
      one.namespace === source.namespace &&
      accounts.includes(one.serviceAccount) &&
      (request.ownerArn === undefined || one.ownerArn !== request.ownerArn),
  );
  return clash === undefined ? undefined : resourceInUse(`Association already exists: ${clash.id}`, subject);
}

/** The roles that a request names must be there and trust who will use them. */
export async function requireRoles(eks: Eks, cluster: ClusterRecord, input: Members): Promise<void> {
  for (const association of records(input, 'podIdentityAssociations')) {
    await requirePodRole(eks, cluster, requiredText(association, 'roleArn'));
  }
  const roleArn = text(input, 'serviceAccountRoleArn');
  if (roleArn !== undefined) await requireServiceAccountRole(eks, cluster, roleArn);
}

/** A role for a service account's web identity: of the cluster's account, which must know the cluster's issuer. */
async function requireServiceAccountRole(eks: Eks, cluster: ClusterRecord, arn: string): Promise<void> {
  const subject = { clusterName: cluster.name };
  const principal = parsePrincipal(arn);
  if (principal?.kind !== 'role') throw invalidParameter(`The serviceAccountRoleArn ${arn} is not a role`, subject);
  if (principal.account !== cluster.place.account) {
    throw invalidParameter('CrossAccount pass role is not allowed.', subject);
  }
  if ((await lookUp(eks, cluster.place.region, principal)) === undefined) {
    throw invalidParameter(`Role provided in the request does not exist: ${arn}`, subject);
  }
  const known = await eks.context.backend.call(cluster.place, 'iam', 'ListOpenIDConnectProviders', {});
  const provider = `:oidc-provider/${cluster.issuer.replace('https://', '')}`;
  const arns = records(known, 'OpenIDConnectProviderList').map((one) => text(one, 'Arn') ?? '');
  if (arns.some((one) => one.endsWith(provider))) return;
  throw invalidParameter(
    `serviceAccountRoleArn needs an IAM OpenID Connect provider for the cluster's issuer ${cluster.issuer}`,
    subject,
  );
}
