import type { KubernetesObject } from '@roadstead/kubernetes';

/** Objects in the proportions of a platform's manifests; one namespace for about 40 of them. */
export interface Workload {
  readonly namespaces: readonly string[];
  readonly objects: readonly KubernetesObject[];
  /** One ConfigMap of the workload, for a change behind everybody's back. */
  readonly sample: { readonly namespace: string; readonly name: string; readonly value: string };
}

type Maker = (namespace: string, name: string, index: number) => KubernetesObject;

const labels = (name: string) => ({
  'app.kubernetes.io/name': name,
  'app.kubernetes.io/part-of': 'bench',
  application: name,
});

// No replicas: what a controller does with a Deployment is not what is measured, and would run beside it.
const makers: readonly Maker[] = [
  (namespace, name, index) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace, labels: labels(name) },
    data: {
      'settings.yaml': `level: info\nindex: ${index}\n${'key: value of the settings\n'.repeat(20)}`,
      mode: 'plain',
    },
  }),
  (namespace, name, index) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels: labels(name) },
    spec: {
      replicas: 0,
      selector: { matchLabels: { application: name } },
      template: {
        metadata: { labels: labels(name) },
        spec: {
          serviceAccountName: 'default',
          securityContext: { runAsNonRoot: true, runAsUser: 1000 },
          containers: [
            {
              name: 'main',
              image: `registry.example.org/team/${name}:1.${index}.0`,
              ports: [{ containerPort: 8080, name: 'http', protocol: 'TCP' }],
              env: [
                { name: 'INDEX', value: String(index) },
                { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
              ],
              readinessProbe: { httpGet: { path: '/health', port: 'http' }, periodSeconds: 10 },
              resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '500m', memory: '256Mi' } },
            },
          ],
        },
      },
    },
  }),
  (namespace, name) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace, labels: labels(name) },
    spec: { selector: { application: name }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
  }),
  (namespace, name) => ({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, namespace, labels: labels(name) },
  }),
  (namespace, name) => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { name, namespace, labels: labels(name) },
    rules: [{ apiGroups: ['', 'apps'], resources: ['pods', 'deployments'], verbs: ['get', 'list', 'watch'] }],
  }),
  (namespace, name) => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name, namespace, labels: labels(name) },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
    subjects: [{ kind: 'ServiceAccount', name, namespace }],
  }),
  (namespace, name) => ({
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name, namespace, labels: labels(name) },
    spec: { maxUnavailable: 1, selector: { matchLabels: { application: name } } },
  }),
  (namespace, name) => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace, labels: labels(name) },
    spec: { podSelector: { matchLabels: { application: name } }, policyTypes: ['Ingress'], ingress: [{}] },
  }),
];

const objectsPerNamespace = 40;

/** So many objects, namespaces included, all under names that begin with `prefix`. At least 2. */
export function workloadOf(count: number, prefix: string): Workload {
  const namespaces = Array.from({ length: Math.ceil(count / objectsPerNamespace) }, (_, index) => `${prefix}-${index}`);
  const namespaced = Array.from({ length: count - namespaces.length }, (_, index) => {
    const namespace = namespaces[index % namespaces.length] ?? prefix;
    const make = makers[Math.floor(index / namespaces.length) % makers.length] as Maker;
    return make(namespace, `app-${Math.floor(index / namespaces.length / makers.length)}`, index);
  });
  const objects = [
    ...namespaces.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
    ...namespaced,
  ];
  return { namespaces, objects, sample: { namespace: `${prefix}-0`, name: 'app-0', value: 'plain' } };
}
