import type { AwsRequest } from '@roadstead/sandbox-gateway';
import { requireUsable } from '../clusters/cluster-status.ts';
import type { Eks } from '../deps.ts';
import type { ClusterRecord, NodegroupRecord } from '../model.ts';
import { type ErrorSubject, resourceInUse } from '../shared/errors.ts';
import { requiredText } from '../shared/read.ts';
import { nodegroupOf } from '../state.ts';
import { refuseWhileUpdating } from '../updates/update-record.ts';

/** The group that a request names, which nothing may be changing. */
export function groupAtRest(
  eks: Eks,
  request: AwsRequest,
): { readonly cluster: ClusterRecord; readonly group: NodegroupRecord } {
  const cluster = eks.state.cluster(request, requiredText(request.input, 'clusterName'));
  const group = nodegroupOf(cluster, requiredText(request.input, 'nodegroupName'));
  refuseWhileUpdating(cluster, { nodegroupName: group.name }, request.operation);
  requireUsable(cluster);
  if (group.status === 'ACTIVE' || group.status === 'DEGRADED') return { cluster, group };
  throw resourceInUse(`Nodegroup '${group.name}' is not in ACTIVE status (${group.status})`, subjectOf(cluster, group));
}

export function subjectOf(cluster: ClusterRecord, group: NodegroupRecord): ErrorSubject {
  return { clusterName: cluster.name, nodegroupName: group.name };
}
