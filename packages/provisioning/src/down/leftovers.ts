/** What Kubernetes made in AWS for a cluster, and what others made in its VPC. */
export interface Leftovers {
  readonly loadBalancers: readonly NamedArn[];
  /** Names of classic ones: what the cloud controller makes for a Service without annotations. */
  readonly classicLoadBalancers: readonly string[];
  readonly targetGroups: readonly NamedArn[];
  readonly volumes: readonly LeftVolume[];
  readonly snapshots: readonly LeftSnapshot[];
  /** Those of load balancers, which no stack and no EKS removes. */
  readonly securityGroups: readonly NamedId[];
  /** Interfaces of pods whose node has gone before it could remove them. */
  readonly networkInterfaces: readonly NamedId[];
  /** What nobody of ours made and what keeps the VPC, the control plane or a stack from being deleted. */
  readonly foreign: readonly Blocker[];
}

export interface NamedArn {
  readonly name: string;
  readonly arn: string;
}

export interface NamedId {
  readonly id: string;
  readonly name: string;
}

export interface LeftVolume {
  readonly id: string;
  readonly sizeGiB: number;
  readonly type: string;
  /** As `default/redis-data`, when Kubernetes said which claim it was made for. */
  readonly claim?: string;
}

export interface LeftSnapshot {
  readonly id: string;
  readonly sizeGiB: number;
}

/** Something that blocks the way down, and who made it as far as AWS tells. */
export interface Blocker {
  readonly what: string;
  readonly maker: string;
  readonly hint: string;
}

/** Things of one kind in the VPC: those that the cluster leaves behind, and those that others made. */
export interface FoundInVpc {
  readonly ours: readonly NamedId[];
  readonly foreign: readonly Blocker[];
}

/** The hint for what somebody is deleting now. */
export const isGoing = 'it is going already: wait a few minutes';

export const noLeftovers: Leftovers = {
  loadBalancers: [],
  classicLoadBalancers: [],
  targetGroups: [],
  volumes: [],
  snapshots: [],
  securityGroups: [],
  networkInterfaces: [],
  foreign: [],
};

/** As the cloud controller names the load balancer of a Service: `a` and its uid without dashes, cut to 32. */
export function classicNameOf(serviceUid: string): string {
  return `a${serviceUid.replaceAll('-', '')}`.slice(0, 32);
}

type Tags = Readonly<Record<string, string>>;

/** Whether a thing was made by Kubernetes for this cluster, by the tags that its controllers set. */
export function isOfKubernetes(tags: Tags, cluster: string): boolean {
  return tags['elbv2.k8s.aws/cluster'] === cluster || tags[`kubernetes.io/cluster/${cluster}`] === 'owned';
}

/** Who made a thing, in words, from what AWS knows about it. */
export function makerOf(thing: {
  readonly tags: Tags;
  readonly description?: string;
  readonly requester?: string;
}): string {
  const { tags } = thing;
  const stack = tags['aws:cloudformation:stack-name'];
  if (stack !== undefined) return `the CloudFormation stack ${stack}`;
  const cluster = tags['roadstead.dev/cluster'] ?? tags['aws:eks:cluster-name'] ?? tags['eks:cluster-name'];
  if (cluster !== undefined) return `the cluster ${cluster}`;
  if (tags['alpha.eksctl.io/cluster-name'] !== undefined) return 'eksctl';
  if (tags.GuardDutyManaged !== undefined || /guardduty/i.test(thing.description ?? '')) return 'Amazon GuardDuty';
  const named = ['CreatedBy', 'createdBy', 'owner', 'Owner', 'team', 'Team', 'ManagedBy', 'managed-by', 'Name'].find(
    (key) => tags[key] !== undefined,
  );
  if (named !== undefined) return `${named}=${tags[named]}`;
  // A service says its name, as amazon-elasticache; a person's request has only the id of the user.
  const requester = thing.requester === '' ? undefined : thing.requester;
  if (requester !== undefined && /^[a-z][a-z-]+$/.test(requester)) return requester;
  if (thing.description !== undefined && thing.description !== '') return `"${thing.description}"`;
  return requester ?? 'unknown';
}
