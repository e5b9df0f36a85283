import { addressIn, parseCidr } from '../../shared/cidr.ts';
import { flag, text, whole, within } from '../../shared/read.ts';
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

const selector = { 'k8s-app': 'kube-dns' };

const corefile = `.:53 {
    errors
    health {
        lameduck 5s
    }
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
    }
    prometheus :9153
    forward . /etc/resolv.conf
    cache 30
    loop
    reload
    loadbalance
}
`;

const rules = [
  { apiGroups: [''], resources: ['endpoints', 'services', 'pods', 'namespaces'], verbs: ['list', 'watch'] },
  { apiGroups: [''], resources: ['nodes'], verbs: ['get'] },
  { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
];

export const coredns: CatalogueAddon = {
  name: 'coredns',
  type: 'networking',
  owner: 'aws',
  publisher: 'eks',
  namespace,
  requiresIam: false,
  podIdentity: [],
  releases: [
    { version: 'v1.14.2-eksbuild.3', minors: ['1.35', '1.36'], isDefault: false },
    { version: 'v1.13.2-eksbuild.4', minors: allMinors, isDefault: true },
    { version: 'v1.12.4-eksbuild.10', minors: ['1.33', '1.34', '1.35'], isDefault: false },
  ],
  schema: objectSchema({
    ...placementSchema,
    autoScaling: objectSchema({
      enabled: { type: 'boolean' },
      minReplicas: { type: 'integer', minimum: 2 },
      maxReplicas: { type: 'integer', maximum: 1000 },
    }),
    computeType: { type: 'string' },
    corefile: { type: 'string' },
    podDisruptionBudget: { type: 'object' },
    replicaCount: { type: 'integer', minimum: 1 },
    topologySpreadConstraints: { type: 'array', items: { type: 'object' } },
  }),
  objects: (facts) => {
    const cidr = parseCidr(facts.serviceCidr);
    const scaling = within(facts.values, 'autoScaling');
    const least = flag(scaling, 'enabled') === true ? (whole(scaling, 'minReplicas') ?? 2) : 2;
    return [
      serviceAccount('coredns', facts),
      ...clusterAccess('system:coredns', 'coredns', rules),
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'coredns', namespace, labels: { ...labels('coredns'), ...selector } },
        data: { Corefile: text(facts.values, 'corefile') ?? corefile },
      },
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: {
          name: 'kube-dns',
          namespace,
          labels: {
            ...labels('coredns'),
            ...selector,
            'kubernetes.io/name': 'CoreDNS',
            'kubernetes.io/cluster-service': 'true',
          },
        },
        spec: {
          clusterIP: cidr === undefined ? 'None' : addressIn(cidr, 10),
          selector,
          ports: [
            { name: 'dns', port: 53, targetPort: 53, protocol: 'UDP' },
            { name: 'dns-tcp', port: 53, targetPort: 53, protocol: 'TCP' },
            { name: 'metrics', port: 9153, targetPort: 9153, protocol: 'TCP' },
          ],
        },
      },
      disruptionBudget('coredns', selector),
      deployment(
        {
          name: 'coredns',
          app: 'coredns',
          selector,
          account: 'coredns',
          priorityClassName: 'system-cluster-critical',
          tolerations: [
            { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' },
            { key: 'CriticalAddonsOnly', operator: 'Exists' },
          ],
          values: facts.values,
          volumes: [{ name: 'config-volume', configMap: { name: 'coredns' } }],
          containers: [
            {
              name: 'coredns',
              image: image(facts, 'eks/coredns'),
              args: ['-conf', '/etc/coredns/Corefile'],
              ports: [
                { name: 'dns', containerPort: 53, protocol: 'UDP' },
                { name: 'dns-tcp', containerPort: 53, protocol: 'TCP' },
              ],
              readinessProbe: { httpGet: { path: '/ready', port: 8181 } },
              resources: { limits: { memory: '170Mi' }, requests: { cpu: '100m', memory: '70Mi' } },
              volumeMounts: [{ name: 'config-volume', mountPath: '/etc/coredns', readOnly: true }],
            },
          ],
        },
        whole(facts.values, 'replicaCount') ?? least,
      ),
    ];
  },
};
