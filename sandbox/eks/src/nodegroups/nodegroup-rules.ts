import type { AwsError } from '@roadstead/sandbox-gateway';
import type { SubnetFacts } from '../aws/network.ts';
import type { ScalingConfig, VpcConfig } from '../model.ts';
import type { Taint } from '../ports.ts';
import { type ErrorSubject, invalidParameter } from '../shared/errors.ts';
import { has, type Members, records, text, texts, whole, within } from '../shared/read.ts';
import type { AmiKind } from './ami-types.ts';
import type { InstanceTypeFacts } from './instance-types.ts';

/** What of a launch template decides whether a managed node group may use it. */
export interface TemplateFacts {
  readonly imageId: string | undefined;
  readonly instanceType: string | undefined;
  readonly data: Members;
}

/** What a request for a node group says, defaults not yet filled in. */
export interface NodegroupRequest {
  readonly clusterName: string;
  readonly name: string;
  readonly amiType: string | undefined;
  readonly version: string | undefined;
  readonly releaseVersion: string | undefined;
  readonly instanceTypes: readonly string[] | undefined;
  readonly diskSize: number | undefined;
  readonly remoteAccess: boolean;
  readonly template: TemplateFacts | undefined;
}

export function refuseNodegroupName(subject: ErrorSubject, name: string): AwsError | undefined {
  if (/^[0-9A-Za-z][A-Za-z0-9_-]{0,62}$/.test(name)) return undefined;
  return invalidParameter(
    "The nodegroupName can contain only alphanumeric characters, hyphens and underscores, must start with an alphanumeric character and can't be longer than 63 characters.",
    subject,
  );
}

/** What may not be said twice, or not at all, beside a launch template. */
export function refuseTemplateMix(request: NodegroupRequest, clusterVersion: string): AwsError | undefined {
  const subject: ErrorSubject = { clusterName: request.clusterName, nodegroupName: request.name };
  const no = (message: string) => invalidParameter(message, subject);
  const { template } = request;
  const custom = template?.imageId !== undefined;
  if (!custom && request.amiType === 'CUSTOM') {
    return no('AMI type CUSTOM needs an image id in the launch template.');
  }
  if (custom && request.amiType !== undefined && request.amiType !== 'CUSTOM') {
    return no('You cannot specify an AMI Type other than CUSTOM, when specifying an image id in your launch template.');
  }
  if (custom && (request.version !== undefined || request.releaseVersion !== undefined)) {
    return no('You cannot specify the fields version or releaseVersion when using custom AMIs.');
  }
  if (request.version !== undefined && request.version !== clusterVersion) {
    return no(`Requested Nodegroup version ${request.version} must be the cluster's version ${clusterVersion}.`);
  }
  if ((request.instanceTypes?.length ?? 0) > 20) return no('A maximum of 20 instance types can be specified.');
  return template === undefined ? undefined : refuseBesideTemplate(request, template, no);
}

function refuseBesideTemplate(
  request: NodegroupRequest,
  template: TemplateFacts,
  no: (message: string) => AwsError,
): AwsError | undefined {
  if (request.diskSize !== undefined) return no('Disk size must be specified within the launch template.');
  if (request.remoteAccess) return no('Remote access configuration cannot be specified with a launch template.');
  if (template.instanceType !== undefined && (request.instanceTypes?.length ?? 0) > 0) {
    return no('Cannot specify instance types in launch template and API request.');
  }
  if (has(template.data, 'IamInstanceProfile')) {
    return no(
      'Launch template should not specify an instance profile. The noderole in your request will be used to construct an instance profile.',
    );
  }
  const interfaces = records(template.data, 'NetworkInterfaces');
  if (interfaces.some((one) => has(one, 'SubnetId'))) return no('Launch template should not specify a subnet.');
  if (has(template.data, 'InstanceInitiatedShutdownBehavior')) {
    return no('Launch template should not specify a shutdown behavior.');
  }
  if (has(template.data, 'InstanceMarketOptions')) {
    return no('Launch template should not specify instance market options: use capacityType.');
  }
  return undefined;
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

const reservedPrefixes = ['kubernetes.io/', 'k8s.io/', 'eks.amazonaws.com/'];
const namePattern = /^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;
const prefixPattern = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;

export function refuseLabels(subject: ErrorSubject, labels: Readonly<Record<string, string>>): AwsError | undefined {
  if (Object.keys(labels).length > 50) return invalidParameter('A maximum of 50 labels can be specified', subject);
  for (const [key, value] of Object.entries(labels)) {
    if (reservedPrefixes.some((prefix) => key.startsWith(prefix))) {
      return invalidParameter(`Label cannot contain reserved prefixes [${reservedPrefixes.join(', ')}]`, subject);
    }
    if (!isQualifiedName(key) || !(value === '' || namePattern.test(value))) {
      return invalidParameter(`The label ${key}=${value} is not a valid Kubernetes label`, subject);
    }
  }
  return undefined;
}

export function refuseTaints(subject: ErrorSubject, taints: readonly Taint[]): AwsError | undefined {
  if (taints.length > 50) return invalidParameter('A maximum of 50 taints can be specified', subject);
  const seen = new Set<string>();
  for (const taint of taints) {
    const value = taint.value ?? '';
    if (!isQualifiedName(taint.key) || !(value === '' || namePattern.test(value))) {
      return invalidParameter(`The taint ${taint.key}=${value} is not a valid Kubernetes taint`, subject);
    }
    if (reservedPrefixes.some((prefix) => taint.key.startsWith(prefix))) {
      return invalidParameter(`Taint cannot contain reserved prefixes [${reservedPrefixes.join(', ')}]`, subject);
    }
    const id = `${taint.key}:${taint.effect}`;
    if (seen.has(id)) return invalidParameter(`The taint ${id} is specified more than once`, subject);
    seen.add(id);
  }
  return undefined;
}

function isQualifiedName(key: string): boolean {
  const at = key.indexOf('/');
  if (at < 0) return namePattern.test(key);
  return prefixPattern.test(key.slice(0, at)) && namePattern.test(key.slice(at + 1));
}

const effects: Readonly<Record<string, string>> = {
  NO_SCHEDULE: 'NoSchedule',
  NO_EXECUTE: 'NoExecute',
  PREFER_NO_SCHEDULE: 'PreferNoSchedule',
};

/** Taints of a request in Kubernetes' words. */
export function readTaints(source: Members, key: string): readonly Taint[] {
  return records(source, key).map((taint) => {
    const value = text(taint, 'value');
    const effect = effects[text(taint, 'effect') ?? ''] ?? '';
    return { key: text(taint, 'key') ?? '', effect, ...(value === undefined ? {} : { value }) };
  });
}

export function taintView(taint: Taint): Record<string, unknown> {
  const effect = Object.entries(effects).find(([, word]) => word === taint.effect)?.[0];
  return { key: taint.key, effect, ...(taint.value === undefined ? {} : { value: taint.value }) };
}

export function refuseUpdateConfig(subject: ErrorSubject, config: Members): AwsError | undefined {
  const count = whole(config, 'maxUnavailable');
  if (count !== undefined && whole(config, 'maxUnavailablePercentage') !== undefined) {
    return invalidParameter('maxUnavailable and maxUnavailablePercentage cannot both be specified', subject);
  }
  return count !== undefined && count > 100
    ? invalidParameter('maxUnavailable can be at most 100', subject)
    : undefined;
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

/** Reads the parts of a create request that the rules need. */
export function requestOf(input: Members, template: TemplateFacts | undefined): NodegroupRequest {
  return {
    clusterName: text(input, 'clusterName') ?? '',
    name: text(input, 'nodegroupName') ?? '',
    amiType: text(input, 'amiType'),
    version: text(input, 'version'),
    releaseVersion: text(input, 'releaseVersion'),
    instanceTypes: texts(input, 'instanceTypes'),
    diskSize: whole(input, 'diskSize'),
    remoteAccess: has(input, 'remoteAccess'),
    template,
  };
}
