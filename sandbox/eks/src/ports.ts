/** Where a control plane's API server asks a webhook of ours. */
export interface WebhookAddress {
  readonly url: string;
  readonly caPem: string;
}

export interface ControlPlaneOptions {
  /** `1.36` */
  readonly minor: string;
  /** Data, logs and keys; made when missing, gone after `stop`. */
  readonly directory: string;
  readonly serviceCidr: string;
  readonly issuer: string;
  readonly tokenWebhook: WebhookAddress;
  readonly authorizationWebhook: WebhookAddress;
  readonly signal: AbortSignal;
}

export interface ClientCertificate {
  readonly certPem: string;
  readonly keyPem: string;
}

/** A Kubernetes control plane that answers. */
export interface RunningControlPlane {
  readonly endpoint: string;
  readonly caPem: string;
  /** Of group system:masters; never leaves the sandbox. */
  readonly admin: ClientCertificate;
  /** Signs what the cluster trusts, as the certificates of kubelets; a secret of the sandbox. */
  readonly authority: ClientCertificate;
  /** The public keys of its service accounts, as a JSON Web Key Set. */
  readonly jwks: object;
  /** Restarts the components as another minor on the same data; up or down. */
  upgrade(minor: string, signal: AbortSignal): Promise<void>;
  /** Ends the processes. Safe to repeat. */
  stop(): Promise<void>;
  /** Resolves with the reason when the control plane ends by itself. */
  readonly exited: Promise<string>;
}

export interface ControlPlanes {
  /** The minors that can be started, as `1.36`. */
  readonly minors: readonly string[];
  /** Resolves when the API server is ready; rejects with a message that says why it is not. */
  start(options: ControlPlaneOptions): Promise<RunningControlPlane>;
}

/** What a presigned GetCallerIdentity URL proves. */
export type TokenVerdict =
  | {
      readonly ok: true;
      readonly caller: {
        readonly account: string;
        readonly arn: string;
        readonly userId: string;
        readonly accessKeyId: string;
      };
    }
  | { readonly ok: false; readonly reason: string };

/** Verifies signature, age (15 minutes at most), action, and that the named headers were signed with these values. */
export type VerifyPresignedIdentity = (
  url: string,
  requiredHeaders: Readonly<Record<string, string>>,
) => Promise<TokenVerdict>;

/** Which cluster: names are unique in one account and region. */
export interface ClusterRef {
  readonly account: string;
  readonly region: string;
  readonly name: string;
}

export interface EksClusterView extends ClusterRef {
  /** Of this very cluster: another one of the same name has another id. */
  readonly id: string;
  readonly arn: string;
  readonly status: string;
  readonly minor: string;
  readonly endpoint: string;
  readonly caPem: string;
  readonly admin: ClientCertificate;
  /** Signs kubelets' serving certificates: the API server trusts this authority for them. */
  readonly authority: ClientCertificate;
  readonly serviceCidr: string;
  readonly clusterSecurityGroupId: string;
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
}

export interface Taint {
  readonly key: string;
  readonly value?: string;
  /** As Kubernetes says it: `NoSchedule`, `NoExecute`, `PreferNoSchedule`. */
  readonly effect: string;
}

export interface NodeGroupView {
  readonly name: string;
  readonly status: string;
  readonly asgName: string;
  readonly nodeRoleArn: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  readonly amiType: string;
  readonly capacityType: string;
  readonly version: string;
  readonly releaseVersion: string;
  readonly instanceTypes: readonly string[];
}

/** EKS as the simulated nodes see it: read-only, in process. */
export interface EksClusters {
  /** Clusters whose control plane answers, those being created, updated or deleted included. */
  list(): readonly EksClusterView[];
  nodeGroups(cluster: ClusterRef): readonly NodeGroupView[];
  /** How a role authenticates to the cluster; `undefined` when it does not. The role may be given with or without path. */
  accessEntryOf(
    cluster: ClusterRef,
    roleArn: string,
  ): { readonly type: string; readonly username: string; readonly groups: readonly string[] } | undefined;
  /** Called after every change of a cluster, node group or access entry. Returns how to stop it. */
  onChange(listener: () => void): () => void;
}

/** What those who play the machines know better than the cluster's Node objects. */
export interface NodesPort {
  /** How many nodes of an Auto Scaling group are Ready. */
  readyCount(cluster: ClusterRef, asgName: string): number;
  /** Why an instance cannot join as things are; `undefined`: it still may. Without this, nobody is given up early. */
  whyNotJoined?(instanceId: string): string | undefined;
}
