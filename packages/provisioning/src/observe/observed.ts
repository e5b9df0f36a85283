import type { JsonObject } from '@roadstead/foundation';

/** What is there in AWS for one cluster. Plain data; absence is a missing member. */
export interface ObservedAws {
  readonly cluster: string;
  readonly account: string;
  readonly region: string;
  /** By stack name: those of the release, and those that carry the cluster's tag. */
  readonly stacks: { readonly [stackName: string]: ObservedStack };
  readonly eks?: ObservedCluster;
  /** By name, as DescribeNodegroup answers. */
  readonly nodeGroups: { readonly [name: string]: ObservedNodeGroup };
  readonly addons: { readonly [name: string]: ObservedAddon };
  /** By principal ARN. */
  readonly accessEntries: { readonly [principalArn: string]: ObservedAccessEntry };
  readonly podIdentityAssociations: readonly ObservedAssociation[];
  /** The control plane's log group, which outlives the cluster. */
  readonly logGroup?: ObservedLogGroup;
  /** Subnets that carry the cluster's tag: inputs are read back from them. */
  readonly subnets: readonly ObservedSubnet[];
}

export interface ObservedStack {
  readonly stackName: string;
  /** The ARN: a new one for each life of the name. */
  readonly stackId: string;
  readonly status: string;
  readonly statusReason?: string;
  /** Absent when the stack holds no JSON template. */
  readonly template?: JsonObject;
  readonly parameters: { readonly [name: string]: string };
  readonly outputs: { readonly [name: string]: string };
  /** Names that other stacks of the account and region may import outputs by; absent when there are none. */
  readonly exports?: readonly string[];
  readonly tags: { readonly [key: string]: string };
  readonly terminationProtection: boolean;
  /** When it was last changed, ISO 8601; the creation when never. */
  readonly changedAt: string;
  /** Absent when drift was not asked for or could not be told. */
  readonly drifts?: readonly ResourceDrift[];
}

export interface ResourceDrift {
  readonly logicalId: string;
  readonly type: string;
  readonly physicalId?: string;
  readonly status: 'MODIFIED' | 'DELETED';
  readonly differences: readonly PropertyDifference[];
}

export interface PropertyDifference {
  /** JSON pointer, as `/NatGatewayId`. */
  readonly path: string;
  readonly expected?: string;
  readonly actual?: string;
}

interface Described {
  /** The thing as the EKS API answers it, dates as ISO 8601. */
  readonly described: JsonObject;
  readonly status: string;
  readonly tags: { readonly [key: string]: string };
  readonly health: readonly HealthIssue[];
}

export interface HealthIssue {
  readonly code: string;
  readonly message: string;
  readonly resources: readonly string[];
}

export interface ObservedCluster extends Described {
  readonly arn: string;
  /** Minor version, as "1.36". */
  readonly version: string;
  readonly endpoint?: string;
  readonly certificateAuthority?: string;
  readonly securityGroupId?: string;
  readonly oidcIssuer?: string;
  readonly vpcId?: string;
}

export interface ObservedNodeGroup extends Described {
  readonly name: string;
  readonly autoScalingGroups: readonly string[];
}

export interface ObservedAddon extends Described {
  readonly name: string;
  readonly arn: string;
}

export interface ObservedAccessEntry {
  readonly principalArn: string;
  readonly type: string;
  readonly kubernetesGroups: readonly string[];
  /** ARNs of the policies that hold for the whole cluster. */
  readonly accessPolicies: readonly string[];
  /** Policies that hold for some namespaces only; a release has none. */
  readonly narrowPolicies: readonly { readonly policyArn: string; readonly namespaces: readonly string[] }[];
  readonly tags: { readonly [key: string]: string };
}

export interface ObservedAssociation {
  readonly associationId: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly roleArn: string;
  /** The ARN of the add-on that owns it, when one does. */
  readonly ownerArn?: string;
  readonly tags: { readonly [key: string]: string };
}

export interface ObservedLogGroup {
  readonly name: string;
  /** Absent: kept for ever. */
  readonly retentionDays?: number;
  readonly storedBytes: number;
}

export interface ObservedSubnet {
  readonly id: string;
  readonly cidr: string;
  readonly zoneName: string;
  readonly zoneId: string;
}
