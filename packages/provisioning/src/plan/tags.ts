/** Tags that say whose a thing is. They carry only what never changes, so that no node is rolled by a tag. */
export const clusterTag = 'roadstead.dev/cluster';
export const poolTag = 'roadstead.dev/pool';
export const zoneTag = 'roadstead.dev/zone';
export const stackTag = 'roadstead.dev/stack';
/** On the access entry of the identity that runs Roadstead; removed last, with the cluster. */
export const accessTag = 'roadstead.dev/access';

export function ownerTags(cluster: string, more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { [clusterTag]: cluster, ...more };
}

export function isOurs(tags: Readonly<Record<string, string>> | undefined, cluster: string): boolean {
  return tags?.[clusterTag] === cluster;
}
