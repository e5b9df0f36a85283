import type { AwsRequest } from '@roadstead/sandbox-gateway';
import { requireUsable } from '../clusters/cluster-status.ts';
import { type Eks, type Handlers, isRepeat, now, originOf } from '../deps.ts';
import type { AssociationRecord, ClusterRecord } from '../model.ts';
import { invalidRequest, notFound } from '../shared/errors.ts';
import { page } from '../shared/paging.ts';
import { defined, flag, has, requiredText, text, textMap } from '../shared/read.ts';
import { refuseTags, tagsMember } from '../tags/tag-rules.ts';
import { addAssociation, requirePodRole } from './associations.ts';

export const podIdentityHandlers: Handlers = {
  async CreatePodIdentityAssociation(eks, request) {
    const { input } = request;
    const cluster = eks.state.cluster(request, requiredText(input, 'clusterName'));
    const origin = originOf(request);
    const known = [...cluster.associations.values()].find(
      (one) => one.namespace === text(input, 'namespace') && one.serviceAccount === text(input, 'serviceAccount'),
    );
    if (known !== undefined && isRepeat(origin, known.origin)) return { association: associationView(cluster, known) };
    requireUsable(cluster);
    const roleArn = requiredText(input, 'roleArn');
    await requirePodRole(eks, cluster, roleArn);
    const tags = textMap(input, 'tags');
    refuseTags(tags);
    const made = addAssociation(eks, cluster, {
      namespace: requiredText(input, 'namespace'),
      serviceAccount: requiredText(input, 'serviceAccount'),
      roleArn,
      origin,
      tags,
      ...defined({
        disableSessionTags: flag(input, 'disableSessionTags'),
        targetRoleArn: text(input, 'targetRoleArn'),
        policy: text(input, 'policy'),
      }),
    });
    return { association: associationView(cluster, made) };
  },

  async DescribePodIdentityAssociation(eks, request) {
    const { cluster, association } = find(eks, request);
    return { association: associationView(cluster, association) };
  },

  async ListPodIdentityAssociations(eks, request) {
    const { input } = request;
    const cluster = eks.state.cluster(request, requiredText(input, 'clusterName'));
    const rows = [...cluster.associations.values()]
      .filter((one) => (text(input, 'namespace') ?? one.namespace) === one.namespace)
      .filter((one) => (text(input, 'serviceAccount') ?? one.serviceAccount) === one.serviceAccount);
    const shown = page(rows, request, (one) => one.id);
    return {
      associations: shown.items.map((one) => ({
        clusterName: cluster.name,
        namespace: one.namespace,
        serviceAccount: one.serviceAccount,
        associationArn: one.arn,
        associationId: one.id,
        ...defined({ ownerArn: one.ownerArn }),
      })),
      ...defined({ nextToken: shown.nextToken }),
    };
  },

  async UpdatePodIdentityAssociation(eks, request) {
    const { input } = request;
    const { cluster, association } = find(eks, request);
    refuseOwned(cluster, association);
    const roleArn = text(input, 'roleArn') ?? association.roleArn;
    await requirePodRole(eks, cluster, roleArn);
    association.roleArn = roleArn;
    association.disableSessionTags = flag(input, 'disableSessionTags') ?? association.disableSessionTags;
    if (has(input, 'targetRoleArn')) association.targetRoleArn = text(input, 'targetRoleArn') || undefined;
    if (has(input, 'policy')) association.policy = text(input, 'policy') || undefined;
    association.modifiedAt = now(eks);
    eks.state.changed();
    return { association: associationView(cluster, association) };
  },

  async DeletePodIdentityAssociation(eks, request) {
    const { cluster, association } = find(eks, request);
    refuseOwned(cluster, association);
    cluster.associations.delete(association.id);
    eks.state.changed();
    return { association: associationView(cluster, association) };
  },
};

function find(
  eks: Eks,
  request: AwsRequest,
): { readonly cluster: ClusterRecord; readonly association: AssociationRecord } {
  const cluster = eks.state.cluster(request, requiredText(request.input, 'clusterName'));
  const id = requiredText(request.input, 'associationId');
  const association = cluster.associations.get(id);
  if (association !== undefined) return { cluster, association };
  throw notFound(`Association not found: ${id}`, { clusterName: cluster.name });
}

function refuseOwned(cluster: ClusterRecord, association: AssociationRecord): void {
  if (association.ownerArn === undefined) return;
  throw invalidRequest(`Association ${association.id} is owned by ${association.ownerArn}: change it there`, {
    clusterName: cluster.name,
  });
}

function associationView(cluster: ClusterRecord, one: AssociationRecord): Record<string, unknown> {
  return {
    clusterName: cluster.name,
    namespace: one.namespace,
    serviceAccount: one.serviceAccount,
    roleArn: one.roleArn,
    associationArn: one.arn,
    associationId: one.id,
    ...tagsMember(one.tags),
    createdAt: one.createdAt,
    modifiedAt: one.modifiedAt,
    disableSessionTags: one.disableSessionTags,
    ...defined({
      ownerArn: one.ownerArn,
      targetRoleArn: one.targetRoleArn,
      externalId: one.externalId,
      policy: one.policy,
    }),
  };
}
