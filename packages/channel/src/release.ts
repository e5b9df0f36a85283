import type { ChangeClass } from '@roadstead/definition';
import type { Json, JsonObject } from '@roadstead/foundation';

/** A typed hole for what does not exist before it is made: `{"$late": "outputs.network.VpcId"}` stands for the whole scalar. */
export interface LateValue {
  readonly $late: string;
}

/** A string with late values inside: `{"$lateText": ["arn:", {"$late": "outputs.foundation.Key"}, "/x"]}`. */
export interface LateText {
  readonly $lateText: readonly (string | LateValue)[];
}

/** What one channel commit and the inputs render to for one cluster: plain JSON, content-addressed. */
export interface Release {
  /** SHA-256 of the canonical JSON of everything below except `version`. */
  readonly digest: string;
  /** `<git sha1>#<sha1 of the cluster's configuration>`, or `dir-<tree digest>#…` for a folder. */
  readonly version: string;
  readonly cluster: { readonly name: string; readonly account: string; readonly region: string };
  readonly channel: string;
  readonly kubernetes: string;
  /** In the order network, foundation, then pools by name. */
  readonly stacks: readonly ReleaseStack[];
  readonly eks: ReleaseEks;
  /** In an order that keeps `needs`; otherwise by name. */
  readonly components: readonly ReleaseComponent[];
}

export interface ReleaseStack {
  /** `network`, `foundation`, `pool-<name>`: what late values name. */
  readonly id: string;
  /** The stack's name in the account: `roadstead-<cluster>-<id>`. */
  readonly stackName: string;
  readonly phase: 'network' | 'foundation' | 'pools';
  /** The CloudFormation template with short tags in their long form (`Fn::Sub` …), no late values inside. */
  readonly template: JsonObject;
  /** Values are strings, `LateValue` or `LateText`. */
  readonly parameters: { readonly [name: string]: string | LateValue | LateText };
  readonly outputs: readonly string[];
}

/** Requests in the EKS API's own field names; any value may be, or hold, a late value. */
export interface ReleaseEks {
  /** A CreateCluster input without `clientRequestToken`. Late values of others: `outputs.cluster.Endpoint`, `.CertificateAuthority`, `.SecurityGroupId`, `.OidcIssuer`. */
  readonly cluster: JsonObject;
  readonly logRetentionDays: number;
  readonly accessEntries: readonly ReleaseAccessEntry[];
  readonly addons: readonly ReleaseAddon[];
  readonly nodeGroups: readonly ReleaseNodeGroup[];
  readonly podIdentityAssociations: readonly ReleasePodIdentityAssociation[];
}

export interface ReleaseAccessEntry {
  readonly principalArn: Json;
  readonly kubernetesGroups: readonly string[];
  /** Policies of EKS that the entry has besides its groups, cluster-wide: full ARNs. */
  readonly accessPolicies: readonly string[];
}

export interface ReleaseAddon {
  readonly phase: 'add-ons-before' | 'add-ons-after';
  /** A CreateAddon input without clusterName and clientRequestToken; `configurationValues` is canonical JSON text. */
  readonly request: JsonObject & { readonly addonName: string; readonly addonVersion: string };
}

export interface ReleaseNodeGroup {
  readonly pool: string;
  /** Absent for a group over all zones. */
  readonly zone?: string;
  /** A CreateNodegroup input without clusterName and clientRequestToken; `nodegroupName` carries a hash of what cannot be changed in place. */
  readonly request: JsonObject & { readonly nodegroupName: string };
}

export interface ReleasePodIdentityAssociation {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly roleArn: Json;
}

export interface ReleaseComponent {
  readonly name: string;
  readonly needs: readonly string[];
  /** Of its changes, where the channel says more than the plan would. */
  readonly class?: ChangeClass;
  /** Kubernetes objects, fully rendered; late values may stand in them. Namespaces are explicit where the kind has one. */
  readonly objects: readonly JsonObject[];
}
