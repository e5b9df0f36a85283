import type { KubeClient, KubeObject } from '../kube/kube-client.ts';

/** What EKS binds in every new cluster for the nodes' groups. */
const baseObjects: readonly KubeObject[] = [
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'eks:node-bootstrapper', labels: { 'eks.amazonaws.com/component': 'node' } },
    rules: [
      {
        apiGroups: ['certificates.k8s.io'],
        resources: ['certificatesigningrequests/selfnodeserver'],
        verbs: ['create'],
      },
    ],
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'eks:node-bootstrapper', labels: { 'eks.amazonaws.com/component': 'node' } },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'eks:node-bootstrapper' },
    subjects: ['system:bootstrappers', 'system:nodes'].map((name) => ({
      apiGroup: 'rbac.authorization.k8s.io',
      kind: 'Group',
      name,
    })),
  },
];

export async function installBaseRoles(kube: KubeClient, signal: AbortSignal): Promise<void> {
  for (const object of baseObjects) await kube.apply(object, { fieldManager: 'eks', force: true }, signal);
}
