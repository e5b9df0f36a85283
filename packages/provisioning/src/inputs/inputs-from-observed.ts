import type { Inputs, Zone } from '@roadstead/definition';
import type { ObservedAws, ObservedSubnet } from '../observe/observed.ts';
import { at } from '../plan/eks-fields.ts';
import { isOurs } from '../plan/tags.ts';

/**
 * The inputs that what is there was made with, for when the record is lost. Undefined when nothing is there. Facts of
 * instance types are not in it: they are asked for again and are the same.
 */
export function inputsFromObserved(observed: ObservedAws): Inputs | undefined {
  const zones = zonesOf(observed.subnets);
  if (zones.length === 0) return undefined;
  return { zones, amiReleases: releasesOf(observed), addonVersions: addonVersionsOf(observed), instanceTypes: {} };
}

/** Zones in the order of their subnets' addresses, which is the order that the CIDR plan gave them. */
function zonesOf(subnets: readonly ObservedSubnet[]): readonly Zone[] {
  const ordered = subnets.toSorted((a, b) => addressOf(a.cidr) - addressOf(b.cidr));
  const seen = new Map(ordered.map((subnet) => [subnet.zoneId, { name: subnet.zoneName, id: subnet.zoneId }]));
  return [...seen.values()];
}

/** The first address of a CIDR as a number. */
function addressOf(cidr: string): number {
  const octets = cidr.split('/')[0]?.split('.') ?? [];
  return octets.reduce((sum, octet) => sum * 256 + Number(octet), 0);
}

/** The newest release of each version and architecture: a roll that was cut off goes on. */
function releasesOf(observed: ObservedAws): Inputs['amiReleases'] {
  const releases: Record<string, string> = {};
  for (const group of Object.values(observed.nodeGroups)) {
    if (!isOurs(group.tags, observed.cluster)) continue;
    const release = at(group.described, 'releaseVersion');
    const version = at(group.described, 'version');
    if (typeof release !== 'string' || typeof version !== 'string') continue;
    const key = `${version}/${architectureOf(String(at(group.described, 'amiType')))}`;
    const known = releases[key];
    if (known === undefined || known.localeCompare(release, 'en', { numeric: true }) < 0) releases[key] = release;
  }
  return releases;
}

function architectureOf(amiType: string): 'arm64' | 'x86_64' {
  return /ARM/i.test(amiType) ? 'arm64' : 'x86_64';
}

function addonVersionsOf(observed: ObservedAws): Inputs['addonVersions'] {
  const versions = Object.values(observed.addons)
    .filter((addon) => isOurs(addon.tags, observed.cluster))
    .flatMap((addon) => {
      const version = at(addon.described, 'addonVersion');
      return typeof version === 'string' ? [[addon.name, version] as const] : [];
    });
  return Object.fromEntries(versions);
}
