import type { Json } from '@roadstead/foundation';

export type Environment = 'production' | 'test';
/** 1 non-critical, 2 standard, 3 critical (seed 002's registry). */
export type Criticality = 1 | 2 | 3;
export type LogType = 'api' | 'audit' | 'authenticator' | 'controllerManager' | 'scheduler';
export type RoleName = 'read-only' | 'power-user' | 'operator' | 'admin';
export type NatMode = 'none' | 'single' | 'per-zone';

/** One cluster file with its defaults filled in. Plain data; every member has a value unless it is truly optional. */
export interface Cluster {
  readonly name: string;
  /** The AWS account, twelve digits, without the `aws:` of the file. */
  readonly account: string;
  readonly region: string;
  readonly environment: Environment;
  readonly criticality: Criticality;
  readonly channel: string;
  /** Minor version, as "1.36". */
  readonly kubernetes: string;
  readonly owner?: string;
  readonly dns?: { readonly zone: string };
  readonly network: Network;
  readonly endpoint: { readonly private: boolean; readonly public: boolean; readonly allow: readonly string[] };
  readonly logs: readonly LogType[];
  /** Of the control plane's log group, in days; one of the values that the Logs API takes. */
  readonly logRetentionDays: number;
  readonly deletionProtection: boolean;
  readonly nodePools: readonly NodePool[];
  readonly access: readonly AccessRule[];
  readonly config: { readonly [item: string]: Json };
}

export interface Network {
  /** IPv4 CIDR of the VPC that Roadstead makes. */
  readonly cidr: string;
  /** How many zones (the first by zone id), or their names. */
  readonly zones: number | readonly string[];
  readonly nat: NatMode;
}

export interface NodePool {
  readonly name: string;
  readonly instanceTypes: readonly string[];
  /** `each`: one node group in each zone. `spread`: one node group over all zones. */
  readonly zones: 'each' | 'spread';
  readonly discount: 'none' | 'spot';
  /** Per node group. `desired` is only where a group starts; the autoscaler owns it afterwards. */
  readonly size: { readonly min: number; readonly max: number; readonly desired: number };
  readonly labels: { readonly [key: string]: string };
  readonly taints: readonly Taint[];
  readonly reserve?: Reserve;
  /** Where NVMe disks are mounted: `/ephemeral` gives `/ephemeral0`, `/ephemeral1` …, one mount per disk. */
  readonly localStorage?: string;
  /** Root volume, GiB. */
  readonly diskGiB: number;
  readonly maxPods?: number;
}

export interface Taint {
  readonly key: string;
  readonly value: string;
  readonly effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
}

/** Kubelet reservations: Kubernetes quantities as written in the file; `evict` holds quantities or percentages. */
export interface Reserve {
  readonly kube?: ReservedResources;
  readonly system?: ReservedResources;
  readonly evict?: { readonly memory?: string; readonly disk?: string };
}

export interface ReservedResources {
  readonly cpu?: string;
  readonly memory?: string;
  readonly disk?: string;
}

export interface AccessRule {
  readonly role: RoleName;
  /** ARN of an IAM role or user. */
  readonly principal: string;
}

/** What the world decides and a render needs. Sticky: recorded at the first `up`, changed only by the channel or on request. */
export interface Inputs {
  /** The zones in use, by zone id; position is the index of every per-zone plan. */
  readonly zones: readonly Zone[];
  /** AMI release of managed node groups by `<minor>/<architecture>`, as `1.36.2-20260801`. */
  readonly amiReleases: { readonly [minorAndArchitecture: string]: string };
  /** Version of each EKS add-on by name. */
  readonly addonVersions: { readonly [addon: string]: string };
  readonly instanceTypes: { readonly [type: string]: InstanceTypeFacts };
}

export interface Zone {
  /** As `eu-central-1a`: differs between accounts. */
  readonly name: string;
  /** As `euc1-az2`: the same place for every account. */
  readonly id: string;
}

export interface InstanceTypeFacts {
  readonly vcpus: number;
  readonly memoryMiB: number;
  readonly architecture: 'x86_64' | 'arm64';
  readonly maxEnis: number;
  readonly ipv4PerEni: number;
  /** Number of NVMe instance-store disks; 0 when there are none. */
  readonly localDisks: number;
  /** Names of the zones of the region that offer it. */
  readonly zones: readonly string[];
}
