import type { AwsError } from '@roadstead/sandbox-gateway';
import type { SubnetFacts } from '../aws/network.ts';
import type { ClusterRecord, FargateSelector } from '../model.ts';
import { type ErrorSubject, invalidParameter, resourceInUse } from '../shared/errors.ts';

/** Sources: the EKS API reference of CreateFargateProfile and the service quotas (selectors, label pairs). */
const limits = { selectors: 5, labels: 5 } as const;

export function refuseProfileName(subject: ErrorSubject, name: string): AwsError | undefined {
  if (/^[0-9A-Za-z][A-Za-z0-9_-]{0,99}$/.test(name) && !name.startsWith('eks-')) return undefined;
  return invalidParameter(`The Fargate profile name '${name}' is invalid`, subject);
}

export function refuseSelectors(subject: ErrorSubject, selectors: readonly FargateSelector[]): AwsError | undefined {
  if (selectors.length === 0 || selectors.length > limits.selectors) {
    return invalidParameter(`A Fargate profile has one to ${limits.selectors} selectors`, subject);
  }
  if (selectors.some(({ namespace }) => namespace === '')) {
    return invalidParameter('Each selector of a Fargate profile needs a namespace', subject);
  }
  const many = selectors.some(({ labels }) => Object.keys(labels).length > limits.labels);
  return many ? invalidParameter(`A selector has at most ${limits.labels} labels`, subject) : undefined;
}

/** Fargate gives no public addresses: only subnets that do not lead to an internet gateway are taken. */
export function refuseFargateSubnets(
  subject: ErrorSubject,
  wanted: readonly string[],
  subnets: readonly SubnetFacts[],
  open: readonly SubnetFacts[],
): AwsError | undefined {
  const missing = wanted.find((id) => !subnets.some((subnet) => subnet.id === id));
  if (missing !== undefined) return invalidParameter(`The subnet ID '${missing}' does not exist`, subject);
  const [first] = open;
  if (first === undefined) return undefined;
  return invalidParameter(`Subnet ${first.id} provided in Fargate Profile is not a private subnet`, subject);
}

/** One profile of a cluster is made or deleted at a time. */
export function busyProfile(
  cluster: Pick<ClusterRecord, 'name' | 'fargateProfiles'>,
  wanted: 'create' | 'delete',
  name: string,
): AwsError | undefined {
  const busy = [...cluster.fargateProfiles.values()].find(({ status }) => status !== 'ACTIVE');
  if (busy === undefined) return undefined;
  return resourceInUse(
    `Cannot ${wanted} Fargate Profile ${name} because cluster ${cluster.name} currently has Fargate profile ${busy.name} in status ${busy.status}`,
    { clusterName: cluster.name },
  );
}
