import type { Handlers } from '../deps.ts';
import { resourceInUse } from '../shared/errors.ts';
import { page } from '../shared/paging.ts';
import { defined, requiredText } from '../shared/read.ts';
import { nodegroupOf } from '../state.ts';
import { refuseWhileUpdating } from '../updates/update-record.ts';
import { createNodegroup } from './create-nodegroup.ts';
import { endNodegroup } from './nodegroup-lifecycle.ts';
import { nodegroupView } from './nodegroup-view.ts';
import { readDesired } from './read-desired.ts';
import { updateNodegroupConfig } from './update-nodegroup-config.ts';
import { updateNodegroupVersion } from './update-nodegroup-version.ts';

export const nodegroupHandlers: Handlers = {
  CreateNodegroup: createNodegroup,
  UpdateNodegroupConfig: updateNodegroupConfig,
  UpdateNodegroupVersion: updateNodegroupVersion,

  async DescribeNodegroup(eks, request) {
    const cluster = eks.state.cluster(request, requiredText(request.input, 'clusterName'));
    const group = nodegroupOf(cluster, requiredText(request.input, 'nodegroupName'));
    await readDesired(eks, cluster, group);
    return { nodegroup: nodegroupView(cluster, group) };
  },

  async ListNodegroups(eks, request) {
    const cluster = eks.state.cluster(request, requiredText(request.input, 'clusterName'));
    const shown = page([...cluster.nodegroups.keys()], request, (name) => name);
    return { nodegroups: shown.items, ...defined({ nextToken: shown.nextToken }) };
  },

  async DeleteNodegroup(eks, request) {
    const cluster = eks.state.cluster(request, requiredText(request.input, 'clusterName'));
    const group = nodegroupOf(cluster, requiredText(request.input, 'nodegroupName'));
    const subject = { clusterName: cluster.name, nodegroupName: group.name };
    if (group.status === 'DELETING') throw resourceInUse(`Nodegroup '${group.name}' is being deleted`, subject);
    if (group.status === 'CREATING') throw resourceInUse(`Nodegroup '${group.name}' is being created`, subject);
    refuseWhileUpdating(cluster, { nodegroupName: group.name }, 'DeleteNodegroup');
    group.status = 'DELETING';
    eks.state.changed();
    const answer = nodegroupView(cluster, group);
    eks.activities.start(`delete ${group.arn}`, (signal) => endNodegroup(eks, cluster, group, signal));
    return { nodegroup: answer };
  },
};
