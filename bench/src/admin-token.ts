import type { KubernetesClient } from '@roadstead/kubernetes';

const reference = { namespace: 'kube-system', name: 'bench' };
const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: reference };
const binding = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRoleBinding',
  metadata: { name: 'bench' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
  subjects: [{ kind: 'ServiceAccount', ...reference }],
};

/**
 * A bearer token of an administrator, good for an hour. EKS knows its callers by tokens, which the API server remembers; a
 * client certificate it verifies anew for every request.
 */
export async function adminToken(client: KubernetesClient): Promise<string> {
  for (const object of [account, binding]) await client.apply(object, { fieldManager: 'bench', force: true });
  const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 3600 } };
  const ref = { apiVersion: 'v1', kind: 'ServiceAccount', ...reference };
  const answer = (await client.createSubresource(ref, 'token', request)) as { status?: { token?: string } };
  const token = answer.status?.token;
  if (token === undefined) throw new Error('the API server gave no token');
  return token;
}
