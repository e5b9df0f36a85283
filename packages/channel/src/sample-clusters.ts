import type { Cluster, Inputs, InstanceTypeFacts, NodePool, Problem } from '@roadstead/definition';
import type { Json, JsonObject } from '@roadstead/foundation';
import type { Channel } from './channel.ts';
import { renderRelease } from './render-release.ts';

const facts = (architecture: InstanceTypeFacts['architecture'], localDisks: number): InstanceTypeFacts => ({
  vcpus: 2,
  memoryMiB: 8192,
  architecture,
  maxEnis: 3,
  ipv4PerEni: 10,
  localDisks,
  zones: ['eu-central-1a', 'eu-central-1b', 'eu-central-1c'],
});

const addons = [
  'adot',
  'amazon-cloudwatch-observability',
  'aws-ebs-csi-driver',
  'aws-efs-csi-driver',
  'aws-mountpoint-s3-csi-driver',
  'cert-manager',
  'coredns',
  'eks-node-monitoring-agent',
  'eks-pod-identity-agent',
  'external-dns',
  'fluent-bit',
  'kube-proxy',
  'kube-state-metrics',
  'metrics-server',
  'prometheus-node-exporter',
  'snapshot-controller',
  'vpc-cni',
];

const plainPool: NodePool = {
  name: 'app',
  instanceTypes: ['x86.large'],
  zones: 'each',
  discount: 'none',
  size: { min: 1, max: 3, desired: 1 },
  labels: {},
  taints: [],
  diskGiB: 80,
};

const richPool: NodePool = {
  ...plainPool,
  name: 'rich',
  instanceTypes: ['arm.large'],
  zones: 'spread',
  discount: 'spot',
  labels: { nodeType: 'systemNode' },
  taints: [
    { key: 'CriticalAddonsOnly', value: 'true', effect: 'NoSchedule' },
    { key: 'slow', value: '', effect: 'PreferNoSchedule' },
    { key: 'gone', value: '', effect: 'NoExecute' },
  ],
  reserve: {
    kube: { cpu: '250m', memory: '1Gi', disk: '1Gi' },
    system: { cpu: '250m', memory: '0.2Gi', disk: '1Gi' },
    evict: { memory: '1Gi', disk: '10%' },
  },
  localStorage: '/ephemeral',
  maxPods: 20,
};

/** Reserves something of each kind, and leaves something of each kind out. */
const partlyPool: NodePool = {
  ...plainPool,
  name: 'partly',
  reserve: { system: { memory: '100Mi' }, evict: { disk: '10%' } },
};

/** As long as a cluster file may make them. */
const longestName = { cluster: `c${'-long'.repeat(7)}-end`, pool: `p${'-long'.repeat(5)}-end` } as const;

function sampleCluster(kubernetes: string): Cluster {
  return {
    name: 'sample',
    account: '123456789012',
    region: 'eu-central-1',
    environment: 'test',
    criticality: 1,
    channel: 'sample',
    kubernetes,
    network: { cidr: '10.0.0.0/16', zones: 2, nat: 'none' },
    endpoint: { private: true, public: false, allow: [] },
    logs: [],
    logRetentionDays: 7,
    deletionProtection: false,
    nodePools: [plainPool],
    access: [],
    config: {},
  };
}

/** Clusters that between them have and lack every option of a cluster file, with the inputs they render with. */
export function sampleClusters(kubernetes: string): { readonly cluster: Cluster; readonly inputs: Inputs }[] {
  const poor = sampleCluster(kubernetes);
  const rich: Cluster = {
    ...poor,
    environment: 'production',
    criticality: 3,
    owner: 'team/sample',
    dns: { zone: 'sample.example.org' },
    network: { cidr: '10.0.0.0/16', zones: ['eu-central-1a', 'eu-central-1b', 'eu-central-1c'], nat: 'per-zone' },
    endpoint: { private: true, public: true, allow: ['203.0.113.0/24'] },
    logs: ['api', 'audit'],
    deletionProtection: true,
    nodePools: [plainPool, richPool],
    access: (['read-only', 'power-user', 'operator', 'admin'] as const).map((role) => ({
      role,
      principal: `arn:aws:iam::123456789012:role/${role}`,
    })),
  };
  const single: Cluster = {
    ...rich,
    name: longestName.cluster,
    network: { ...rich.network, nat: 'single' },
    nodePools: [richPool, { ...partlyPool, name: longestName.pool }],
  };
  const inputs: Inputs = {
    zones: [
      { name: 'eu-central-1a', id: 'euc1-az2' },
      { name: 'eu-central-1b', id: 'euc1-az3' },
      { name: 'eu-central-1c', id: 'euc1-az1' },
    ],
    amiReleases: {
      [`${kubernetes}/x86_64`]: `${kubernetes}.0-20260101`,
      [`${kubernetes}/arm64`]: `${kubernetes}.0-20260101`,
    },
    addonVersions: Object.fromEntries(addons.map((addon) => [addon, 'v1.0.0-eksbuild.1'])),
    instanceTypes: { 'x86.large': facts('x86_64', 0), 'arm.large': facts('arm64', 2) },
  };
  return [poor, rich, single].map((cluster) => ({ cluster, inputs }));
}

/** What goes wrong when a channel is rendered for the samples, each place once. Items that the schema asks for are left to real clusters. */
export function sampleProblems(channel: Channel): Problem[] {
  const required = (channel.configSchema['required'] ?? []) as readonly string[];
  if (required.length > 0) return [];
  const found = new Map<string, Problem>();
  for (const kubernetes of channel.kubernetes) {
    for (const { cluster, inputs } of sampleClusters(kubernetes)) {
      for (const config of [{}, ...otherConfigs(channel.configSchema)]) {
        const rendered = renderRelease({ channel, cluster: { ...cluster, config }, inputs, version: 'sample' });
        if (!('problems' in rendered)) continue;
        for (const problem of rendered.problems) {
          found.set(`${problem.file}:${problem.line}:${problem.column}:${problem.message}`, problem);
        }
      }
    }
  }
  return [...found.values()];
}

/** Each switch turned from its default, and each word of each list of words. */
function otherConfigs(schema: JsonObject): { readonly [item: string]: Json }[] {
  const properties = (schema['properties'] ?? {}) as { readonly [item: string]: JsonObject };
  return Object.entries(properties).flatMap(([item, definition]) => {
    const words = definition['enum'];
    const values: readonly Json[] =
      definition['type'] === 'boolean' ? [definition['default'] !== true] : Array.isArray(words) ? words : [];
    return values.map((value) => ({ [item]: value }));
  });
}
