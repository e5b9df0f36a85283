import type { AwsError } from '@roadstead/sandbox-gateway';
import { type ErrorSubject, invalidParameter } from '../shared/errors.ts';
import { has, type Members, records, text, texts, whole } from '../shared/read.ts';

export const versionBesideCustom = 'You cannot specify the fields version or releaseVersion when using custom AMIs.';

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
    return no(versionBesideCustom);
  }
  if (request.version !== undefined && request.version !== clusterVersion) {
    return no(`Requested Nodegroup version ${request.version} must be the cluster's version ${clusterVersion}.`);
  }
  if ((request.instanceTypes?.length ?? 0) > 20) return no('A maximum of 20 instance types can be specified.');
  return template === undefined ? undefined : refuseBesideTemplate(request, template, no);
}

/** What a template of a managed group may not hold, or the request not beside it. */
export function refuseBesideTemplate(
  request: Pick<NodegroupRequest, 'diskSize' | 'remoteAccess' | 'instanceTypes'>,
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
  if (has(template.data, 'HibernationOptions')) return no('Launch template should not specify hibernation options.');
  if (has(template.data, 'InstanceRequirements')) {
    return no('Launch template should not specify instance requirements: name instance types.');
  }
  return undefined;
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
