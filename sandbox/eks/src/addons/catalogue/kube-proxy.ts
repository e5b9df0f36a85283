import { text, within } from '../../shared/read.ts';
import type { CatalogueAddon } from './catalogue-addon.ts';
import { daemonSet, image, namespace, objectSchema, placementSchema, serviceAccount, tolerateAll } from './parts.ts';

/** Each minor has builds of its own. */
const builds: Readonly<Record<string, readonly [newer: string, older: string]>> = {
  '1.33': ['v1.33.9-eksbuild.2', 'v1.33.7-eksbuild.2'],
  '1.34': ['v1.34.6-eksbuild.2', 'v1.34.3-eksbuild.5'],
  '1.35': ['v1.35.4-eksbuild.2', 'v1.35.2-eksbuild.4'],
  '1.36': ['v1.36.2-eksbuild.2', 'v1.36.0-eksbuild.7'],
};

export const kubeProxy: CatalogueAddon = {
  name: 'kube-proxy',
  type: 'networking',
  owner: 'aws',
  publisher: 'eks',
  namespace,
  requiresIam: false,
  podIdentity: [],
  releases: Object.entries(builds)
    .toReversed()
    .flatMap(([minor, [newer, older]]) => [
      { version: newer, minors: [minor], isDefault: false },
      { version: older, minors: [minor], isDefault: true },
    ]),
  schema: objectSchema({
    ...placementSchema,
    ipvs: objectSchema({ scheduler: { type: 'string' } }),
    mode: { type: 'string', enum: ['iptables', 'ipvs', 'nftables'] },
  }),
  objects: (facts) => [
    serviceAccount('kube-proxy', facts),
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'eks:kube-proxy', labels: { 'eks.amazonaws.com/component': 'kube-proxy' } },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:node-proxier' },
      subjects: [{ kind: 'ServiceAccount', name: 'kube-proxy', namespace }],
    },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'kube-proxy-config', namespace, labels: { 'k8s-app': 'kube-proxy' } },
      data: {
        config: [
          'apiVersion: kubeproxy.config.k8s.io/v1alpha1',
          'kind: KubeProxyConfiguration',
          'clusterCIDR: ""',
          `mode: ${JSON.stringify(text(facts.values, 'mode') ?? 'iptables')}`,
          'ipvs:',
          `  scheduler: ${JSON.stringify(text(within(facts.values, 'ipvs'), 'scheduler') ?? '')}`,
          '',
        ].join('\n'),
      },
    },
    daemonSet({
      name: 'kube-proxy',
      app: 'kube-proxy',
      selector: { 'k8s-app': 'kube-proxy' },
      account: 'kube-proxy',
      hostNetwork: true,
      priorityClassName: 'system-node-critical',
      tolerations: tolerateAll,
      values: facts.values,
      volumes: [{ name: 'config', configMap: { name: 'kube-proxy-config' } }],
      containers: [
        {
          name: 'kube-proxy',
          image: image(facts, 'eks/kube-proxy', facts.version.replace('-eksbuild', '-minimal-eksbuild')),
          command: ['kube-proxy', '--v=2', '--config=/var/lib/kube-proxy-config/config'],
          resources: { requests: { cpu: '100m' } },
          volumeMounts: [{ name: 'config', mountPath: '/var/lib/kube-proxy-config/' }],
        },
      ],
    }),
  ],
};
