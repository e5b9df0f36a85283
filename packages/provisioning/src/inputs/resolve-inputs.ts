import type { Cluster, Inputs, InstanceTypeFacts, Zone } from '@roadstead/definition';
import { mapBounded, RoadsteadError } from '@roadstead/foundation';
import { orAbsent } from '../calls/aws-failure.ts';
import type { AwsReader } from '../calls/aws-port.ts';
import { allPages } from '../observe/plain.ts';
import { chooseZones } from './choose-zones.ts';

/** The add-ons whose versions a channel may ask for. */
export const knownAddons = [
  'aws-ebs-csi-driver',
  'coredns',
  'eks-pod-identity-agent',
  'kube-proxy',
  'metrics-server',
  'vpc-cni',
] as const;

export interface ResolveOptions {
  /** What was recorded, or read back; it wins wherever it says something. */
  readonly previous?: Inputs;
  /** Ask for releases and versions anew. Zones and what instance types are stay: they are no matter of taste. */
  readonly refresh?: boolean;
  /** Add-ons to resolve versions of. Default: those that channels use. */
  readonly addons?: readonly string[];
  readonly signal?: AbortSignal;
}

/**
 * What the world decides for a cluster: zones, AMI releases, add-on versions, facts of instance types. Sticky: only what
 * the record does not say is asked for, so a plan with a full record asks nothing.
 */
export async function resolveInputs(
  reader: AwsReader,
  cluster: Cluster,
  options: ResolveOptions = {},
): Promise<Inputs> {
  const { previous, signal } = options;
  const instanceTypes = await resolveInstanceTypes(reader, cluster, previous, signal);
  const zones = await resolveZones(reader, cluster, instanceTypes, previous, signal);
  const [amiReleases, addonVersions] = await Promise.all([
    resolveAmiReleases(reader, cluster, instanceTypes, options),
    resolveAddonVersions(reader, cluster, options),
  ]);
  return { zones, amiReleases, addonVersions, instanceTypes };
}

async function resolveZones(
  reader: AwsReader,
  cluster: Cluster,
  instanceTypes: Inputs['instanceTypes'],
  previous: Inputs | undefined,
  signal: AbortSignal | undefined,
): Promise<readonly Zone[]> {
  const wanted = cluster.network.zones;
  const known = previous?.zones ?? [];
  if (known.length > 0 && covers(known, wanted)) return known;
  const answer = await reader.read(
    'ec2',
    'DescribeAvailabilityZones',
    { Filters: [{ Name: 'zone-type', Values: ['availability-zone'] }] },
    signal,
  );
  const available = (answer.AvailabilityZones ?? [])
    .filter((zone) => zone.State === 'available' && zone.OptInStatus !== 'not-opted-in')
    .map((zone) => ({ name: zone.ZoneName ?? '', id: zone.ZoneId ?? '' }));
  const offering = new Set(available.map(({ name }) => name).filter((name) => offersAll(cluster, instanceTypes, name)));
  return chooseZones({ available, wanted, previous: known, offering });
}

/** Whether the recorded zones are exactly what the file asks for. */
function covers(known: readonly Zone[], wanted: number | readonly string[]): boolean {
  if (typeof wanted === 'number') return known.length === wanted;
  return (
    known.length === wanted.length &&
    wanted.every((name) => known.some((zone) => zone.name === name || zone.id === name))
  );
}

function offersAll(cluster: Cluster, instanceTypes: Inputs['instanceTypes'], zone: string): boolean {
  const types = cluster.nodePools.flatMap((pool) => pool.instanceTypes);
  return types.every((type) => instanceTypes[type]?.zones.includes(zone) ?? false);
}

async function resolveInstanceTypes(
  reader: AwsReader,
  cluster: Cluster,
  previous: Inputs | undefined,
  signal: AbortSignal | undefined,
): Promise<Inputs['instanceTypes']> {
  const wanted = [...new Set(cluster.nodePools.flatMap((pool) => pool.instanceTypes))].sort();
  const missing = wanted.filter((type) => previous?.instanceTypes[type] === undefined);
  const found = missing.length === 0 ? {} : await describeInstanceTypes(reader, missing, signal);
  const known = wanted.flatMap((type) => {
    const facts = previous?.instanceTypes[type] ?? found[type];
    return facts === undefined ? [] : [[type, facts] as const];
  });
  return Object.fromEntries(known);
}

/** Facts of instance types. A type that does not exist is left out: a filter, unlike a list of types, is no error. */
export async function describeInstanceTypes(
  reader: AwsReader,
  types: readonly string[],
  signal?: AbortSignal,
): Promise<Inputs['instanceTypes']> {
  const [described, offerings] = await Promise.all([
    allPages(
      (token) =>
        reader.read(
          'ec2',
          'DescribeInstanceTypes',
          {
            Filters: [{ Name: 'instance-type', Values: [...types] }],
            ...(token === undefined ? {} : { NextToken: token }),
          },
          signal,
        ),
      (page) => page.InstanceTypes,
      (page) => page.NextToken,
    ),
    allPages(
      (token) =>
        reader.read(
          'ec2',
          'DescribeInstanceTypeOfferings',
          {
            LocationType: 'availability-zone',
            Filters: [{ Name: 'instance-type', Values: [...types] }],
            ...(token === undefined ? {} : { NextToken: token }),
          },
          signal,
        ),
      (page) => page.InstanceTypeOfferings,
      (page) => page.NextToken,
    ),
  ]);
  const entries = described.map((type): readonly [string, InstanceTypeFacts] => {
    const name = String(type.InstanceType);
    const zones = offerings
      .filter((offer) => offer.InstanceType === type.InstanceType)
      .flatMap((offer) => offer.Location ?? []);
    return [
      name,
      {
        vcpus: type.VCpuInfo?.DefaultVCpus ?? 0,
        memoryMiB: type.MemoryInfo?.SizeInMiB ?? 0,
        architecture: type.ProcessorInfo?.SupportedArchitectures?.includes('arm64') ? 'arm64' : 'x86_64',
        maxEnis: type.NetworkInfo?.MaximumNetworkInterfaces ?? 0,
        ipv4PerEni: type.NetworkInfo?.Ipv4AddressesPerInterface ?? 0,
        localDisks: (type.InstanceStorageInfo?.Disks ?? []).reduce((sum, disk) => sum + (disk.Count ?? 0), 0),
        zones: zones.toSorted(),
      },
    ];
  });
  return Object.fromEntries(entries.filter(([name]) => types.includes(name)));
}

async function resolveAmiReleases(
  reader: AwsReader,
  cluster: Cluster,
  instanceTypes: Inputs['instanceTypes'],
  { previous, refresh, signal }: ResolveOptions,
): Promise<Inputs['amiReleases']> {
  const architectures = [...new Set(Object.values(instanceTypes).map(({ architecture }) => architecture))].sort();
  const keys = architectures.map((architecture) => `${cluster.kubernetes}/${architecture}`);
  const found = await mapBounded(keys, 4, async (key) => {
    const sticky = refresh === true ? undefined : previous?.amiReleases[key];
    return [key, sticky ?? (await latestAmiRelease(reader, key, signal))] as const;
  });
  return Object.fromEntries(
    found.flatMap(([key, release]) => (release === undefined ? [] : [[key, release] as const])),
  );
}

/** The AL2023 release that AWS recommends, from its public parameter. Undefined for a version without one. */
async function latestAmiRelease(
  reader: AwsReader,
  minorAndArchitecture: string,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const [minor, architecture] = minorAndArchitecture.split('/');
  const Name = `/aws/service/eks/optimized-ami/${minor}/amazon-linux-2023/${architecture}/standard/recommended/release_version`;
  const answer = await orAbsent(reader.read('ssm', 'GetParameter', { Name }, signal));
  return answer?.Parameter?.Value;
}

async function resolveAddonVersions(
  reader: AwsReader,
  cluster: Cluster,
  { previous, refresh, addons = knownAddons, signal }: ResolveOptions,
): Promise<Inputs['addonVersions']> {
  const newMinor = previous !== undefined && !hasMinor(previous, cluster.kubernetes);
  const found = await mapBounded([...addons].sort(), 4, async (name) => {
    const sticky = refresh === true ? undefined : previous?.addonVersions[name];
    if (sticky !== undefined && !newMinor) return [name, sticky] as const;
    return [name, await chooseAddonVersion(reader, name, cluster.kubernetes, sticky, signal)] as const;
  });
  return Object.fromEntries(
    found.flatMap(([name, version]) => (version === undefined ? [] : [[name, version] as const])),
  );
}

function hasMinor(inputs: Inputs, minor: string): boolean {
  return Object.keys(inputs.amiReleases).some((key) => key.startsWith(`${minor}/`));
}

/** The version in use when it still fits the Kubernetes version, else EKS's default for it. */
async function chooseAddonVersion(
  reader: AwsReader,
  addonName: string,
  kubernetesVersion: string,
  inUse: string | undefined,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const versions = await allPages(
    (nextToken) =>
      reader.read(
        'eks',
        'DescribeAddonVersions',
        { addonName, kubernetesVersion, ...(nextToken === undefined ? {} : { nextToken }) },
        signal,
      ),
    (page) => page.addons?.flatMap((addon) => addon.addonVersions ?? []),
    (page) => page.nextToken,
  );
  if (inUse !== undefined && versions.some((version) => version.addonVersion === inUse)) return inUse;
  const isDefault = (version: (typeof versions)[number]) =>
    version.compatibilities?.some((fit) => fit.defaultVersion === true && fit.clusterVersion === kubernetesVersion) ===
    true;
  return (versions.find(isDefault) ?? versions[0])?.addonVersion;
}

/** A Kubernetes version that EKS offers. */
export interface OfferedVersion {
  readonly version: string;
  readonly isDefault: boolean;
  /** As `STANDARD_SUPPORT` or `EXTENDED_SUPPORT`. */
  readonly support: string;
  /** ISO 8601 dates. */
  readonly standardEnds?: string;
  readonly extendedEnds?: string;
}

/** The Kubernetes versions that EKS offers in the region, newest first. */
export async function offeredKubernetesVersions(reader: AwsReader, signal?: AbortSignal): Promise<OfferedVersion[]> {
  const versions = await allPages(
    (nextToken) => reader.read('eks', 'DescribeClusterVersions', nextToken === undefined ? {} : { nextToken }, signal),
    (page) => page.clusterVersions,
    (page) => page.nextToken,
  );
  if (versions.length === 0) {
    throw new RoadsteadError('EKS offers no Kubernetes version', { code: 'NO_VERSIONS', hint: 'is the region right?' });
  }
  return versions
    .map((version) => ({
      version: version.clusterVersion ?? '',
      isDefault: version.defaultVersion === true,
      support: version.versionStatus ?? version.status ?? '',
      ...(version.endOfStandardSupportDate === undefined
        ? {}
        : { standardEnds: version.endOfStandardSupportDate.toISOString() }),
      ...(version.endOfExtendedSupportDate === undefined
        ? {}
        : { extendedEnds: version.endOfExtendedSupportDate.toISOString() }),
    }))
    .toSorted((a, b) => b.version.localeCompare(a.version, 'en', { numeric: true }));
}
