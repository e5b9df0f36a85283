import type { Backend } from '@roadstead/sandbox-gateway';
import { roleMay } from '../aws/role-permissions.ts';
import type { KubeObject } from '../kube/objects.ts';
import type { ClusterRef } from '../ports.ts';
import { at, itemsOf, textOf } from '../read.ts';

const account = 'ebs-csi-controller-sa';
const roleAnnotation = 'eks.amazonaws.com/role-arn';

/**
 * Why the driver's calls to EC2 are refused; `undefined` when they are not. Its role is that of its pod identity
 * association, else that of its service account's annotation. Without either it would need the node's role through the
 * instance metadata, which the hop limit of one keeps from pods.
 */
export async function credentialProblem(
  backend: Backend,
  cluster: ClusterRef,
  serviceAccount: KubeObject | undefined,
  tags: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  const role = (await associatedRole(backend, cluster)) ?? serviceAccount?.metadata.annotations?.[roleAnnotation];
  if (role === undefined)
    return 'no EC2 IMDS role found, operation error ec2imds: GetMetadata, request canceled, context deadline exceeded';
  const RoleName = role.split('/').at(-1) ?? '';
  const isThere = await backend.call(cluster, 'iam', 'GetRole', { RoleName }).catch(() => undefined);
  if (isThere === undefined)
    return `operation error STS: AssumeRoleForPodIdentity, AccessDenied: the role ${role} does not exist`;
  const resource = `arn:aws:ec2:${cluster.region}:${cluster.account}:volume/*`;
  const context = Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:RequestTag/${key}`, value]));
  if (await roleMay(backend, cluster, { roleArn: role, actions: ['ec2:CreateVolume'], resource, context }))
    return undefined;
  return `UnauthorizedOperation: You are not authorized to perform this operation. User: ${role} is not authorized to perform: ec2:CreateVolume on resource: ${resource}`;
}

async function associatedRole(backend: Backend, cluster: ClusterRef): Promise<string | undefined> {
  const given = { clusterName: cluster.name, namespace: 'kube-system', serviceAccount: account };
  const listed = await backend.call(cluster, 'eks', 'ListPodIdentityAssociations', given);
  const associationId = textOf(at(itemsOf(listed.associations)[0], 'associationId'));
  if (associationId === undefined) return undefined;
  const found = await backend.call(cluster, 'eks', 'DescribePodIdentityAssociation', {
    clusterName: cluster.name,
    associationId,
  });
  return textOf(at(found, 'association', 'roleArn'));
}
