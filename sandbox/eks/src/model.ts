import type { Place } from '@roadstead/sandbox-gateway';
import type { KubeClient } from './kube/kube-client.ts';
import type { RunningControlPlane, Taint } from './ports.ts';

export interface Issue {
  readonly code: string;
  readonly message: string;
  readonly resourceIds: readonly string[];
}

export interface UpdateRecord {
  readonly id: string;
  readonly type: string;
  readonly params: readonly { readonly type: string; readonly value: string }[];
  readonly createdAt: Date;
  readonly nodegroupName?: string;
  readonly addonName?: string;
  status: 'InProgress' | 'Failed' | 'Cancelled' | 'Successful';
  errors: readonly {
    readonly errorCode: string;
    readonly errorMessage: string;
    readonly resourceIds: readonly string[];
  }[];
}

/** The request that made a thing: the same token with the same input is the same request. */
export interface Origin {
  readonly token: string | undefined;
  readonly digest: string;
}

export interface VpcConfig {
  subnetIds: readonly string[];
  securityGroupIds: readonly string[];
  readonly vpcId: string;
  clusterSecurityGroupId: string;
  endpointPublicAccess: boolean;
  endpointPrivateAccess: boolean;
  publicAccessCidrs: readonly string[];
}

export const logTypes = ['api', 'audit', 'authenticator', 'controllerManager', 'scheduler'] as const;
export type LogType = (typeof logTypes)[number];
export type AuthenticationMode = 'CONFIG_MAP' | 'API_AND_CONFIG_MAP' | 'API';

export interface ClusterRecord {
  readonly place: Place;
  readonly name: string;
  readonly arn: string;
  /** 32 hex digits: in the issuer, the endpoint's name and the webhook's path. */
  readonly id: string;
  readonly createdAt: Date;
  readonly creatorArn: string;
  readonly origin: Origin;
  readonly roleArn: string;
  readonly serviceCidr: string;
  readonly issuer: string;
  readonly encryptionConfig: readonly unknown[];
  readonly bootstrapCreatorAdmin: boolean;
  readonly directory: string;
  status: 'CREATING' | 'ACTIVE' | 'DELETING' | 'FAILED' | 'UPDATING';
  version: string;
  vpc: VpcConfig;
  networkInterfaceIds: string[];
  enabledLogs: ReadonlySet<LogType>;
  authenticationMode: AuthenticationMode;
  supportType: 'STANDARD' | 'EXTENDED';
  deletionProtection: boolean;
  zonalShift: boolean;
  tags: Record<string, string>;
  issues: readonly Issue[];
  /** The last upgrade in place: it may be taken back within seven days. */
  lastUpgrade?: { readonly from: string; readonly at: number };
  controlPlane?: RunningControlPlane;
  kube?: KubeClient;
  readonly nodegroups: Map<string, NodegroupRecord>;
  readonly fargateProfiles: Map<string, FargateProfileRecord>;
  readonly addons: Map<string, AddonRecord>;
  /** By principal ARN as given. */
  readonly accessEntries: Map<string, AccessEntryRecord>;
  readonly associations: Map<string, AssociationRecord>;
  readonly updates: UpdateRecord[];
  /** Answers to update requests by operation and token. */
  readonly answers: Map<string, { readonly digest: string; readonly output: Record<string, unknown> }>;
  insightsRefresh?: { readonly startedAt: Date; readonly endsAt: number };
}

export interface ScalingConfig {
  readonly minSize: number;
  readonly maxSize: number;
  readonly desiredSize: number;
}

export interface LaunchTemplateRef {
  readonly id: string;
  readonly name: string;
  readonly version: string;
}

export interface NodegroupRecord {
  readonly name: string;
  readonly arn: string;
  readonly createdAt: Date;
  readonly origin: Origin;
  readonly nodeRoleArn: string;
  readonly subnets: readonly string[];
  instanceTypes: readonly string[];
  /** Whether the request named them, or the launch template did. */
  readonly instanceTypesGiven: boolean;
  readonly amiType: string;
  readonly capacityType: string;
  readonly diskSize: number | undefined;
  readonly remoteAccess: unknown;
  /** uuid in the names of what EKS makes for the group. */
  readonly uuid: string;
  readonly asgName: string;
  modifiedAt: Date;
  status: 'CREATING' | 'ACTIVE' | 'UPDATING' | 'DELETING' | 'CREATE_FAILED' | 'DELETE_FAILED' | 'DEGRADED';
  version: string;
  releaseVersion: string;
  imageId: string;
  scaling: ScalingConfig;
  /** The template the user gave. */
  source: LaunchTemplateRef | undefined;
  /** EKS's own copy, which the Auto Scaling group uses. */
  own: LaunchTemplateRef | undefined;
  instanceProfile: string | undefined;
  labels: Record<string, string>;
  taints: readonly Taint[];
  updateConfig: Readonly<Record<string, unknown>>;
  nodeRepairConfig: Readonly<Record<string, unknown>> | undefined;
  tags: Record<string, string>;
  issues: readonly Issue[];
}

export interface FargateSelector {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface FargateProfileRecord {
  readonly name: string;
  readonly arn: string;
  readonly createdAt: Date;
  readonly origin: Origin;
  readonly podExecutionRoleArn: string;
  readonly subnets: readonly string[];
  readonly selectors: readonly FargateSelector[];
  status: 'CREATING' | 'ACTIVE' | 'DELETING';
  tags: Record<string, string>;
}

export interface ObjectRef {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

export interface AddonRecord {
  readonly name: string;
  readonly arn: string;
  readonly createdAt: Date;
  readonly origin: Origin;
  modifiedAt: Date;
  version: string;
  status:
    | 'CREATING'
    | 'ACTIVE'
    | 'CREATE_FAILED'
    | 'UPDATING'
    | 'DELETING'
    | 'DELETE_FAILED'
    | 'DEGRADED'
    | 'UPDATE_FAILED';
  /** Settles when the first application of its objects has ended, well or not; `undefined` before it begins. */
  applying: Promise<unknown> | undefined;
  /** When its objects were applied, by the monotonic clock; `undefined` before. */
  appliedAt: number | undefined;
  /** Since when it is not whole, by the monotonic clock. */
  unreadySince: number | undefined;
  everActive: boolean;
  configurationValues: string | undefined;
  serviceAccountRoleArn: string | undefined;
  associationIds: readonly string[];
  tags: Record<string, string>;
  issues: readonly Issue[];
  objects: readonly ObjectRef[];
}

export interface AccessScope {
  readonly type: 'cluster' | 'namespace';
  readonly namespaces: readonly string[];
}

export interface AssociatedPolicy {
  readonly policyArn: string;
  readonly scope: AccessScope;
  readonly associatedAt: Date;
  readonly modifiedAt: Date;
}

export interface AccessEntryRecord {
  readonly principalArn: string;
  /** IAM's own id of the principal: one made anew under the same name is another. */
  readonly principalId: string;
  readonly arn: string;
  readonly type: string;
  readonly createdAt: Date;
  readonly origin: Origin;
  modifiedAt: Date;
  username: string;
  groups: readonly string[];
  tags: Record<string, string>;
  readonly policies: Map<string, AssociatedPolicy>;
}

export interface AssociationRecord {
  readonly id: string;
  readonly arn: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly createdAt: Date;
  readonly origin: Origin;
  readonly ownerArn: string | undefined;
  readonly externalId: string | undefined;
  roleArn: string;
  modifiedAt: Date;
  disableSessionTags: boolean;
  targetRoleArn: string | undefined;
  policy: string | undefined;
  tags: Record<string, string>;
}
