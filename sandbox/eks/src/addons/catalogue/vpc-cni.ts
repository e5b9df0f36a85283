import { text, within } from '../../shared/read.ts';
import { allMinors, type CatalogueAddon } from './catalogue-addon.ts';
import {
  clusterAccess,
  daemonSet,
  env,
  envSchema,
  image,
  namespace,
  objectSchema,
  placementSchema,
  serviceAccount,
  tolerateAll,
} from './parts.ts';

const rules = [
  { apiGroups: ['crd.k8s.amazonaws.com'], resources: ['eniconfigs'], verbs: ['list', 'watch', 'get'] },
  { apiGroups: [''], resources: ['namespaces', 'pods'], verbs: ['list', 'watch', 'get'] },
  { apiGroups: [''], resources: ['nodes'], verbs: ['list', 'watch', 'get'] },
  { apiGroups: ['', 'events.k8s.io'], resources: ['events'], verbs: ['create', 'patch', 'list'] },
];

/** The daemon that gives pods addresses: no node is Ready before its pod runs there. */
export const vpcCni: CatalogueAddon = {
  name: 'vpc-cni',
  type: 'networking',
  owner: 'aws',
  publisher: 'eks',
  namespace,
  requiresIam: true,
  podIdentity: [
    { serviceAccount: 'aws-node', recommendedManagedPolicies: ['arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy'] },
  ],
  releases: [
    { version: 'v1.21.2-eksbuild.1', minors: allMinors, isDefault: false },
    { version: 'v1.21.1-eksbuild.3', minors: allMinors, isDefault: true },
    { version: 'v1.20.5-eksbuild.1', minors: ['1.33', '1.34', '1.35'], isDefault: false },
  ],
  schema: objectSchema({
    ...placementSchema,
    env: envSchema,
    enableNetworkPolicy: { type: 'string', enum: ['true', 'false'] },
    enableWindowsIpam: { type: 'string', enum: ['true', 'false'] },
    init: objectSchema({ env: envSchema }),
    nodeAgent: objectSchema({ enablePolicyEventLogs: { type: 'string' }, resources: { type: 'object' } }),
    eniConfig: objectSchema({ create: { type: 'boolean' }, region: { type: 'string' }, subnets: { type: 'object' } }),
    livenessProbeTimeoutSeconds: { type: 'integer' },
    readinessProbeTimeoutSeconds: { type: 'integer' },
  }),
  objects: (facts) => [
    serviceAccount('aws-node', facts),
    ...clusterAccess('aws-node', 'aws-node', rules),
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'amazon-vpc-cni', namespace, labels: { 'k8s-app': 'aws-node' } },
      data: {
        'enable-network-policy-controller': text(facts.values, 'enableNetworkPolicy') ?? 'false',
        'enable-windows-ipam': text(facts.values, 'enableWindowsIpam') ?? 'false',
      },
    },
    daemonSet({
      name: 'aws-node',
      app: 'aws-node',
      selector: { 'k8s-app': 'aws-node' },
      account: 'aws-node',
      hostNetwork: true,
      priorityClassName: 'system-node-critical',
      tolerations: tolerateAll,
      values: facts.values,
      initContainers: [
        {
          name: 'aws-vpc-cni-init',
          image: image(facts, 'amazon-k8s-cni-init'),
          env: env(
            { DISABLE_TCP_EARLY_DEMUX: 'false', ENABLE_IPv6: 'false' },
            within(within(facts.values, 'init'), 'env'),
          ),
        },
      ],
      containers: [
        {
          name: 'aws-node',
          image: image(facts, 'amazon-k8s-cni'),
          env: env(ownEnvironment(facts.clusterName, facts.vpcId), within(facts.values, 'env')),
          resources: { requests: { cpu: '25m' } },
        },
        {
          name: 'aws-eks-nodeagent',
          image: image(facts, 'amazon/aws-network-policy-agent', 'v1.3.1-eksbuild.1'),
          args: [`--enable-network-policy=${text(facts.values, 'enableNetworkPolicy') ?? 'false'}`],
          resources: { requests: { cpu: '25m' } },
        },
      ],
    }),
  ],
};

function ownEnvironment(clusterName: string, vpcId: string): Record<string, string> {
  return {
    AWS_VPC_K8S_CNI_EXTERNALSNAT: 'false',
    AWS_VPC_K8S_CNI_LOGLEVEL: 'DEBUG',
    CLUSTER_NAME: clusterName,
    ENABLE_POD_ENI: 'false',
    ENABLE_PREFIX_DELEGATION: 'false',
    ENABLE_SUBNET_DISCOVERY: 'true',
    VPC_ID: vpcId,
    WARM_ENI_TARGET: '1',
    WARM_PREFIX_TARGET: '1',
  };
}
