/** Which cluster: names are unique in one account and region. */
export interface ClusterRef {
  readonly account: string;
  readonly region: string;
  readonly name: string;
}

export interface ClientCertificate {
  readonly certPem: string;
  readonly keyPem: string;
}

/** A cluster whose control plane answers. */
export interface ClusterView extends ClusterRef {
  /** Of this very cluster: another one of the same name has another id. */
  readonly id: string;
  /** `1.36` */
  readonly minor: string;
  readonly endpoint: string;
  readonly caPem: string;
  readonly admin: ClientCertificate;
  readonly serviceCidr: string;
  readonly clusterSecurityGroupId: string;
  readonly vpcId: string;
}

/** EKS as the nodes see it: read-only, in process. `@roadstead/sandbox-eks` keeps this contract. */
export interface Clusters {
  /** Clusters whose control plane answers. */
  list(): readonly ClusterView[];
  /** How a role authenticates to the cluster; `undefined` when it does not. */
  accessEntryOf(cluster: ClusterRef, roleArn: string): { readonly type: string } | undefined;
  /** Called after every change of a cluster, node group or access entry. Returns how to stop it. */
  onChange(listener: () => void): () => void;
}

/** What goes wrong on purpose, until it is cleared. */
export type NodeFault =
  /** Instances whose id, zone or Auto Scaling group matches never join. */
  | { readonly kind: 'never-join'; readonly match: string }
  /** Nodes whose name matches stop posting their status. */
  | { readonly kind: 'not-ready'; readonly match: string }
  /** Images whose name matches cannot be pulled. */
  | { readonly kind: 'image-unpullable'; readonly match: string }
  /** Containers of pods whose `namespace/name` matches exit with 1 soon after they start. */
  | { readonly kind: 'pod-crash'; readonly match: string }
  /** Volumes of claims whose `namespace/name` matches are never attached. */
  | { readonly kind: 'volume-stuck'; readonly match: string };
