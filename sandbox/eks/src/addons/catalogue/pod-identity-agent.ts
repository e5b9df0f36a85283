import { within } from '../../shared/read.ts';
import { allMinors, type CatalogueAddon } from './catalogue-addon.ts';
import {
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

export const podIdentityAgent: CatalogueAddon = {
  name: 'eks-pod-identity-agent',
  type: 'security',
  owner: 'aws',
  publisher: 'eks',
  namespace,
  requiresIam: false,
  podIdentity: [],
  releases: [
    { version: 'v1.3.11-eksbuild.1', minors: allMinors, isDefault: false },
    { version: 'v1.3.10-eksbuild.2', minors: allMinors, isDefault: true },
  ],
  schema: objectSchema({
    ...placementSchema,
    agent: objectSchema({ additionalArgs: { type: 'object' } }),
    env: envSchema,
    priorityClassName: { type: 'string' },
  }),
  objects: (facts) => [
    serviceAccount('eks-pod-identity-agent', facts),
    daemonSet({
      name: 'eks-pod-identity-agent',
      app: 'eks-pod-identity-agent',
      selector: { 'app.kubernetes.io/instance': 'eks-pod-identity-agent' },
      account: 'eks-pod-identity-agent',
      hostNetwork: true,
      priorityClassName: 'system-node-critical',
      tolerations: tolerateAll,
      values: facts.values,
      containers: [
        {
          name: 'eks-pod-identity-agent',
          image: image(facts, 'eks/eks-pod-identity-agent', facts.version.replace('-eksbuild', '-build')),
          args: ['--port', '80', '--cluster-name', facts.clusterName, '--probe-port', '2703'],
          env: env({ AWS_REGION: facts.region }, within(facts.values, 'env')),
        },
      ],
    }),
  ],
};
