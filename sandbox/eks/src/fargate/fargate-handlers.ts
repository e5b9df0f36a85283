import type { AwsRequest } from '@roadstead/sandbox-gateway';
import { type Eks, type Handlers, pacedMs } from '../deps.ts';
import type { ClusterRecord, FargateProfileRecord } from '../model.ts';
import { notFound, raise } from '../shared/errors.ts';
import { page } from '../shared/paging.ts';
import { defined, requiredText } from '../shared/read.ts';
import { createFargateProfile } from './create-fargate-profile.ts';
import { busyProfile } from './fargate-rules.ts';
import { profileView } from './profile-view.ts';

const usualDeleteSeconds = 60;

export const fargateHandlers: Handlers = {
  CreateFargateProfile: createFargateProfile,

  async DescribeFargateProfile(eks, request) {
    const { cluster, profile } = find(eks, request);
    return { fargateProfile: profileView(cluster, profile) };
  },

  async ListFargateProfiles(eks, request) {
    const cluster = eks.state.cluster(request, requiredText(request.input, 'clusterName'));
    const shown = page([...cluster.fargateProfiles.keys()], request, (name) => name);
    return { fargateProfileNames: shown.items, ...defined({ nextToken: shown.nextToken }) };
  },

  async DeleteFargateProfile(eks, request) {
    const { cluster, profile } = find(eks, request);
    raise(busyProfile(cluster, 'delete', profile.name));
    profile.status = 'DELETING';
    eks.state.changed();
    const answer = profileView(cluster, profile);
    eks.activities.start(`delete ${profile.arn}`, async (signal) => {
      await eks.context.clock.sleep(pacedMs(eks, usualDeleteSeconds), signal);
      cluster.fargateProfiles.delete(profile.name);
      eks.state.changed();
    });
    return { fargateProfile: answer };
  },
};

function find(
  eks: Eks,
  request: AwsRequest,
): { readonly cluster: ClusterRecord; readonly profile: FargateProfileRecord } {
  const cluster = eks.state.cluster(request, requiredText(request.input, 'clusterName'));
  const fargateProfileName = requiredText(request.input, 'fargateProfileName');
  const profile = cluster.fargateProfiles.get(fargateProfileName);
  if (profile !== undefined) return { cluster, profile };
  throw notFound(`No Fargate Profile found with name: ${fargateProfileName}.`, {
    clusterName: cluster.name,
    fargateProfileName,
  });
}
