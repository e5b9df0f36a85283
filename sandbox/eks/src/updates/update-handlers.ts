import type { Handlers } from '../deps.ts';
import type { ClusterRecord } from '../model.ts';
import { notFound, notImplemented } from '../shared/errors.ts';
import { page } from '../shared/paging.ts';
import { defined, has, type Members, requiredText, text } from '../shared/read.ts';
import { addonOf, nodegroupOf } from '../state.ts';
import { sameScope, type UpdateScope, updateView } from './update-record.ts';

/** The scope that a request names; what it names must exist. */
function scopeOf(cluster: ClusterRecord, input: Members): UpdateScope {
  if (has(input, 'capabilityName')) throw notImplemented('capabilities');
  const nodegroupName = text(input, 'nodegroupName');
  const addonName = text(input, 'addonName');
  if (nodegroupName !== undefined) nodegroupOf(cluster, nodegroupName);
  if (addonName !== undefined) addonOf(cluster, addonName);
  return defined({ nodegroupName, addonName });
}

export const updateHandlers: Handlers = {
  async ListUpdates(eks, request) {
    const cluster = eks.state.cluster(request, requiredText(request.input, 'name'));
    const scope = scopeOf(cluster, request.input);
    const ids = cluster.updates.filter((update) => sameScope(update, scope)).map((update) => update.id);
    const shown = page(ids, request, (id) => id);
    return { updateIds: shown.items, ...defined({ nextToken: shown.nextToken }) };
  },

  async DescribeUpdate(eks, request) {
    const cluster = eks.state.cluster(request, requiredText(request.input, 'name'));
    const id = requiredText(request.input, 'updateId');
    const scope = scopeOf(cluster, request.input);
    const update = cluster.updates.find((one) => one.id === id && sameScope(one, scope));
    if (update === undefined) throw notFound(`No update found for ID: ${id}`, { clusterName: cluster.name });
    return { update: updateView(update) };
  },
};
