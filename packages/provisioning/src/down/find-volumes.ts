import { allPages } from '../observe/plain.ts';
import { isOfKubernetes, type Leftovers } from './leftovers.ts';
import { type Search, type Tags, toMap } from './search.ts';

/** Volumes of claims. A node's own disk goes with the node. */
export async function findVolumes(search: Search): Promise<Leftovers['volumes']> {
  const all = await allPages(
    (token) =>
      search.reader.read(
        'ec2',
        'DescribeVolumes',
        { Filters: kubernetesFilter(search.cluster), ...(token === undefined ? {} : { NextToken: token }) },
        search.signal,
      ),
    (page) => page.Volumes,
    (page) => page.NextToken,
  );
  return all.flatMap((volume) => {
    const tags = toMap(volume.Tags);
    if (!isOfKubernetes(tags, search.cluster) || !isOfClaim(tags)) return [];
    const claim = tags['kubernetes.io/created-for/pvc/name'];
    const namespace = tags['kubernetes.io/created-for/pvc/namespace'];
    return [
      {
        id: volume.VolumeId ?? '',
        sizeGiB: volume.Size ?? 0,
        type: String(volume.VolumeType ?? 'gp3'),
        ...(claim === undefined ? {} : { claim: `${namespace ?? 'default'}/${claim}` }),
      },
    ];
  });
}

/** Snapshots that the cluster's driver made. */
export async function findSnapshots(search: Search): Promise<Leftovers['snapshots']> {
  const all = await allPages(
    (token) =>
      search.reader.read(
        'ec2',
        'DescribeSnapshots',
        {
          OwnerIds: ['self'],
          Filters: kubernetesFilter(search.cluster),
          ...(token === undefined ? {} : { NextToken: token }),
        },
        search.signal,
      ),
    (page) => page.Snapshots,
    (page) => page.NextToken,
  );
  return all
    .filter((snapshot) => isOfKubernetes(toMap(snapshot.Tags), search.cluster))
    .map((snapshot) => ({ id: snapshot.SnapshotId ?? '', sizeGiB: snapshot.VolumeSize ?? 0 }));
}

function isOfClaim(tags: Tags): boolean {
  return Object.keys(tags).some(
    (key) =>
      key === 'CSIVolumeName' || key === 'ebs.csi.aws.com/cluster' || key.startsWith('kubernetes.io/created-for/'),
  );
}

function kubernetesFilter(cluster: string): { Name: string; Values: string[] }[] {
  return [{ Name: 'tag-key', Values: [`kubernetes.io/cluster/${cluster}`] }];
}
