import { mapBounded } from '@roadstead/foundation';
import { orAbsent } from '../calls/aws-failure.ts';
import { allPages } from '../observe/plain.ts';
import { type Blocker, isGoing, makerOf } from './leftovers.ts';
import type { Search } from './search.ts';

/** Fargate profiles of a control plane that stands: Roadstead makes none, and EKS deletes no cluster that has one. */
export async function findFargateProfiles(search: Search): Promise<Blocker[]> {
  const { reader, cluster: clusterName, signal } = search;
  const names = await orAbsent(
    allPages(
      (nextToken) =>
        reader.read(
          'eks',
          'ListFargateProfiles',
          { clusterName, ...(nextToken === undefined ? {} : { nextToken }) },
          signal,
        ),
      (page) => page.fargateProfileNames,
      (page) => page.nextToken,
    ),
  );
  const found = await mapBounded(names ?? [], 4, async (fargateProfileName): Promise<Blocker[]> => {
    const answer = await orAbsent(
      reader.read('eks', 'DescribeFargateProfile', { clusterName, fargateProfileName }, signal),
    );
    const profile = answer?.fargateProfile;
    if (profile === undefined) return [];
    const command = `aws eks delete-fargate-profile --cluster-name ${clusterName} --fargate-profile-name ${fargateProfileName}`;
    return [
      {
        what: `Fargate profile ${fargateProfileName}`,
        maker: makerOf({ tags: profile.tags ?? {} }),
        hint: profile.status === 'DELETING' ? isGoing : `delete it: ${command}`,
      },
    ];
  });
  return found.flat();
}
