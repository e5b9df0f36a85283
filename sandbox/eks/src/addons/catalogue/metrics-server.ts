import { texts, whole } from '../../shared/read.ts';
import { allMinors, type CatalogueAddon } from './catalogue-addon.ts';
import {
  clusterAccess,
  deployment,
  disruptionBudget,
  image,
  labels,
  namespace,
  objectSchema,
  placementSchema,
  serviceAccount,
} from './parts.ts';

const selector = { 'app.kubernetes.io/instance': 'metrics-server' };

/**
 * Without its APIService: an aggregated API needs a server that the API server can reach, and simulated pods are none.
 * An APIService that is never available would break discovery and the deletion of namespaces.
 */
export const metricsServer: CatalogueAddon = {
  name: 'metrics-server',
  type: 'observability',
  owner: 'community',
  publisher: 'kubernetes-sigs',
  namespace,
  requiresIam: false,
  podIdentity: [],
  releases: [
    { version: 'v0.8.1-eksbuild.6', minors: allMinors, isDefault: false },
    { version: 'v0.8.0-eksbuild.9', minors: allMinors, isDefault: true },
  ],
  schema: objectSchema({
    ...placementSchema,
    args: { type: 'array', items: { type: 'string' } },
    replicas: { type: 'integer', minimum: 1 },
    podDisruptionBudget: { type: 'object' },
    topologySpreadConstraints: { type: 'array', items: { type: 'object' } },
  }),
  objects: (facts) => [
    serviceAccount('metrics-server', facts),
    ...clusterAccess('system:metrics-server', 'metrics-server', [
      { apiGroups: [''], resources: ['nodes/metrics'], verbs: ['get'] },
      { apiGroups: [''], resources: ['pods', 'nodes', 'namespaces', 'configmaps'], verbs: ['get', 'list', 'watch'] },
    ]),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'metrics-server', namespace, labels: labels('metrics-server') },
      spec: { selector, ports: [{ name: 'https', port: 443, targetPort: 10251, protocol: 'TCP' }] },
    },
    disruptionBudget('metrics-server', selector),
    deployment(
      {
        name: 'metrics-server',
        app: 'metrics-server',
        selector,
        account: 'metrics-server',
        priorityClassName: 'system-cluster-critical',
        tolerations: [],
        values: facts.values,
        containers: [
          {
            name: 'metrics-server',
            image: image(facts, 'eks/metrics-server'),
            args: [
              '--secure-port=10251',
              '--kubelet-preferred-address-types=InternalIP',
              ...(texts(facts.values, 'args') ?? []),
            ],
            readinessProbe: { httpGet: { path: '/readyz', port: 10251, scheme: 'HTTPS' } },
            resources: { limits: { memory: '400Mi' }, requests: { cpu: '100m', memory: '200Mi' } },
          },
        ],
      },
      whole(facts.values, 'replicas') ?? 2,
    ),
  ],
};
