import type { ClusterRecord, FargateProfileRecord } from '../model.ts';
import { tagsMember } from '../tags/tag-rules.ts';

/** A profile as DescribeFargateProfile answers it. */
export function profileView(cluster: ClusterRecord, profile: FargateProfileRecord): Record<string, unknown> {
  return {
    fargateProfileName: profile.name,
    fargateProfileArn: profile.arn,
    clusterName: cluster.name,
    createdAt: profile.createdAt,
    podExecutionRoleArn: profile.podExecutionRoleArn,
    subnets: profile.subnets,
    selectors: profile.selectors.map(({ namespace, labels }) => ({
      namespace,
      ...(Object.keys(labels).length === 0 ? {} : { labels }),
    })),
    status: profile.status,
    health: { issues: [] },
    ...tagsMember(profile.tags),
  };
}
