import { lookUp, trustsService } from '../aws/iam.ts';
import { type Eks, now } from '../deps.ts';
import type { AssociationRecord, ClusterRecord, Origin } from '../model.ts';
import { eksArn, parsePrincipal } from '../shared/arns.ts';
import { invalidParameter, resourceInUse } from '../shared/errors.ts';
import { type Members, requiredText } from '../shared/read.ts';

const trusted = 'pods.eks.amazonaws.com';

/** The role must be one of this account, exist, and trust EKS's pods. */
export async function requirePodRole(eks: Eks, cluster: ClusterRecord, arn: string): Promise<void> {
  const subject = { clusterName: cluster.name };
  const principal = parsePrincipal(arn);
  if (principal?.kind !== 'role' || principal.account !== cluster.place.account) {
    throw invalidParameter(`The role ${arn} must be a role of the cluster's account`, subject);
  }
  const role = await lookUp(eks, cluster.place.region, principal);
  if (role === undefined) throw invalidParameter(`Role provided in the request does not exist: ${arn}`, subject);
  if (trustsService(role.trust, trusted, ['sts:AssumeRole', 'sts:TagSession'])) return;
  throw invalidParameter(
    `Trust policy of the role provided is invalid. ${trusted} must be allowed sts:AssumeRole and sts:TagSession on ${arn}.`,
    subject,
  );
}

export interface NewAssociation {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly roleArn: string;
  readonly ownerArn?: string;
  readonly origin?: Origin;
  readonly tags?: Record<string, string>;
  readonly disableSessionTags?: boolean;
  readonly targetRoleArn?: string;
  readonly policy?: string;
}

/** One service account has one association. */
export function addAssociation(eks: Eks, cluster: ClusterRecord, wanted: NewAssociation): AssociationRecord {
  const { namespace, serviceAccount } = wanted;
  const clash = [...cluster.associations.values()].find(
    (one) => one.namespace === namespace && one.serviceAccount === serviceAccount,
  );
  if (clash !== undefined) {
    throw resourceInUse(`Association already exists: ${clash.id}`, { clusterName: cluster.name });
  }
  const id = `a-${eks.randomHex(9).slice(0, 17)}`;
  const record: AssociationRecord = {
    id,
    arn: eksArn(cluster.place, `podidentityassociation/${cluster.name}/${id}`),
    namespace,
    serviceAccount,
    createdAt: now(eks),
    modifiedAt: now(eks),
    origin: wanted.origin ?? { token: undefined, digest: '' },
    ownerArn: wanted.ownerArn,
    externalId: wanted.targetRoleArn === undefined ? undefined : eks.uuid(),
    roleArn: wanted.roleArn,
    disableSessionTags: wanted.disableSessionTags ?? false,
    targetRoleArn: wanted.targetRoleArn,
    policy: wanted.policy,
    tags: wanted.tags ?? {},
  };
  cluster.associations.set(id, record);
  eks.state.changed();
  return record;
}

/** The associations that an add-on owns, all in kube-system. */
export function makeOwnedAssociations(
  eks: Eks,
  cluster: ClusterRecord,
  ownerArn: string,
  wanted: readonly Members[],
): readonly string[] {
  return wanted.map(
    (one) =>
      addAssociation(eks, cluster, {
        namespace: 'kube-system',
        serviceAccount: requiredText(one, 'serviceAccount'),
        roleArn: requiredText(one, 'roleArn'),
        ownerArn,
      }).id,
  );
}
