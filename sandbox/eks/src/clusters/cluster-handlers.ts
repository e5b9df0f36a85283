import type { Handlers } from '../deps.ts';
import { invalidRequest, resourceInUse } from '../shared/errors.ts';
import { page } from '../shared/paging.ts';
import { defined, flag, requiredText, text, texts } from '../shared/read.ts';
import { refuseWhileUpdating } from '../updates/update-record.ts';
import { endCluster } from './cluster-lifecycle.ts';
import { clusterView } from './cluster-view.ts';
import { createCluster } from './create-cluster.ts';
import { updateClusterConfig } from './update-config.ts';
import { updateClusterVersion } from './update-version.ts';
import { offeredVersions, supportedVersions, versionStatus } from './versions.ts';

export const clusterHandlers: Handlers = {
  CreateCluster: createCluster,
  UpdateClusterConfig: updateClusterConfig,
  UpdateClusterVersion: updateClusterVersion,

  async DescribeCluster(eks, request) {
    return { cluster: clusterView(eks.state.cluster(request, requiredText(request.input, 'name'))) };
  },

  async ListClusters(eks, request) {
    const names = eks.state.clusters(request).map((cluster) => cluster.name);
    const shown = page(names, request, (name) => name);
    return { clusters: shown.items, ...defined({ nextToken: shown.nextToken }) };
  },

  async DeleteCluster(eks, request) {
    const cluster = eks.state.cluster(request, requiredText(request.input, 'name'));
    const subject = { clusterName: cluster.name };
    if (cluster.status === 'DELETING') {
      throw resourceInUse(`Cluster '${cluster.name}' is being deleted`, subject);
    }
    if (cluster.deletionProtection) {
      throw invalidRequest(
        `Cluster '${cluster.name}' cannot be deleted because deletion protection is enabled`,
        subject,
      );
    }
    if (cluster.nodegroups.size > 0) throw resourceInUse('Cluster has nodegroups attached', subject);
    if (cluster.fargateProfiles.size > 0) throw resourceInUse('Cluster has Fargate profiles attached', subject);
    if (cluster.status === 'CREATING') throw resourceInUse(`Cluster '${cluster.name}' is being created`, subject);
    refuseWhileUpdating(cluster, {}, 'DeleteCluster');
    cluster.status = 'DELETING';
    const answer = clusterView(cluster);
    eks.state.changed();
    eks.activities.start(`delete ${cluster.arn}`, (signal) => endCluster(eks, cluster, signal));
    return { cluster: answer };
  },

  async DescribeClusterVersions(eks, request) {
    const { input } = request;
    const nowMs = eks.context.clock.now();
    const known =
      flag(input, 'includeAll') === true ? supportedVersions : offeredVersions(eks.controlPlanes.minors, nowMs);
    const newest = offeredVersions(eks.controlPlanes.minors, nowMs)
      .filter((version) => versionStatus(version, nowMs) === 'STANDARD_SUPPORT')
      .at(-1);
    const asked = texts(input, 'clusterVersions') ?? [];
    const wantedStatus = text(input, 'versionStatus') ?? text(input, 'status')?.toUpperCase().replaceAll('-', '_');
    const rows = known
      .filter(() => (text(input, 'clusterType') ?? 'eks') === 'eks')
      .filter((version) => asked.length === 0 || asked.includes(version.minor))
      .filter((version) => wantedStatus === undefined || versionStatus(version, nowMs) === wantedStatus)
      .filter((version) => flag(input, 'defaultOnly') !== true || version === newest);
    const shown = page(rows, request, (version) => version.minor);
    return {
      clusterVersions: shown.items.map((version) => ({
        clusterVersion: version.minor,
        clusterType: 'eks',
        defaultPlatformVersion: version.platformVersion,
        defaultVersion: version === newest,
        releaseDate: new Date(version.released),
        endOfStandardSupportDate: new Date(version.standardEnds),
        endOfExtendedSupportDate: new Date(version.extendedEnds),
        status: versionStatus(version, nowMs).toLowerCase().replaceAll('_', '-'),
        versionStatus: versionStatus(version, nowMs),
      })),
      ...defined({ nextToken: shown.nextToken }),
    };
  },
};
