import type { Backend } from '@roadstead/sandbox-gateway';
import type { KubeObject } from '../kube/objects.ts';
import type { ClusterRef } from '../ports.ts';
import { at, itemsOf, textOf } from '../read.ts';

const account = 'ebs-csi-controller-sa';
const roleAnnotation = 'eks.amazonaws.com/role-arn';

/** Policy documents of a role, as far as they decide whether it may make volumes. */
export interface RolePolicies {
  readonly documents: readonly string[];
}

/** Whether any statement allows `ec2:CreateVolume`. Conditions and denials are not weighed. Pure. */
export function allowsVolumes(policies: RolePolicies): boolean {
  return policies.documents.some((document) => statementsOf(document).some(allows));
}

function statementsOf(document: string): readonly unknown[] {
  try {
    const statement = at(JSON.parse(document), 'Statement');
    return Array.isArray(statement) ? statement : [statement];
  } catch {
    return [];
  }
}

function allows(statement: unknown): boolean {
  if (at(statement, 'Effect') !== 'Allow') return false;
  const action = at(statement, 'Action');
  const actions = Array.isArray(action) ? action : [action];
  return actions.some((pattern) => typeof pattern === 'string' && matches(pattern, 'ec2:CreateVolume'));
}

function matches(pattern: string, action: string): boolean {
  const escaped = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${escaped}$`, 'i').test(action);
}

/**
 * Why the driver's calls to EC2 are refused; `undefined` when they are not. Its role is that of its pod identity
 * association, else that of its service account's annotation. Without either it would need the node's role through the
 * instance metadata, which the hop limit of one keeps from pods.
 */
export async function credentialProblem(
  backend: Backend,
  cluster: ClusterRef,
  serviceAccount: KubeObject | undefined,
): Promise<string | undefined> {
  const role = (await associatedRole(backend, cluster)) ?? serviceAccount?.metadata.annotations?.[roleAnnotation];
  if (role === undefined)
    return 'no EC2 IMDS role found, operation error ec2imds: GetMetadata, request canceled, context deadline exceeded';
  const documents = await policiesOf(backend, cluster, role.split('/').at(-1) ?? '');
  if (documents === undefined)
    return `operation error STS: AssumeRoleForPodIdentity, AccessDenied: the role ${role} does not exist`;
  if (allowsVolumes({ documents })) return undefined;
  return `UnauthorizedOperation: You are not authorized to perform this operation. User: ${role} is not authorized to perform: ec2:CreateVolume`;
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

/** `undefined`: there is no such role. */
async function policiesOf(
  backend: Backend,
  cluster: ClusterRef,
  RoleName: string,
): Promise<readonly string[] | undefined> {
  const iam = (operation: string, input: Record<string, unknown>) => backend.call(cluster, 'iam', operation, input);
  const attached = await iam('ListAttachedRolePolicies', { RoleName }).catch(() => undefined);
  if (attached === undefined) return undefined;
  const managed = await Promise.all(
    itemsOf(attached.AttachedPolicies).map(async (policy) => {
      const PolicyArn = at(policy, 'PolicyArn');
      const VersionId = at(await iam('GetPolicy', { PolicyArn }), 'Policy', 'DefaultVersionId');
      return documentOf(at(await iam('GetPolicyVersion', { PolicyArn, VersionId }), 'PolicyVersion', 'Document'));
    }),
  );
  const names = itemsOf((await iam('ListRolePolicies', { RoleName })).PolicyNames);
  const inline = await Promise.all(
    names.map(async (PolicyName) => documentOf((await iam('GetRolePolicy', { RoleName, PolicyName })).PolicyDocument)),
  );
  return [...managed, ...inline];
}

/** IAM hands documents out percent-encoded; some models hand them out opened. */
function documentOf(document: unknown): string {
  if (typeof document !== 'string') return JSON.stringify(document ?? {});
  return document.startsWith('%7B') ? decodeURIComponent(document) : document;
}
