import type { AwsError } from '@roadstead/sandbox-gateway';
import type { RolePolicies } from '../aws/iam.ts';
import type { SubnetFacts } from '../aws/network.ts';
import type { ScalingConfig, VpcConfig } from '../model.ts';
import { type ErrorSubject, invalidParameter, notImplemented } from '../shared/errors.ts';
import { has, type Members, text, whole, within } from '../shared/read.ts';
import type { AmiKind } from './ami-types.ts';
import type { InstanceTypeFacts } from './instance-types.ts';

export function refuseNodegroupName(subject: ErrorSubject, name: string): AwsError | undefined {
  if (/^[0-9A-Za-z][A-Za-z0-9_-]{0,62}$/.test(name)) return undefined;
  return invalidParameter(
    "The nodegroupName can contain only alphanumeric characters, hyphens and underscores, must start with an alphanumeric character and can't be longer than 63 characters.",
    subject,
  );
}

/** The scaling after defaults; messages are those EKS gives. */
export function readScaling(subject: ErrorSubject, input: Members, before?: ScalingConfig): ScalingConfig | AwsError {
  const scaling = within(input, 'scalingConfig');
  const minSize = whole(scaling, 'minSize') ?? before?.minSize ?? 1;
  const maxSize = whole(scaling, 'maxSize') ?? before?.maxSize ?? 2;
  const desiredSize = whole(scaling, 'desiredSize') ?? before?.desiredSize ?? Math.min(2, maxSize);
  if (maxSize < 1) return invalidParameter('maxSize must be at least 1', subject);
  if (minSize > maxSize) {
    return invalidParameter(`Minimum capacity ${minSize} can't be greater than max size ${maxSize}`, subject);
  }
  if (minSize > desiredSize) {
    return invalidParameter(`Minimum capacity ${minSize} can't be greater than desired size ${desiredSize}`, subject);
  }
  if (desiredSize > maxSize) {
    return invalidParameter(`Desired capacity ${desiredSize} can't be greater than max size ${maxSize}`, subject);
  }
  if (maxSize > 450) return invalidParameter('maxSize can be at most 450', subject);
  return { minSize, maxSize, desiredSize };
}

export function refuseUpdateConfig(subject: ErrorSubject, config: Members): AwsError | undefined {
  const count = whole(config, 'maxUnavailable');
  const percentage = whole(config, 'maxUnavailablePercentage');
  if (count !== undefined && percentage !== undefined) {
    return invalidParameter('maxUnavailable and maxUnavailablePercentage cannot both be specified', subject);
  }
  if (count === undefined && percentage === undefined) {
    return invalidParameter('Either maxUnavailable or maxUnavailablePercentage must be specified', subject);
  }
  if (text(config, 'updateStrategy') === 'MINIMAL') return notImplemented('updateStrategy MINIMAL');
  return count !== undefined && count > 100
    ? invalidParameter('maxUnavailable can be at most 100', subject)
    : undefined;
}

const repairPairs = [
  ['maxUnhealthyNodeThresholdCount', 'maxUnhealthyNodeThresholdPercentage'],
  ['maxParallelNodesRepairedCount', 'maxParallelNodesRepairedPercentage'],
] as const;

export function refuseRepairConfig(subject: ErrorSubject, config: Members | undefined): AwsError | undefined {
  const both = repairPairs.find((pair) => config !== undefined && pair.every((name) => has(config, name)));
  if (both === undefined) return undefined;
  return invalidParameter(`${both[0]} and ${both[1]} cannot both be specified`, subject);
}

const workerPolicy = 'AmazonEKSWorkerNodePolicy';
const registryPolicies = ['AmazonEC2ContainerRegistryPullOnly', 'AmazonEC2ContainerRegistryReadOnly'];

/**
 * A node's role needs what AWS's two policies give. Policies of somebody's own may give the same and are not read; a role
 * without either is refused, in the words of the check that EKS once had for all.
 */
export function refuseRolePolicies(subject: ErrorSubject, policies: RolePolicies): AwsError | undefined {
  if (policies.hasOwn) return undefined;
  const missing = [
    ...(policies.managed.includes(workerPolicy) ? [] : [workerPolicy]),
    ...(registryPolicies.some((name) => policies.managed.includes(name)) ? [] : registryPolicies.slice(0, 1)),
  ];
  if (missing.length === 0) return undefined;
  const arns = missing.map((name) => `arn:aws:iam::aws:policy/${name}`).join(', ');
  return invalidParameter(
    `The provided role doesn't have the Amazon EKS Managed Policies associated with it. Please ensure the following policies [${arns}] are attached`,
    subject,
  );
}

/** The types must exist, fit the image's architecture, and be offered in every zone of the group. */
export function refuseInstanceTypes(
  subject: ErrorSubject,
  wanted: readonly string[],
  known: readonly InstanceTypeFacts[],
  ami: AmiKind | undefined,
  amiType: string,
  zones: readonly string[],
): AwsError | undefined {
  const missing = wanted.filter((type) => !known.some((one) => one.name === type));
  if (missing.length > 0) {
    return invalidParameter(`The following supplied instance types do not exist: [${missing.join(', ')}]`, subject);
  }
  const facts = known.filter((one) => wanted.includes(one.name));
  const wrong = facts.filter((one) => ami !== undefined && !one.architectures.includes(ami.architecture));
  if (wrong.length > 0) {
    const names = wrong.map((one) => one.name).join(', ');
    return invalidParameter(`[${names}] is not a valid instance type for requested amiType ${amiType}`, subject);
  }
  for (const one of facts) {
    const zone = zones.find((name) => !one.zones.includes(name));
    if (zone !== undefined) {
      return invalidParameter(
        `Your requested instance type (${one.name}) is not supported in your requested Availability Zone (${zone}).`,
        subject,
      );
    }
  }
  return undefined;
}

export function refuseNodeSubnets(
  subject: ErrorSubject,
  wanted: readonly string[],
  subnets: readonly SubnetFacts[],
  vpc: Pick<VpcConfig, 'vpcId'>,
): AwsError | undefined {
  if (wanted.length === 0) return invalidParameter('Subnets cannot be empty', subject);
  const missing = wanted.find((id) => !subnets.some((subnet) => subnet.id === id));
  if (missing !== undefined) {
    return invalidParameter(
      `The subnet ID '${missing}' does not exist (Error Code: InvalidSubnetID.NotFound)`,
      subject,
    );
  }
  const foreign = subnets.find((subnet) => subnet.vpcId !== vpc.vpcId);
  if (foreign === undefined) return undefined;
  return invalidParameter(`Subnet ${foreign.id} is not in the VPC ${vpc.vpcId} of the cluster`, subject);
}
