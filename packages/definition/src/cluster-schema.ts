import { z } from 'zod';

/** The roles of a cluster and, behind them, the spellings of the seeds (ADR-004) that are accepted too. */
export const roleSpellings = {
  'read-only': ['ReadOnly', 'readonly'],
  'power-user': ['PowerUser', 'poweruser'],
  operator: ['Operator'],
  admin: ['Admin', 'Administrator'],
} as const;

const roleWords = Object.entries(roleSpellings).flatMap(([role, others]) => [role, ...others]);

/** Retentions that the CloudWatch Logs API takes, in days. */
export const logRetentions = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
] as const;

export const logTypes = ['api', 'audit', 'authenticator', 'controllerManager', 'scheduler'] as const;

const text = (description: string, pattern?: string) =>
  z
    .string()
    .min(1)
    .meta({ description, ...(pattern === undefined ? {} : { pattern }) });
const count = (description: string, minimum: number) => z.int().min(minimum).meta({ description });

const reserved = z
  .strictObject({
    cpu: text('CPU, as 250m').optional(),
    memory: text('Memory, as 1Gi').optional(),
    disk: text('Disk (ephemeral storage), as 1Gi').optional(),
  })
  .meta({ description: 'Kubernetes quantities' });

const nodePool = z.strictObject({
  name: text('Unique in the cluster; part of the names of node groups', '^[a-z]([a-z0-9-]*[a-z0-9])?$'),
  instanceTypes: z
    .array(text('EC2 instance type, as m7g.large'))
    .min(1)
    .meta({ description: 'Types of one architecture; the first is preferred' }),
  zones: z
    .enum(['each', 'spread'])
    .default('each')
    .meta({ description: 'each: one node group in each zone; spread: one over all zones' }),
  discount: z.enum(['none', 'spot']).default('none').meta({ description: 'How capacity is bought' }),
  size: z
    .strictObject({
      min: count('Fewest nodes of a node group', 0).default(1),
      max: count('Most nodes of a node group', 1).default(3),
      desired: count('Where a node group starts; the autoscaler owns it afterwards; default min', 0).optional(),
    })
    .prefault({})
    .meta({ description: 'Nodes in each node group' }),
  labels: z.record(z.string(), z.string()).default({}).meta({ description: 'Labels of the nodes' }),
  taints: z
    .array(text('key=value:Effect, Effect one of NoSchedule, PreferNoSchedule, NoExecute'))
    .default([])
    .meta({ description: 'Taints of the nodes' }),
  reserve: z
    .strictObject({
      kube: reserved.optional(),
      system: reserved.optional(),
      evict: z
        .strictObject({
          memory: text('Quantity or percentage').optional(),
          disk: text('Quantity or percentage').optional(),
        })
        .optional()
        .meta({ description: 'Below this much free memory or disk, pods are evicted' }),
    })
    .optional()
    .meta({ description: 'What the kubelet keeps from pods' }),
  localStorage: text('Where NVMe disks are mounted: /ephemeral gives /ephemeral0, /ephemeral1 …', '^/').optional(),
  diskGiB: z.int().min(20).max(16384).default(80).meta({ description: 'Root volume, GiB' }),
  maxPods: z
    .int()
    .min(8)
    .max(250)
    .optional()
    .meta({ description: 'Pods on a node, where fewer are wanted than addresses allow' }),
});

const spec = z.strictObject({
  account: text('aws: and the twelve digits of the account', '^aws:[0-9]{12}$'),
  region: text('AWS region, as eu-central-1'),
  environment: z
    .enum(['production', 'test'])
    .default('production')
    .meta({ description: 'Sets the defaults of NAT and deletion protection' }),
  criticality: z.literal([1, 2, 3]).default(2).meta({ description: '1 non-critical, 2 standard, 3 critical' }),
  channel: text('Branch that holds the desired state').default('stable'),
  kubernetes: text('Minor version in quotes, as "1.36"', '^1\\.[0-9]{2}$').default('1.36'),
  dns: z.strictObject({ zone: text("The cluster's own hosted zone, as shop.example.org") }).optional(),
  network: z
    .strictObject({
      cidr: text('IPv4 network of the VPC, /16 to /22').default('10.0.0.0/16'),
      zones: z
        .union([z.int().min(1).max(6), z.array(text('Zone, as eu-central-1a')).min(1).max(6)])
        .default(3)
        .meta({ description: 'How many zones (the first by zone id), or their names' }),
      nat: z
        .enum(['none', 'single', 'per-zone'])
        .optional()
        .meta({ description: 'Default: per-zone in production, single in test' }),
    })
    .prefault({}),
  endpoint: z
    .strictObject({
      private: z.boolean().default(true).meta({ description: 'Reachable inside the VPC' }),
      public: z.boolean().default(true).meta({ description: 'Reachable from allow' }),
      allow: z
        .array(text('IPv4 network'))
        .default(['0.0.0.0/0'])
        .meta({ description: 'Who reaches the public endpoint' }),
    })
    .prefault({}),
  logs: z
    .array(z.enum(logTypes))
    .default([...logTypes])
    .meta({ description: 'Logs of the control plane' }),
  logRetentionDays: z.literal(logRetentions).default(90).meta({ description: 'Of the control plane, days' }),
  deletionProtection: z.boolean().optional().meta({ description: 'Default: true in production' }),
  nodePools: z.array(nodePool).min(1),
  access: z
    .array(
      z.strictObject({
        role: z
          .enum(roleWords as [string, ...string[]])
          .meta({ description: 'read-only, power-user, operator or admin' }),
        principal: text('ARN of an IAM role or user'),
      }),
    )
    .default([]),
  config: z.record(z.string(), z.json()).default({}).meta({ description: "Items typed by the channel's schema" }),
});

/** The cluster file of DESIGN §4. Formats and rules that want a hint are checked by `checkCluster`. */
export const clusterFileSchema = z.strictObject({
  apiVersion: z.literal('roadstead.dev/v1'),
  kind: z.literal('Cluster'),
  metadata: z.strictObject({
    name: text('Unique in account and region', '^[a-z]([a-z0-9-]*[a-z0-9])?$'),
    owner: text('As team/eagleeye').optional(),
  }),
  spec,
});

export type ClusterFile = z.output<typeof clusterFileSchema>;

/** The published JSON Schema (draft 7) of the cluster file, for completion and checks in editors. */
export function clusterJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(clusterFileSchema, { io: 'input', target: 'draft-7' });
  return { ...schema, $id: 'https://roadstead.dev/schemas/v1/cluster.json', title: 'Roadstead cluster file' };
}
